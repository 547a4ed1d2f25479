#!/usr/bin/env bash
# Build the packaged program into dist/kangka, then start it: its version, and a whole demo with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

.venv/bin/python tools/catalogue.py
.venv/bin/python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/pyinstaller build.spec

tools/notices.sh dist/kangka
install -m 0644 resources/desktop/* resources/icons/app.svg LICENSE docs/installing.md dist/kangka/

# From an empty folder and without the environment, so that nothing of this checkout answers for it.
program=$PWD/dist/kangka/kangka
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
cd "$elsewhere"
env -u PYTHONPATH -u VIRTUAL_ENV "$program" --version
env -u PYTHONPATH -u VIRTUAL_ENV "$program" --json demo --out "$elsewhere/demo" --people 2 >demo.json
grep -q '"issued": 2, "verified": 3' demo.json || { cat demo.json; exit 1; }
env -u PYTHONPATH -u VIRTUAL_ENV "$program" --data "$elsewhere/demo" --training --json audit verify >verify.json
grep -q '"ok": true' verify.json || { cat verify.json; exit 1; }
# The window: still open when its time is up (124), and nothing to complain about.
opened=0
QT_QPA_PLATFORM=offscreen env -u PYTHONPATH -u VIRTUAL_ENV timeout 15 \
    "$program" --data "$elsewhere/demo" --training desk >window.log 2>&1 || opened=$?
[ "$opened" = 124 ] && [ ! -s window.log ] || { cat window.log; exit 1; }
echo "dist: $program told a desk's whole story ($(du -sh "$(dirname "$program")" | cut -f1))"
