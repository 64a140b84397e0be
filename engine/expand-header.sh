#!/bin/sh
# A public header as it is installed: the two private headers that it includes are written into
# it, and the other public ones are included from the folder that it is installed in.
#
#   usage: expand-header.sh engine.h
set -eu
cd "$(dirname "$0")"

expand() {
    while IFS= read -r line; do
        case $line in
        '#include "base/status.h"' | '#include "model/spec.h"')
            file=${line#*\"}
            expand "${file%\"}"
            ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}
expand "$1"
