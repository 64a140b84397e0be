#!/bin/sh
# Print which Debian packages are missing, and install them.  Without apt-get, or with neither root
# nor sudo, print them and fail.
#
#   usage: install-missing.sh PACKAGE=TEST...
#
# A package is there if its TEST is: a pkg-config module (MODULE.pc), a header of the C library
# (HEADER.h) or a command (anything else).
set -eu

is_there() { # TEST
    case $1 in
    *.pc) command -v pkg-config >/dev/null && pkg-config --exists "${1%.pc}" ;;
    *.h)  [ -n "$(find /usr/include -name "$1" -print -quit 2>/dev/null)" ] ;;
    *)    command -v "${1%% *}" >/dev/null ;;
    esac
}

missing=
for need; do
    is_there "${need#*=}" || missing="$missing ${need%%=*}"
done
[ -n "$missing" ] || exit 0

root=
[ "$(id -u)" = 0 ] || root=sudo
if ! command -v apt-get >/dev/null || { [ -n "$root" ] && ! command -v sudo >/dev/null; }; then
    echo "missing packages (Debian's names):$missing" >&2
    echo "install them as root, then run make again" >&2
    exit 1
fi
echo "installing missing packages with ${root:+$root }apt-get:$missing"
$root apt-get update -q
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
