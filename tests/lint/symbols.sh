#!/bin/sh
# No libm and no BLAS on the way of an answer: of libm the service may refer to fmaf and fma
# only, and it must not be linked against BLAS at all.  Silence means it holds.
#
#   usage: symbols.sh BUILD/triaged
set -eu

binary=$1
libm=$(${CC:-cc} -print-file-name=libm.so.6)
[ -e "$libm" ] || { echo "symbols.sh: libm.so.6 was not found" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

nm -D --defined-only "$libm" | awk '{sub(/@.*/, "", $NF); print $NF}' | sort -u >"$scratch/libm"
nm -D --undefined-only "$binary" | awk '{sub(/@.*/, "", $NF); print $NF}' | sort -u >"$scratch/used"

complaints=$(
    comm -12 "$scratch/libm" "$scratch/used" | grep -vxE 'fmaf?' |
        sed 's/^/the service refers to libm: /' || true
    grep -iE '^(cblas_|openblas_)' "$scratch/used" || true
    readelf -d "$binary" | grep -iE 'NEEDED.*(blas|lapack)' || true
)
[ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
