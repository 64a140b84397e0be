#!/bin/sh
# Functions that must not be called: unsafe ones anywhere, allocation in engine/infer, and printing
# or ending the process in engine.  Prints each call and exits 1; prints nothing when there is none.
set -eu
cd "$(dirname "$0")/../.."

calls=$(
    grep -nwE '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca)[[:space:]]*\(' \
        -r engine server models tests --include='*.[ch]' || true
    grep -nwE '(malloc|calloc|realloc)[[:space:]]*\(' -r engine/infer --include='*.[ch]' || true
    grep -nE '\b(printf|puts|exit|abort)[[:space:]]*\(' -r engine --include='*.[ch]' |
        grep -vE '(strbuf|sn|vsn)_?printf|format\(printf' || true
)
[ -z "$calls" ] || { echo "$calls" >&2; exit 1; }
