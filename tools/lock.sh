#!/usr/bin/env bash
# Make locks/*.txt anew from locks/*.in: exact versions with hashes, for every platform, no host names.
# A lock's present versions are kept where they still fit; `UPGRADE=1 make lock` takes the newest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=${UV:-.venv/bin/uv}
for name in build base pcsc dev; do
  "$uv" pip compile --quiet --universal --python-version 3.11 \
    --no-emit-index-url --no-annotate --no-header --generate-hashes \
    ${UPGRADE:+--upgrade} "locks/$name.in" --output-file "locks/$name.txt"
  if grep -nE '://|index-url|find-links' "locks/$name.txt"; then
    echo "locks/$name.txt names a place of packages; take it out" >&2
    exit 1
  fi
  echo "locks/$name.txt: $(grep -c == "locks/$name.txt") packages"
done
