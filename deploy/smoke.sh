#!/usr/bin/env bash
# Drives a running triaged from outside, as its users do, and prints "N passed, N failed".
#
#   usage: smoke.sh IMAGE    runs the image as production should, asks it, stops it
#          smoke.sh URL      asks the service that is there, such as http://127.0.0.1:8080
#
# Needs curl; for an image docker or podman too.  Environment:
#
#   DOCKER         how to call it: docker, podman, "podman --root DIR" ... (the one there is)
#   SMOKE_NETWORK  host: no published port, for machines where containers have no bridge
#   SMOKE_EVENTS   names of three events that the default model knows, other than the shipped
#                  model's: in some order of them it must decide differently than in another
set -uo pipefail

[ $# = 1 ] || { sed -n 's/^# \{0,1\}//; 2,/^set/p' "$0" | sed '$d' >&2; exit 2; }
read -ra events <<<"${SMOKE_EVENTS:-deploy_started deploy_finished error_rate_high}"
scratch=$(mktemp -d)
container=
trap '[ -z "$container" ] || $docker rm -f "$container" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
passed=0
failed=0

# check ABOUT COMMAND...: it succeeds.
check() {
    local about=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$about"
        head -c 600 "$scratch/said" | sed 's/^/    /'
    fi
}

at_most() { # FIGURE LIMIT UNIT
    echo "$1 $3, at most $2"
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'
}

# ---- over HTTP --------------------------------------------------------------------------

# ask PATH [CURL ARGUMENTS...]: $code, $body; the head in the file head.
ask() {
    local path=$1
    shift
    code=$(curl -s -m 120 -D "$scratch/head" -o "$scratch/body" -w '%{http_code}' "$@" "$url$path")
    body=$(tr -d '\0' <"$scratch/body" 2>/dev/null)
}

gets() { # CODE PATTERN PATH [CURL ARGUMENTS...]
    local wanted=$1 pattern=$2
    shift 2
    ask "$@"
    printf '%s, expected %s with %s:\n%s\n' "$code" "$wanted" "$pattern" "$body"
    [ "$code" = "$wanted" ] && [[ $body =~ $pattern ]]
}

head_has() { cat "$scratch/head"; grep -qiE -- "$1" "$scratch/head"; }

# is_problem CODE PATTERN PATH [CURL ARGUMENTS...]: and it names the place.
is_problem() { gets "$@" && head_has '^content-type: application/problem\+json'; }

# The request for three events; the probabilities of an answer.
question() { printf '{"events":["%s","%s","%s"]}' "$@"; }
probabilities() { sed -n 's/.*"probabilities": {\([^}]*\)}.*/\1/p'; }
adds_up() {
    probabilities <<<"$body" | tr ',' '\n' | awk -F': ' '
        { sum += $2; n++ } END { print n, sum; exit !(n > 1 && sum > 0.99999 && sum < 1.00001) }'
}

ask_predict() {
    local a=${events[0]} b=${events[1]} c=${events[2]} first last
    first=$(question "$a" "$b" "$c")
    last=$(question "$c" "$b" "$a")
    check "a history is answered" gets 200 '"action": ".*"events": 3,' /predict -d "$first"
    check "the probabilities add up to 1" adds_up
    check "the events are known" grep -q '"unknown_count": 0,' "$scratch/body"
    single=$body
    ask /predict -d "$first"
    check "the same history gets the same bytes" [ "$body" = "$single" ]
    check "order matters" differ "$single" "$a $c $b" "$c $a $b" "$c $b $a" "$b $a $c" "$b $c $a"
    ask /predict -d "{\"histories\":[$first,{\"id\":7,${last#\{}]}"
    check "a neighbour changes no byte" begins "{\"predictions\": [$single, {\"id\": 7,"
    check "a request id comes back" gets 200 '' /predict -d "$first" -H 'X-Request-Id: smoke-1'
    check "as it was" head_has '^x-request-id: smoke-1'
}

begins() { [[ $body == "$1"* ]] || { echo "$body"; return 1; }; }

differ() { # ANSWER ORDER...: in some of the orders it answers otherwise
    local answer=$1 order
    shift
    for order in "$@"; do
        # shellcheck disable=SC2086 # three names
        ask /predict -d "$(question $order)"
        [ "$(probabilities <<<"$body")" = "$(probabilities <<<"$answer")" ] || return 0
    done
    return 1
}

ask_many() {
    local one lines=$scratch/lines n
    one=$(question "${events[@]}")
    printf '%s\nnot JSON\n%s\n' "$one" "$one" >"$lines"
    check "lines are answered" gets 200 '' /predict -H 'Content-Type: application/x-ndjson' \
        --data-binary "@$lines"
    check "each as it would be alone" [ "$(sed -n 1p "$scratch/body")" = "$single" ]
    check "a bad one by its number" grep -q '^{"line": 2, "error": {' "$scratch/body"
    check "and the next one goes on" [ "$(sed -n 3p "$scratch/body")" = "$single" ]
    for ((n = 0; n < 5000; n++)); do echo "$one"; done >"$lines"
    ask /predict -H 'Content-Type: application/x-ndjson' --data-binary "@$lines"
    check "5,000 lines, all the same" [ "$(sort "$scratch/body" | uniq -c)" = "   5000 $single" ]
    { printf '{"histories":['; head -n 1000 "$lines" | paste -sd, | tr -d '\n'; printf ']}'; } \
        >"$scratch/many"
    ask /predict --data-binary "@$scratch/many"
    check "1,000 histories in one request" \
        [ "$(grep -o '"events": 3,' "$scratch/body" | wc -l)" = 1000 ]
}

ask_badly() {
    check "no JSON" is_problem 400 'column' /predict -d '{"events": [,]}'
    check "no event" is_problem 422 '"/events"' /predict -d '{"events": []}'
    check "a bad event, by its place" is_problem 422 '"/events/1"' /predict -d '{"events": ["a", 7]}'
    check "a bad event of several histories" is_problem 422 '"/histories/1/events/0"' \
        /predict -d '{"histories": [{"events": ["a"]}, {"events": [null]}]}'
    check "a model that is not there" is_problem 404 'nobody' \
        /predict -d '{"model": "nobody", "events": ["a"]}'
    check "a type that is not read" is_problem 415 '' /predict -H 'Content-Type: text/xml' -d '<a/>'
    check "a path that is not there" is_problem 404 '' /nowhere
    check "a method that is not there" is_problem 405 '' /predict
    check "and which are" head_has '^allow: .*POST'
}

requests() { curl -s -m 20 "$url/metrics" | awk '/^triage_http_requests_total\{route="\/predict",method="POST",code="200"/ { print $2 }'; }

counts_one() { # a request shows up in the numbers, when its last byte has gone
    local before after try
    before=$(requests)
    ask /predict -d "$(question "${events[@]}")"
    for try in 1 2 3 4 5 6 7 8 9 10; do
        after=$(requests)
        echo "try $try: $before, then $after"
        [ "${after:-0}" -gt "${before:-0}" ] && return
        sleep 0.1
    done
    return 1
}

ask_state() {
    check "it is alive" gets 200 'alive' /livez
    check "it is ready" gets 200 'ready' /readyz
    check "it is healthy" gets 200 'ready' /healthz
    check "its models" gets 200 '"digest": "sha256:' /models
    check "its contract" gets 200 '^\{"openapi": "3\.1\.' /openapi.json
    check "its numbers" gets 200 'triage_build_info\{' /metrics
    check "in Prometheus' text" head_has '^content-type: text/plain; version=0\.0\.4'
    check "a request is counted" counts_one
    if command -v promtool >/dev/null; then
        curl -s "$url/metrics" >"$scratch/page"
        check "promtool has nothing to say" says_nothing promtool check metrics <"$scratch/page"
    fi
}

says_nothing() {
    "$@" >"$scratch/words" 2>&1 && [ ! -s "$scratch/words" ] && return
    cat "$scratch/words"
    return 1
}

ask_all() {
    ask_state
    ask_predict
    ask_many
    ask_badly
}

# ---- an image ---------------------------------------------------------------------------

inside() { $docker exec "$container" "$@" 2>/dev/null; }
status_of() { inside cat /proc/1/status | awk -v name="$1:" '$1 == name { print $2 }'; }
inspect() { $docker inspect --format "$1" "$container"; }

# Milliseconds from exec to the line that says it can answer, the best of five: what the
# image can do, not what the machine was busy with.  The image has Debian's bash.
ready_ms() {
    # shellcheck disable=SC2016 # for the shell inside
    inside bash -c 'for try in 1 2 3 4 5; do
        start=${EPOCHREALTIME/[.,]/}
        coproc triaged --listen 127.0.0.1:0
        read -r line <&"${COPROC[0]}" || exit 1
        echo $((${EPOCHREALTIME/[.,]/} - start))
        kill "$COPROC_PID"; wait
    done' | sort -n | awk 'NR == 1 { print $1 / 1000 }'
}

start_image() { # IMAGE
    local limits=(--memory 64m --pids-limit 64 --read-only --cap-drop ALL
        --security-opt no-new-privileges) try
    if [ "${SMOKE_NETWORK:-}" = host ]; then
        limits+=(--network host -e TRIAGE_LISTEN=127.0.0.1:0)
    else
        limits+=(-p 127.0.0.1::8080)
    fi
    container=$($docker run -d "${limits[@]}" "$1" 2>"$scratch/said") ||
        { cat "$scratch/said" >&2; exit 1; }
    for try in $(seq 100); do
        url=$($docker logs "$container" 2>/dev/null | sed -n 's/^listening on //p')
        [ -n "$url" ] && break
        sleep 0.1
    done
    [ -n "$url" ] || { $docker logs "$container" >&2; exit 1; }
    [ "${SMOKE_NETWORK:-}" = host ] || url=http://$($docker port "$container" 8080 | head -n 1)
}

check_image() { # IMAGE
    local size rss ready peak
    start_image "$1"
    size=$($docker image inspect --format '{{.Size}}' "$1" | awk '{ print $1 / 1000000 }')
    rss=$(status_of VmRSS | awk '{ print $1 * 1.024 / 1000 }')
    ready=$(ready_ms)
    check "its size" at_most "$size" 95 MB
    check "its memory, as it starts" at_most "$rss" 12 MB
    check "from exec to ready" at_most "$ready" 50 ms
    check "its user is not root" [ "$(status_of Uid)" -gt 0 ]
    check "it has no capability" [ "$(status_of CapEff)" = 0000000000000000 ]
    check "and can gain none" [ "$(status_of NoNewPrivs)" = 1 ]
    check "its own health check" inside triaged --healthcheck \
        --listen "127.0.0.1:$([ "${SMOKE_NETWORK:-}" = host ] && echo "${url##*:}" || echo 8080)"
    check "HEALTHCHECK is set" grep -q healthcheck <<<"$(inspect '{{.Config.Healthcheck.Test}}')"
    ask_all
    check "a body past the limit" is_problem 413 'at most' /predict --data-binary @<(head -c 9000000 /dev/zero)
    check "a body that takes more memory than there is" is_problem 503 'memory' \
        /predict --data-binary @<(awk 'BEGIN { printf "[{}"; for (i = 0; i < 500000; i++) printf ",{}"; print "]" }')
    check "is forgotten" gets 200 '"action"' /predict -d "$(question "${events[@]}")"
    peak=$(status_of VmHWM | awk '{ print $1 * 1.024 / 1000 }')
    $docker stop -t 40 "$container" >/dev/null 2>&1
    check "SIGTERM: exit 0" [ "$(inspect '{{.State.ExitCode}}')" = 0 ]
    check "never killed for its memory" [ "$(inspect '{{.State.OOMKilled}}')" = false ]
    printf 'image %s MB; ready after %s ms; resident %s MB, at most %s MB\n' \
        "$size" "$ready" "$rss" "$peak"
}

case $1 in
http://* | https://*)
    url=${1%/}
    ask_all
    ;;
*)
    docker=${DOCKER:-$(command -v docker || command -v podman)} ||
        { echo "smoke.sh: neither docker nor podman is there" >&2; exit 2; }
    check_image "$1"
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
