#!/bin/sh
# The service uses no function of libm except fmaf, fma and sqrt, whose results IEEE 754 defines to
# the last bit, and does not link BLAS, so that its answers have the same bits everywhere.  Prints each
# violation and exits 1, or prints nothing.
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

violations=$(
    comm -12 "$scratch/libm" "$scratch/used" | grep -vxE 'fmaf?|sqrt' |
        sed 's/^/the service uses libm: /' || true
    grep -iE '^(cblas_|openblas_)' "$scratch/used" || true
    readelf -d "$binary" | grep -iE 'NEEDED.*(blas|lapack)' || true
)
[ -z "$violations" ] || { echo "$violations" >&2; exit 1; }
