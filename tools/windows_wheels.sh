#!/usr/bin/env bash
# Resolve the base lock as Windows with Python 3.11 on amd64 would, wheels alone, installing nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
.venv/bin/uv pip install --quiet --dry-run --target "$empty" --require-hashes --only-binary :all: \
  --python .venv/bin/python --python-platform x86_64-pc-windows-msvc --python-version 3.11 \
  -r "${1:-locks/base.txt}"
