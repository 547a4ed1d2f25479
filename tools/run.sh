#!/usr/bin/env bash
# A whole training day on simulated devices in a fresh folder; then the desk, where there is a display.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

people=${PEOPLE:-5}
out=${OUT:-training/$(date +%Y%m%d-%H%M%S)}
mkdir -p "$(dirname "$out")"
case ${KANGKA_LANG:-${LANG:-en}} in zh*) lang=zh ;; *) lang=en ;; esac

echo "A training workplace is being made in $out: $people made-up people, a simulated reader, SAM and cards."
.venv/bin/kangka --lang "$lang" demo --out "$out" --people "$people"

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "The desk opens in training over that workplace; close its window to end."
  exec .venv/bin/kangka --lang "$lang" --data "$out" --training desk
fi
echo "There is no display here, so the desk stays closed. The program is .venv/bin/kangka."
