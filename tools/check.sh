#!/usr/bin/env bash
# Everything that judges the source without running it. All of it runs; the first failure is the code.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0
check() {  # WORDS COMMAND...
  local words=$1
  shift
  if "$@"; then
    echo "check: $words: good"
  else
    local code=$?
    echo "check: $words: FAILED"
    [ $failed -ne 0 ] || failed=$code
  fi
}

check "format" .venv/bin/ruff format --check --quiet .
check "lint" .venv/bin/ruff check --quiet .
check "types" .venv/bin/mypy
check "what Windows lacks" .venv/bin/python tools/lint_windows.py
# What the base lock names must be there as wheels for Windows: nobody compiles at a counter.
# Resolved into an empty folder, so that what is installed here answers for nothing.
check "wheels of locks/base.txt for Windows" tools/windows_wheels.sh
exit $failed
