#!/bin/sh
# POST /predict under wrk, in turn with "hello" on the same library (hello.c).  Servers run on CPU 0
# with one loop, wrk on CPU 1.  Prints Markdown, medians over the rounds: requests per second,
# latencies, and the processor time of the server per request, which other load disturbs least.
#
#   usage: http.sh [BUILD]
#
# Environment: MODELS is a folder with gru64.safetensors; ARGS are options of the service;
# LOG is the file for its log; SECONDS_EACH, ROUNDS, CONNECTIONS.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
models=${MODELS:-$build/bench-work}
seconds=${SECONDS_EACH:-3}
rounds=${ROUNDS:-3}
connections=${CONNECTIONS:-1 16 64 128 256}
log=${LOG:-/dev/null}

for tool in wrk taskset; do
    command -v $tool >/dev/null || { echo "($tool is not installed, skipped)"; exit 0; }
done
scratch=$(mktemp -d)
pids=
# shellcheck disable=SC2086
trap 'kill $pids 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# start NAME COMMAND...: start a server on CPU 0.  Its URL is then in
# $scratch/NAME, its process id in $scratch/NAME.pid.
start() {
    name=$1
    shift
    taskset -c 0 "$@" >"$scratch/$name.out" 2>>"$log" &
    pids="$pids $!"
    echo $! >"$scratch/$name.pid"
    for _ in $(seq 100); do
        sed -n 's/^listening on //p' "$scratch/$name.out" >"$scratch/$name"
        [ -s "$scratch/$name" ] && return
        sleep 0.05
    done
    echo "http.sh: $name did not start" >&2
    exit 1
}

# ticks NAME: the clock ticks that a server has used.
ticks() {
    awk '{print $14 + $15}' "/proc/$(cat "$scratch/$1.pid")/stat"
}

# load NAME CONNECTIONS: append "rate p50 p99 errors requests ticks" to $scratch/NAME.CONNECTIONS.
load() {
    before=$(ticks "$1")
    result=$(taskset -c 1 wrk -t1 -c"$2" -d"${seconds}s" --timeout 10s -s tests/bench/post.lua \
        "$(cat "$scratch/$1")" | sed -n 's/^RESULT //p')
    echo "$result $(($(ticks "$1") - before))" >>"$scratch/$1.$2"
}

# median FILE EXPRESSION: the median of an awk expression of the columns.
median() {
    awk "{print $2}" "$1" | sort -n | awk '{value[NR] = $1} END {print value[int((NR + 1) / 2)]}'
}

mkdir "$scratch/models"
cp "$models/gru64.safetensors" "$scratch/models"
start hello "$build/bench-hello"
# shellcheck disable=SC2086
start triaged "$build/triaged" --models "$scratch/models" --listen 127.0.0.1:0 --loops 1 \
    ${ARGS:---log-level error}
for _ in $(seq "$rounds"); do
    for count in $connections; do
        load hello "$count"
        load triaged "$count"
    done
done

cpu="\$6 * 1e6 / $(getconf CLK_TCK) / (\$5 + 1)"
echo 'GRU 64, histories of 3 to 24 events, one loop; "hello" is a constant answer on the same library.'
echo
echo '| connections | hello/s | p50, us | p99 | CPU per request, us | triaged/s | p50, us | p99 | CPU per request, us | share of hello | errors |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
# shellcheck disable=SC2016 # these are variables of awk
for count in $connections; do
    set -- "$scratch/hello.$count" "$scratch/triaged.$count"
    printf '| %s | %s | %s | %s | %.1f | %s | %s | %s | %.1f | %.0f %% | %s |\n' "$count" \
        "$(median "$1" '$1')" "$(median "$1" '$2')" "$(median "$1" '$3')" "$(median "$1" "$cpu")" \
        "$(median "$2" '$1')" "$(median "$2" '$2')" "$(median "$2" '$3')" "$(median "$2" "$cpu")" \
        "$(echo "$(median "$2" '$1') $(median "$1" '$1')" | awk '{print 100 * $1 / $2}')" \
        "$(awk '{sum += $4} END {print sum}' "$1" "$2")"
done
