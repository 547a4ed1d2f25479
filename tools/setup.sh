#!/usr/bin/env bash
# Make this checkout ready: Debian packages, .venv from the locks, the program itself, the messages.
#
#   tools/setup.sh          what `make run` needs
#   tools/setup.sh --dev    and what `make test` and `make check` need
#
# Every step looks first whether it is done, so a second run takes a moment. A step that can not be done
# and that training can do without is named in one line beginning with "set-up:", and set-up goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dev=no
[ "${1:-}" = --dev ] && dev=yes

venv=.venv
stamps=$venv/stamps
# Stated for every pip call, so that a person's own settings do not change what is installed.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

notice() { echo "set-up: $*" >&2; }

# ---- Debian packages, each for a reason ----------------------------------------------------------

python_packages=(python3 python3-venv)
font_packages=(fonts-wqy-zenhei fonts-hanazono fonts-noto-cjk)  # cards and papers; the window
window_packages=(  # what Qt's window under X asks of the system
  libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0
  libxcb1 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
  libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0
  libxcb-xkb1)
reader_packages=(pcscd libpcsclite-dev gcc libc6-dev python3-dev)  # pyscard is built here
test_packages=(vsmartcard-vpcd opensc xvfb poppler-utils binutils iproute2 util-linux procps
  postgresql gnome-keyring dbus openssl)  # the second engine; a keychain; a second opinion on SM2

as_root=()
can_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null && sudo -n true 2>/dev/null && as_root=(sudo -n) && return 0
  return 1
}

install_debian() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! can_install; then
    notice "not installed, since this needs root or sudo: ${missing[*]}"
    return 0
  fi
  echo "set-up: installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=120)
  "${apt[@]}" update >/dev/null || notice "the list of Debian's packages could not be renewed"
  if ! "${apt[@]}" install --no-install-recommends "${missing[@]}" >/dev/null; then
    # One name that this release does not have must not keep the others away.
    for name in "${missing[@]}"; do
      "${apt[@]}" install --no-install-recommends "$name" >/dev/null || notice "could not install $name"
    done
  fi
}

if command -v dpkg-query >/dev/null; then
  wanted=("${python_packages[@]}" "${font_packages[@]}" "${window_packages[@]}" "${reader_packages[@]}")
  [ $dev = yes ] && wanted+=("${test_packages[@]}")
  install_debian "${wanted[@]}"
else
  notice "this is no Debian: fonts, reader service and window libraries are left to you (README.md)"
fi

# ---- the environment -----------------------------------------------------------------------------

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3 /usr/bin/python3.11 /usr/bin/python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
    then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

python=$(find_python) || {
  echo "set-up: Python 3.11 with venv was not found; install python3.11 and python3-venv, or set PYTHON" >&2
  exit 1
}

# An environment is bound to its folder and its interpreter: a moved one is made anew.
place="$PWD $("$python" -c 'import sys; print(sys.base_prefix, sys.version)' | tr '\n' ' ')"
if [ ! -x $venv/bin/python ] || ! $venv/bin/python -c '' 2>/dev/null ||
   { [ -f $stamps/place ] && [ "$(cat $stamps/place)" != "$place" ]; }; then
  echo "set-up: making $venv"
  rm -rf $venv
  "$python" -m venv $venv
fi
mkdir -p $stamps
printf '%s\n' "$place" >$stamps/place

# done_for NAME FILE...: whether NAME was finished for just these contents.
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }
done_for() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$(digest "${@:2}")" ]; }
mark_done() { digest "${@:2}" >"$stamps/$1"; }

install_lock() {  # NAME [pip options]
  local name=$1
  shift
  done_for "$name" "locks/$name.txt" && return 0
  echo "set-up: installing locks/$name.txt"
  # --no-cache-dir is not given: a second checkout then needs no network for the same releases.
  $venv/bin/python -m pip install -qq --require-hashes "$@" -r "locks/$name.txt" || return 1
  mark_done "$name" "locks/$name.txt"
}

install_lock build --only-binary :all:
install_lock base --only-binary :all:
# pyscard is built by the pinned tools of locks/build.txt, found first on the path.
if ! (PATH="$PWD/$venv/bin:$PATH" install_lock pcsc --no-build-isolation) >$stamps/pcsc.log 2>&1; then
  notice "pyscard could not be built, so real card readers stay away; training works without ($stamps/pcsc.log)"
fi
if [ $dev = yes ]; then
  install_lock dev
fi

if [ ! -x $venv/bin/kangka ] || ! done_for program pyproject.toml; then
  $venv/bin/python -m pip install -qq --no-index --no-deps --no-build-isolation --editable .
  mark_done program pyproject.toml
fi

# ---- the messages --------------------------------------------------------------------------------

shopt -s nullglob
messages=(resources/locale/*/*.po)
compiled=(resources/locale/*/LC_MESSAGES/kangka.mo)
if [ ${#messages[@]} -gt 0 ] &&
   { [ ${#compiled[@]} -eq 0 ] || ! done_for catalogue "${messages[@]}" tools/catalogue.py; }; then
  $venv/bin/python tools/catalogue.py
  mark_done catalogue "${messages[@]}" tools/catalogue.py
fi
