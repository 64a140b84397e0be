#!/bin/sh
# Calls that are not made here, and allocation that is not made in the floors that run
# models.  Silence means it holds.
set -eu
cd "$(dirname "$0")/../.."

complaints=$(
    grep -nwE '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca)[[:space:]]*\(' \
        -r engine server models tests --include='*.[ch]' || true
    grep -nwE '(malloc|calloc|realloc)[[:space:]]*\(' -r engine/infer --include='*.[ch]' || true
    grep -nE '\b(printf|puts|exit|abort)[[:space:]]*\(' -r engine --include='*.[ch]' |
        grep -vE '(strbuf|sn|vsn)_?printf|format\(printf' || true
)
[ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
