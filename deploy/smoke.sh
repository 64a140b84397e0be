#!/usr/bin/env bash
# Test a running triaged from outside, as a client, and print "N passed, N failed".
#
#   usage: smoke.sh IMAGE    run the image with 64 MB and without privileges, test it, stop it
#          smoke.sh URL      test a running service, such as http://127.0.0.1:8080
#
# Needs curl, and docker or podman for an image.  Environment:
#
#   DOCKER         the command to use: docker, podman, "podman --root DIR", ...
#   SMOKE_NETWORK  host: use the host's network (for machines without a container bridge)
#   SMOKE_EVENTS   three events of the default model, if it is not the shipped one; at least two
#                  orders of them must get different probabilities
set -uo pipefail

[ $# = 1 ] || { sed -n 's/^# \{0,1\}//; 2,/^set/p' "$0" | sed '$d' >&2; exit 2; }
read -ra events <<<"${SMOKE_EVENTS:-deploy_started deploy_finished error_rate_high}"
scratch=$(mktemp -d)
container=
trap '[ -z "$container" ] || $docker rm -f "$container" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
passed=0
failed=0

# check ABOUT COMMAND...: the command must succeed.
check() {
    local about=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$about"
        head -c 600 "$scratch/output" | sed 's/^/    /'
    fi
}

at_most() { # VALUE LIMIT UNIT
    echo "$1 $3, at most $2"
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'
}

# ---- over HTTP --------------------------------------------------------------------------

# ask PATH [CURL ARGUMENTS...]: sets $code and $body, and writes the answer's head to a file.
ask() {
    local path=$1
    shift
    code=$(curl -s -m 120 -D "$scratch/head" -o "$scratch/body" -w '%{http_code}' "$@" "$url$path")
    body=$(tr -d '\0' <"$scratch/body" 2>/dev/null)
}

gets() { # CODE PATTERN PATH [CURL ARGUMENTS...]: ask, and the answer has this code and pattern
    local wanted=$1 pattern=$2
    shift 2
    ask "$@"
    printf '%s, expected %s with %s:\n%s\n' "$code" "$wanted" "$pattern" "$body"
    [ "$code" = "$wanted" ] && [[ $body =~ $pattern ]]
}

# head_has PATTERN: a line of the head of the last answer matches it.
head_has() { cat "$scratch/head"; grep -qiE -- "$1" "$scratch/head"; }

# is_problem CODE PATTERN PATH [CURL ARGUMENTS...]: gets, and the type is application/problem+json.
is_problem() { gets "$@" && head_has '^content-type: application/problem\+json'; }

# The request body for three events.
three_events() { printf '{"events":["%s","%s","%s"]}' "$@"; }
# The probabilities of an answer on standard input.
probabilities() { sed -n 's/.*"probabilities": {\([^}]*\)}.*/\1/p'; }
adds_up() {
    probabilities <<<"$body" | tr ',' '\n' | awk -F': ' '
        { sum += $2; n++ } END { print n, sum; exit !(n > 1 && sum > 0.99999 && sum < 1.00001) }'
}

test_predict() {
    local a=${events[0]} b=${events[1]} c=${events[2]} first reversed
    first=$(three_events "$a" "$b" "$c")
    reversed=$(three_events "$c" "$b" "$a")
    check "a history gets an answer" gets 200 '"action": ".*"events": 3,' /predict -d "$first"
    check "the probabilities add up to 1" adds_up
    check "the events are known" grep -q '"unknown_count": 0,' "$scratch/body"
    single=$body
    ask /predict -d "$first"
    check "the same history gets the same bytes" [ "$body" = "$single" ]
    check "the order of events matters" differ "$single" "$a $c $b" "$c $a $b" "$c $b $a" "$b $a $c" "$b $c $a"
    ask /predict -d "{\"histories\":[$first,{\"id\":7,${reversed#\{}]}"
    check "the answer does not depend on the batch" begins "{\"predictions\": [$single, {\"id\": 7,"
    check "a request with an id gets an answer" gets 200 '' /predict -d "$first" -H 'X-Request-Id: smoke-1'
    check "the request id is returned" head_has '^x-request-id: smoke-1'
}

# begins TEXT: the body of the last answer begins with it.
begins() { [[ $body == "$1"* ]] || { echo "$body"; return 1; }; }

differ() { # ANSWER ORDER...: at least one order gets other probabilities
    local answer=$1 order
    shift
    for order in "$@"; do
        # shellcheck disable=SC2086 # three words
        ask /predict -d "$(three_events $order)"
        [ "$(probabilities <<<"$body")" = "$(probabilities <<<"$answer")" ] || return 0
    done
    return 1
}

test_many() {
    local one lines=$scratch/lines n
    one=$(three_events "${events[@]}")
    printf '%s\nnot JSON\n%s\n' "$one" "$one" >"$lines"
    check "NDJSON gets an answer" gets 200 '' /predict -H 'Content-Type: application/x-ndjson' \
        --data-binary "@$lines"
    check "a line gets the bytes of a single request" [ "$(sed -n 1p "$scratch/body")" = "$single" ]
    check "a bad line gets an error with its number" grep -q '^{"line": 2, "error": {' "$scratch/body"
    check "the line after a bad one gets an answer" [ "$(sed -n 3p "$scratch/body")" = "$single" ]
    for ((n = 0; n < 5000; n++)); do echo "$one"; done >"$lines"
    ask /predict -H 'Content-Type: application/x-ndjson' --data-binary "@$lines"
    check "5,000 equal lines get equal answers" [ "$(sort "$scratch/body" | uniq -c)" = "   5000 $single" ]
    { printf '{"histories":['; head -n 1000 "$lines" | paste -sd, | tr -d '\n'; printf ']}'; } \
        >"$scratch/many"
    ask /predict --data-binary "@$scratch/many"
    check "1,000 histories in one request get 1,000 answers" \
        [ "$(grep -o '"events": 3,' "$scratch/body" | wc -l)" = 1000 ]
}

test_errors() {
    check "a body that is not JSON" is_problem 400 'column' /predict -d '{"events": [,]}'
    check "a history without events" is_problem 422 '"/events"' /predict -d '{"events": []}'
    check "a bad event" is_problem 422 '"/events/1"' /predict -d '{"events": ["a", 7]}'
    check "a bad event in one of several histories" is_problem 422 '"/histories/1/events/0"' \
        /predict -d '{"histories": [{"events": ["a"]}, {"events": [null]}]}'
    check "an unknown model" is_problem 404 'nobody' \
        /predict -d '{"model": "nobody", "events": ["a"]}'
    check "an unsupported Content-Type" is_problem 415 '' /predict -H 'Content-Type: text/xml' -d '<a/>'
    check "an unknown path" is_problem 404 '' /nowhere
    check "a method that the path does not have" is_problem 405 '' /predict
    check "Allow lists the methods" head_has '^allow: .*POST'
}

# How many POST /predict have got 200.
requests() { curl -s -m 20 "$url/metrics" | awk '/^triage_http_requests_total\{route="\/predict",method="POST",code="200"/ { print $2 }'; }

counts_one() { # a request is counted after its last byte has been sent, so try several times
    local before after try
    before=$(requests)
    ask /predict -d "$(three_events "${events[@]}")"
    for try in 1 2 3 4 5 6 7 8 9 10; do
        after=$(requests)
        echo "try $try: $before, then $after"
        [ "${after:-0}" -gt "${before:-0}" ] && return
        sleep 0.1
    done
    return 1
}

test_state() {
    check "/livez" gets 200 'alive' /livez
    check "/readyz" gets 200 'ready' /readyz
    check "/healthz" gets 200 'ready' /healthz
    check "/models" gets 200 '"digest": "sha256:' /models
    check "/openapi.json" gets 200 '"openapi": "3\.1\.' /openapi.json
    check "/metrics" gets 200 'triage_build_info\{' /metrics
    check "/metrics has the Prometheus content type" head_has '^content-type: text/plain; version=0\.0\.4'
    check "a request is counted" counts_one
    if command -v promtool >/dev/null; then
        curl -s "$url/metrics" >"$scratch/page"
        check "promtool finds nothing wrong" prints_nothing promtool check metrics <"$scratch/page"
    fi
}

prints_nothing() { # COMMAND...: it succeeds without output
    "$@" >"$scratch/printed" 2>&1 && [ ! -s "$scratch/printed" ] && return
    cat "$scratch/printed"
    return 1
}

test_service() {
    test_state
    test_predict
    test_many
    test_errors
}

# ---- an image ---------------------------------------------------------------------------

# A command in the container; a field of the status of its process 1; a value of docker inspect.
inside() { $docker exec "$container" "$@" 2>/dev/null; }
status_of() { inside cat /proc/1/status | awk -v name="$1:" '$1 == name { print $2 }'; }
inspect() { $docker inspect --format "$1" "$container"; }

# Milliseconds from exec to "listening on", the best of five, because the machine may be busy.
# Runs in the bash of the image.
ready_ms() {
    # shellcheck disable=SC2016 # expanded inside the container
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
    container=$($docker run -d "${limits[@]}" "$1" 2>"$scratch/output") ||
        { cat "$scratch/output" >&2; exit 1; }
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
    check "size of the image" at_most "$size" 95 MB
    check "memory after the start" at_most "$rss" 12 MB
    check "time from exec to ready" at_most "$ready" 50 ms
    check "the user is not root" [ "$(status_of Uid)" -gt 0 ]
    check "no capabilities" [ "$(status_of CapEff)" = 0000000000000000 ]
    check "no new privileges" [ "$(status_of NoNewPrivs)" = 1 ]
    check "triaged --healthcheck" inside triaged --healthcheck \
        --listen "127.0.0.1:$([ "${SMOKE_NETWORK:-}" = host ] && echo "${url##*:}" || echo 8080)"
    check "the image has a HEALTHCHECK" grep -q healthcheck <<<"$(inspect '{{.Config.Healthcheck.Test}}')"
    test_service
    check "a body larger than the limit" is_problem 413 'at most' /predict --data-binary @<(head -c 9000000 /dev/zero)
    check "a body that needs too much memory" is_problem 503 'memory' \
        /predict --data-binary @<(awk 'BEGIN { printf "[{}"; for (i = 0; i < 500000; i++) printf ",{}"; print "]" }')
    check "the next request gets an answer" gets 200 '"action"' /predict -d "$(three_events "${events[@]}")"
    peak=$(status_of VmHWM | awk '{ print $1 * 1.024 / 1000 }')
    $docker stop -t 40 "$container" >/dev/null 2>&1
    check "exit status 0 after SIGTERM" [ "$(inspect '{{.State.ExitCode}}')" = 0 ]
    check "not killed because of its memory" [ "$(inspect '{{.State.OOMKilled}}')" = false ]
    printf 'image %s MB; ready after %s ms; resident %s MB, peak %s MB\n' \
        "$size" "$ready" "$rss" "$peak"
}

case $1 in
http://* | https://*)
    url=${1%/}
    test_service
    ;;
*)
    docker=${DOCKER:-$(command -v docker || command -v podman)} ||
        { echo "smoke.sh: neither docker nor podman is installed" >&2; exit 2; }
    check_image "$1"
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
