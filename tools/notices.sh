#!/usr/bin/env bash
# What the packaged program is made of, beside it in FOLDER: the licences of others in full
# (THIRD-PARTY.txt) and a bill of materials with hashes (sbom.cdx.json, CycloneDX). Both are of the locks
# that the program runs with, not of whatever else this checkout's environment holds.
set -euo pipefail
folder=${1:?the folder of the packaged program}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

locks=(locks/base.txt)
.venv/bin/python -c 'import smartcard' 2>/dev/null && locks+=(locks/pcsc.txt)
mapfile -t names < <(sed -nE 's/^([A-Za-z0-9._-]+)==.*/\1/p' "${locks[@]}" | sort -u)

.venv/bin/pip-licenses --packages "${names[@]}" --from=mixed --format=plain-vertical \
  --with-license-file --no-license-path --with-notice-file --output-file "$folder/THIRD-PARTY.txt" >/dev/null
{
  echo
  echo "Besides these packages the folder holds the Python interpreter (PSF licence), Qt (LGPL-3.0, as shared"
  echo "libraries that may be exchanged), SQLite and SQLCipher inside sqlcipher3 (public domain; BSD), PDFium"
  echo "inside pypdfium2 (BSD, Apache-2.0), and the fonts that resources/fonts.toml names, under their own licences."
} >>"$folder/THIRD-PARTY.txt"

.venv/bin/python -m tools.sbom "${locks[@]}" >"$folder/sbom.cdx.json"
# A package that is in the lock and in neither paper was forgotten by one of the tools.
.venv/bin/python - "$folder" "${names[@]}" <<'PY'
import json, pathlib, re, sys
folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
told = (folder / "THIRD-PARTY.txt").read_text(encoding="utf-8")
written = {plain(line) for line in told.splitlines()}
listed = {plain(part["name"]) for part in json.loads((folder / "sbom.cdx.json").read_text())["components"]}
import importlib.metadata as metadata
installed = {plain(found.metadata["Name"]) for found in metadata.distributions()}
missing = [n for n in names if plain(n) in installed and plain(n) not in written]
missing += [n for n in names if plain(n) not in listed]
if missing:
    sys.exit(f"notices: nothing is said of {', '.join(sorted(set(missing)))}")
print(f"notices: {len(written & {plain(n) for n in names})} licences, {len(listed)} parts")
PY
