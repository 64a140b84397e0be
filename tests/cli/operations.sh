#!/bin/sh
# The service and the trainer as the machine treats them: signals, starts, files that are not
# files, full disks, few descriptors.  Ends with "N passed, N failed".
#
#   usage: operations.sh BUILD
set -u

triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
models=$root/models
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

# start [OPTION]...: a service in the background; its output is in started, its log in log.
start() {
    : >started
    "$triaged" --models "$models" --listen 127.0.0.1:0 --loops 1 "$@" >started 2>log &
    server=$!
    while ! grep -q listening started && kill -0 "$server" 2>/dev/null; do sleep 0.02; done
    url=$(sed -n 's/^listening on //p' started)
}

# stop [SIGNAL]: send it and wait; ended is the exit status.
stop() {
    kill -"${1:-TERM}" "$server"
    wait "$server"
    ended=$?
    server=
}

# ---- signals ----
# 16 is SIGSTKFLT, 34 and 64 are realtime signals.  A sanitizer reports faults of the program by these signals.
faults='SEGV ABRT'
[ -z "${SAN:-}" ] || faults=
for signal in TERM INT QUIT USR1 USR2 ALRM VTALRM PROF XCPU IO PWR 16 34 64 $faults; do
    start
    curl -s -o answer -d '{"events":["deploy_started"]}' "$url/predict"
    stop "$signal"
    expect "signal $signal drains the service" 0 '"message": "stopped", .*"requests": 1' cat log
    expect "and the exit status is 0 ($signal)" 0 '' test "$ended" = 0
done
start
kill -HUP "$server"
expect "SIGHUP does not end the service" 0 '"action"' curl -s -d '{"events":["deploy_started"]}' "$url/predict"
stop
expect "and leaves a line in the log" 0 '"message": "SIGHUP: ' cat log
expect "the reason of the end is logged" 0 '"message": "stopped", "reason": "SIGTERM"' cat log

# ---- the log ----
start --log-format json
curl -s -o answer -A "$(printf 'e\033vil')" -d '{"events":["deploy_started"]}' "$url/predict"
stop
grep request_id log >request
expect "a request's line is JSON" 0 '' jq -e . request
expect "with the decision" 0 '^"escalate"$' jq .decision request
expect "with the peer" 0 '^"127.0.0.1:[0-9]*"$' jq .peer request
expect "with the user agent" 0 'e\\u001bvil' jq .user_agent request
expect "with the route" 0 '^"/predict"$' jq .route request
expect "a start is logged with the digest of each model" 0 '^3$' grep -c '"digest": "sha256:' log
expect "a start is logged with version, loops and kernel" 0 '"started", "version": "[0-9.]*", .*"loops": 1, "kernel"' cat log
start --log-format text
curl -s -o answer -A "$(printf 'e\033vil')" "$url/models/x" -o answer
stop
expect "lines of text" 0 '^[0-9:]{8} GET /models/x 404 [0-9]+us peer=127' cat log
expect "without escape codes" 1 '' grep -q "$(printf '\033')" log
expect "no line if the level is none" 0 '' sh -c "
    '$triaged' --models '$models' --listen 127.0.0.1:0 --log-level none >quiet_out 2>quiet & p=\$!
    while ! grep -q listening quiet_out; do sleep 0.02; done; kill \$p; wait \$p; test ! -s quiet"

# ---- variables ----
expect "a mistyped variable is named with the right one" 0 \
    'warning.*unknown environment variable TRIAGE_MAX_CONECTIONS \(did you mean .*TRIAGE_MAX_CONNECTIONS' \
    env TRIAGE_MAX_CONECTIONS=5 "$triaged" --models "$models" --check-config
expect "those of Kubernetes are not" 0 '^the configuration is valid; models: 3$' \
    env TRIAGE_PORT=1 TRIAGE_SERVICE_HOST=h TRIAGE_PORT_80_TCP=t "$triaged" --models "$models" --check-config

# ---- checking the configuration ----
expect "--check-config of a valid one" 0 '^the configuration is valid; models: 3$' "$triaged" --models "$models" --check-config
expect "of a wrong option" 2 'loops' "$triaged" --models "$models" --check-config --loops x
expect "of an address that needs consent" 2 'ALLOW_PUBLIC' "$triaged" --models "$models" --check-config --listen 0.0.0.0:1
expect "of a folder without models" 1 'no [*].safetensors' "$triaged" --models . --check-config

# ---- models of the installation ----
mkdir -p prefix/bin prefix/share/triage elsewhere
cp "$triaged" prefix/bin/
expect "without models anywhere both places are named" 1 \
    '^triaged: models: no such folder here, nor ".*/prefix/share/triage/models"' \
    sh -c 'cd elsewhere && ../prefix/bin/triaged --listen 127.0.0.1:0'
cp -r "$models" prefix/share/triage/
expect "the installed models are found from any folder" 0 '^the configuration is valid; models: 3$' \
    sh -c 'cd elsewhere && ../prefix/bin/triaged --check-config'
mkdir elsewhere/models && cp "$models/lesson.safetensors" elsewhere/models/
expect "models in the current folder come first" 0 '^the configuration is valid; models: 1$' \
    sh -c 'cd elsewhere && ../prefix/bin/triaged --check-config'

# ---- output that cannot be written ----
for option in --version --help --print-config --check-config; do
    expect "triaged $option to a full disk" 1 'standard output: could not write: No space' \
        sh -c "'$triaged' --models '$models' $option >/dev/full"
    expect "triaged $option to a closed descriptor" 1 'standard output: could not write' \
        sh -c "'$triaged' --models '$models' $option >&-"
done
if [ -z "${SAN:-}" ]; then
    expect "few descriptors" 1 'open files' sh -c "ulimit -n 8; '$triaged' --models '$models' --listen 127.0.0.1:0"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
