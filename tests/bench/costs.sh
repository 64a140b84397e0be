#!/usr/bin/env bash
# Start and memory of the service, and how times grow with the events of a history,
# the histories of a body and the number of models.  curl measures on loopback.  Prints Markdown.
#
#   usage: costs.sh [BUILD]
#
# REPEATS in the environment sets the number of repetitions.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
model=$build/bench-work/gru64.safetensors
repeats=${REPEATS:-9}
scratch=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

median() { sort -g | awk '{value[NR] = $1} END {print value[int((NR + 1) / 2)]}'; }
micros() { echo "${EPOCHREALTIME/./}"; }

# start FOLDER: start the service with these models; sets $url, $pid and $ready_ms.
start() {
    local begin line
    begin=$(micros)
    coproc service { exec "$build/triaged" --models "$1" --listen 127.0.0.1:0 --loops 1 \
        --log-level error --model gru64 2>"$scratch/log"; }
    # shellcheck disable=SC2154
    pid=$service_PID
    if ! read -r line <&"${service[0]}"; then
        cat "$scratch/log" >&2
        exit 1
    fi
    ready_ms=$(awk -v from="$begin" -v to="$(micros)" 'BEGIN {printf "%.1f", (to - from) / 1000}')
    url=${line#listening on }
}

stop() {
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
}

memory_mb() { awk '/^Pss:/ {printf "%.1f\n", $2 / 1024}' "/proc/$pid/smaps_rollup"; }

# post_ms FILE: the median milliseconds of a POST of the file, repeated on one connection.
post_ms() {
    local i urls=()
    for ((i = 0; i < repeats; i++)); do urls+=(-o "$scratch/answer" "$url/predict"); done
    curl -s -w '%{http_code} %{time_total}\n' -H 'Content-Type: application/json' \
        --data-binary "@$1" "${urls[@]}" |
        awk '$1 != 200 {print "status " $1 >"/dev/stderr"; exit 1}
             {printf "%.3f\n", 1000 * $2}' | median
}

# history N: a history of N events.  histories N M: a body of M such histories.
history() {
    awk -v n="$1" 'BEGIN {
        printf "{\"events\":["
        for (i = 0; i < n; i++) printf "%s\"e%d\"", i ? "," : "", i * 5 % 64
        print "]}"}'
}
histories() {
    history "$1" | awk -v n="$2" '{
        printf "{\"histories\":["
        for (i = 0; i < n; i++) printf "%s%s", i ? "," : "", $0
        print "]}"}'
}

mkdir "$scratch/models"
cp "$model" "$scratch/models/gru64.safetensors"
for _ in $(seq "$repeats"); do
    start "$scratch/models"
    echo "$ready_ms" >>"$scratch/ready"
    memory_mb >>"$scratch/memory"
    stop
done
printf '| start, GRU 64 | |\n| --- | --- |\n'
printf '| ready after exec, ms | %s |\n' "$(median <"$scratch/ready")"
printf '| memory when ready, MB (PSS) | %s |\n\n' "$(median <"$scratch/memory")"

start "$scratch/models"
printf '| events in a history | request, ms | per event, us |\n| --- | --- | --- |\n'
for count in 10 100 1000 10000 100000; do
    history "$count" >"$scratch/body"
    post_ms "$scratch/body" |
        awk -v n="$count" '{printf "| %d | %.3f | %.2f |\n", n, $1, 1000 * $1 / n}'
done
printf '\n| histories of 12 events in a body | request, ms | per history, us |\n| --- | --- | --- |\n'
for count in 1 10 100 1000 10000; do
    histories 12 "$count" >"$scratch/body"
    post_ms "$scratch/body" |
        awk -v n="$count" '{printf "| %d | %.3f | %.2f |\n", n, $1, 1000 * $1 / n}'
done
stop

history 12 >"$scratch/body"
printf '\n| models loaded | ready, ms | memory, MB (PSS) | memory each, KB | request, ms |\n'
printf '| --- | --- | --- | --- | --- |\n'
loaded=1
for count in 1 10 100 1000; do
    for ((; loaded < count; loaded++)); do
        cp "$model" "$scratch/models/copy$loaded.safetensors"
    done
    start "$scratch/models"
    memory=$(memory_mb)
    [ "$count" = 1 ] && alone=$memory
    printf '| %d | %s | %s | %s | %s |\n' "$count" "$ready_ms" "$memory" \
        "$(awk -v a="$alone" -v m="$memory" -v n="$count" \
            'BEGIN {if (n > 1) printf "%.0f", 1024 * (m - a) / (n - 1); else printf "-"}')" \
        "$(post_ms "$scratch/body")"
    stop
done
