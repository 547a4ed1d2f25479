# The ways into this project; README.md says more. Nothing needs to be done before any of them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check lock catalogue bench mutants prove screens dist

BIN := .venv/bin
# The suite runs on two workers; a test that must share one with others carries xdist_group.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## make the checkout ready for `make run` (done by itself)
	@tools/setup.sh

setup-dev:  ## and for tests and checks (done by themselves)
	@tools/setup.sh --dev

run: setup  ## a training day on simulated devices, then the desk where there is a display
	@tools/run.sh

test: setup-dev  ## the whole suite, under ten minutes; ARGS="tests/cardspec -k tlv" for a part of it
	@$(PYTEST) $(if $(ARGS),$(ARGS),--whole)

check: setup-dev  ## format, lint, types, what Windows lacks, the base lock's Windows wheels
	@tools/check.sh

lock: setup-dev  ## make locks/*.txt anew from locks/*.in (UPGRADE=1 takes the newest releases)
	@tools/lock.sh

catalogue: setup  ## compile the messages of resources/locale
	@$(BIN)/python tools/catalogue.py

bench: setup  ## each figure beside its limit
	@$(BIN)/kangka --training --devices simulated bench

mutants: setup-dev  ## plant the named faults of tests/mutants.toml: each must turn its tests red
	@$(BIN)/python tools/mutants.py $(ARGS)

prove: setup-dev  ## the long runs with the next seed; figures go to docs/proof.md
	@$(BIN)/python tools/prove.py $(if $(SCALE),--scale $(SCALE)) $(ARGS)

screens: setup-dev  ## pictures of the window's pages into build/screens
	@$(BIN)/python tools/screens.py

dist: setup-dev  ## one folder by PyInstaller, then started with --version and demo
	@tools/dist.sh
