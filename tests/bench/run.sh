#!/usr/bin/env bash
# Runs the parts of `make bench` and prints Markdown.  A part that needs a missing tool is skipped
# with a message.
#
#   usage: run.sh [BUILD] [PART...]       parts: engine server read training costs; data
#
# ROUNDS in the environment sets the number of rounds, EVENTS the events of the part data, which
# needs 200 bytes of disk for each and is only run if it is named.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- engine server read training costs
work=$build/bench-work
pin=
! command -v taskset >/dev/null || pin="taskset -c $(($(nproc) - 1))"

if [ ! -e "$work/data.bin" ]; then
    echo "run.sh: $work/data.bin is missing: make bench creates it" >&2
    exit 1
fi

# Epochs of both widths with each number of threads, in turn.  Of two epochs the
# second is measured.
training() {
    local width threads scratch
    scratch=$(mktemp -d)
    for _ in $(seq "${ROUNDS:-5}"); do
        for width in 64 128; do
            for threads in 1 2; do
                [ "$threads" -le "$(nproc)" ] || continue
                $([ "$threads" -gt 1 ] || echo "$pin") "$build/bench-training" --epochs 2 \
                    --hidden "$width" --threads "$threads" |
                    sed -n '$s/.* \([0-9.]*\) histories.*/\1/p' >>"$scratch/$width $threads"
            done
        done
    done
    printf '| an epoch of 8192 histories, batch 64 | threads | histories/s |\n| --- | --- | --- |\n'
    for width in 64 128; do
        for threads in 1 2; do
            [ ! -e "$scratch/$width $threads" ] || sort -g "$scratch/$width $threads" |
                awk -v width="$width" -v threads="$threads" '{value[NR] = $1}
                    END {printf "| GRU %d | %d | %d [%d..%d] |\n", width, threads,
                         value[int((NR + 1) / 2)], value[1], value[NR]}'
        done
    done
    rm -r "$scratch"
}

data() {
    local scratch
    scratch=$(mktemp -d "$work/data.XXXXXX")
    "$build/bench-data" "$build/triage" "$scratch" "${EVENTS:-5000000}" || {
        rm -r "$scratch"
        return 1
    }
    rm -r "$scratch"
}

printf '%s, %s processors, %s\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)"
for part in "$@"; do
    printf '\n### %s\n\n' "$part"
    case $part in
    engine) "$build/bench-engine" --rounds "${ROUNDS:-5}" "$work" ;;
    server) tests/bench/http.sh "$build" ;;
    read) $pin "$build/bench-read" models/incident.safetensors ;;
    training) training ;;
    costs) tests/bench/costs.sh "$build" ;;
    data) data ;;
    *)
        echo "run.sh: unknown part \"$part\"" >&2
        exit 2
        ;;
    esac
done
