# shellcheck shell=sh disable=SC2034
# What every test at a shell begins with: source it before anything else.  Makes the empty folder
# $scratch, an environment that does not depend on the caller's, and waits that have an end.
export LC_ALL=C
unset COLUMNS
for variable in $(env | sed -n 's/^\(TRIAGE_[A-Z0-9_]*\)=.*/\1/p'); do unset "$variable"; done
umask 022

scratch=$(mktemp -d) || exit 1
server=
about="the first example"
# The limit of tests/tests.mk ends the whole group of processes.
trap 'echo "FAILED: no end in time at or after: $about"; exit 1' TERM
trap 'kill_now "$server"; rm -rf "$scratch"' EXIT

# No settings or proxies of the user, and no answer that is waited for without an end.
printf '%s\n' 'noproxy = "*"' 'max-time = 300' >"$scratch/.curlrc"
export CURL_HOME="$scratch"

# wait_until WHAT COMMAND...: run the command until it succeeds.  After two minutes or more the test
# has failed.
wait_until() {
    what=$1 tries=6000
    shift
    until "$@"; do
        tries=$((tries - 1))
        if [ $tries = 0 ]; then
            echo "FAILED: waited in vain for $what, at or after: $about"
            exit 1
        fi
        sleep 0.02
    done
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }
listens_or_has_ended() { grep -q '^listening on ' "$scratch/started" || has_ended "$server"; }

# serve COMMAND...: start a service; its output is in $scratch/started, its log in $scratch/log.
# Sets server, url and address, which are empty if it ends before it listens.
serve() {
    : >"$scratch/started" # the address of the service before must not be taken for this one's
    "$@" >"$scratch/started" 2>"$scratch/log" &
    server=$!
    wait_for_address
}

wait_for_address() {
    wait_until "a service that listens" listens_or_has_ended
    url=$(sed -n 's/^listening on //p' "$scratch/started")
    address=${url#http://}
}

# finish: wait for the end of the service; ended is its exit status.
finish() {
    wait_until "the end of process $server" has_ended "$server"
    ended=0
    wait "$server" || ended=$?
    server=
}

# kill_now [PID]: at the end of a test, however it came about.
kill_now() {
    [ -n "$1" ] || return 0
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
