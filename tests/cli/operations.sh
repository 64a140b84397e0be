#!/bin/sh
# The service and the trainer as the machine treats them: signals, starts, files that are not
# files, full disks, few descriptors.  Ends with "N passed, N failed".
#
#   usage: operations.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
models=$root/models
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

start() { serve "$triaged" --models "$models" --listen 127.0.0.1:0 --loops 1 "$@"; } # [OPTION]...

# stop [SIGNAL]: send it and wait.
stop() {
    kill -"${1:-TERM}" "$server"
    finish
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
expect "with the decision" 0 '^same$' sh -c 'jq .action answer >action; jq .decision request | cmp - action && echo same'
expect "with the peer" 0 '^"127.0.0.1:[0-9]*"$' jq .peer request
expect "with the user agent" 0 'e\\u001bvil' jq .user_agent request
expect "with the route" 0 '^"/predict"$' jq .route request
expect "a start is logged with the digest of each model" 0 '^3$' grep -c '"digest": "sha256:' log
expect "a start is logged with version, loops and kernel" 0 '"listening", "version": "[0-9.]*", .*"loops": 1, "kernel"' cat log
start --log-format text
curl -s -o answer -A "$(printf 'e\033vil')" "$url/models/x" -o answer
stop
expect "lines of text" 0 '^[0-9:]{8} GET /models/x 404 [0-9]+us peer=127' cat log
expect "without escape codes" 1 '' grep -q "$(printf '\033')" log
start --log-format text
curl -s -o answer -A "x\" status=500 a=\"\\" -d '{"events":["deploy_started"]}' "$url/predict"
stop
expect "a user agent cannot end its quotes" 0 'user_agent="x\\" status=500 a=\\"\\\\"$' cat log
if [ -z "${SAN:-}" ]; then # the service must be quick enough to fill the pipe
    mkfifo log_pipe
    exec 3<>log_pipe
    : >started
    "$triaged" --models "$models" --listen 127.0.0.1:0 --loops 1 >started 2>log_pipe 3<&- &
    server=$!
    wait_for_address
    curl -s -o answer "$url/models/[1-500]"
    timeout 3 cat <&3 >log
    curl -s -o answer "$url/models"
    stop
    timeout 3 cat <&3 >>log
    exec 3<&-
    expect "a reader of the log that is too slow is told how many lines are missing" 0 '"warning", "message": "lines of the log are missing: .*, "lines": [1-9]' cat log
    expect "and gets whole lines" 0 '^50[0-9]$' jq -s '[.[] | .lines // (if .method then 1 else 0 end)] | add' log
fi
(
    echo before
    TRIAGE_MAX_CONECTIONS=5 "$triaged" --models "$models" --check-config
    echo after
) >both 2>&1
expect "a file that is standard output and error has all lines of both, whole" 0 '^4$' \
    grep -cE '^(before|[{]"time": .*CONNECTIONS.*[}]|the configuration is valid; models: 3|after)$' both
export TRIAGE_MAX_CONECTIONS=5
start --log-level none --max-connections 1000000
unset TRIAGE_MAX_CONECTIONS
curl -s -o answer -d '{"events":["deploy_started"]}' "$url/predict"
stop
expect "no line if the level is none, also of what would be a warning" 1 '' test -s log

# ---- variables ----
expect "a mistyped variable is named with the right one" 0 \
    'warning.*unknown environment variable TRIAGE_MAX_CONECTIONS \(did you mean .*TRIAGE_MAX_CONNECTIONS' \
    env TRIAGE_MAX_CONECTIONS=5 "$triaged" --models "$models" --check-config
expect "also beside a printed configuration, not in it" 0 '^warning: unknown environment variable TRIAGE_MAX_CONECTIONS' \
    sh -c "TRIAGE_MAX_CONECTIONS=5 '$triaged' --print-config 2>&1 >printed.json && jq . printed.json >/dev/null"
expect "those of Kubernetes are not" 0 '^the configuration is valid; models: 3$' \
    env TRIAGE_PORT=1 TRIAGE_SERVICE_HOST=h TRIAGE_PORT_80_TCP=t "$triaged" --models "$models" --check-config

# ---- checking the configuration ----
expect "--check-config of a valid one" 0 '^the configuration is valid; models: 3$' "$triaged" --models "$models" --check-config
expect "of a wrong option" 2 'loops' "$triaged" --models "$models" --check-config --loops x
expect "of an address that needs consent" 2 'ALLOW_PUBLIC' "$triaged" --models "$models" --check-config --listen 0.0.0.0:1
expect "of a folder without models" 1 'no [*].safetensors' "$triaged" --models . --check-config

expect "with --print-config it does both: the configuration alone is on standard output" 0 '^valid; models: 3 8388608$' \
    sh -c "'$triaged' --models '$models' --check-config --print-config 2>said >printed.json; \
           echo \$(sed 's/.*is //' said) \$(jq .max_body printed.json)"
expect "and reports what is wrong" 1 'no [*].safetensors' "$triaged" --models . --check-config --print-config
expect "an unknown variable is named once" 0 '^1$' \
    sh -c "TRIAGE_MAX_CONECTIONS=5 '$triaged' --models '$models' --check-config --print-config 2>&1 | grep -c CONECTIONS"
for command in --print-config --check-config "--check-config --print-config"; do
    # shellcheck disable=SC2086 # two words
    expect "$command says nothing beside its result if the level is none" 1 '' \
        sh -c 'TRIAGE_MAX_CONECTIONS=5 "$@" --log-level none 2>said >printed.json; test -s said' \
        sh "$triaged" --models "$models" $command
done
expect "--healthcheck does not drop another command" 2 'healthcheck.*cannot be given with --check-config' \
    "$triaged" --models "$models" --healthcheck --check-config
expect "nor --print-config" 2 'healthcheck.*cannot be given with --print-config' "$triaged" --healthcheck --print-config

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

# ---- a start that is interrupted ----
# It has read some of the models, so that it has begun and is far from its end.
has_read_models() { [ "$(sed -n 's/^rchar: //p' "/proc/$server/io")" -gt 1000000 ] || has_ended "$server"; }
mkdir many
for i in $(seq 800); do ln -s "$models/incident-lstm.safetensors" "many/m$i.safetensors"; done
for signal in TERM INT USR1 34; do
    "$triaged" --models many --listen 127.0.0.1:0 >started 2>log &
    server=$!
    wait_until "a service that reads its models" has_read_models
    kill -"$signal" "$server"
    finish
    expect "a signal while models load ends the start ($signal)" 0 '^triaged: ended by .* before it was listening$' cat log
    expect "by that signal ($signal)" 0 '' test "$ended" -gt 128
    expect "before it was listening ($signal)" 1 '' grep -q listening started
done

# ---- models that are not models ----
# refuse ABOUT PATTERN: the service does not start with the files in folder, and says why at once.
refuse() { expect "$1" 1 "$2" timeout 20 "$triaged" --models folder --listen 127.0.0.1:0; }
mkdir folder && mkfifo folder/x.safetensors
refuse "a pipe among the models" 'x.safetensors: "folder/x.safetensors" is a named pipe, not a regular file'
expect "triage show: a pipe" 1 'is a named pipe' timeout 20 "$triage" show folder/x.safetensors
rm folder/x.safetensors && mkdir folder/x.safetensors
refuse "a folder among the models" 'is a folder, not a regular file'
rmdir folder/x.safetensors && ln -s /dev/zero folder/x.safetensors
refuse "a device among the models" 'is a device, not a regular file'
rm folder/x.safetensors && ln -s "$models/lesson.safetensors" folder/x.safetensors
expect "a link to a model is one" 0 'valid; models: 1' "$triaged" --models folder --check-config
rm folder/x.safetensors
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n' >folder/x.safetensors
refuse "a Git LFS pointer" 'it is a Git LFS pointer; git lfs pull'
gzip -c "$models/lesson.safetensors" >folder/x.safetensors
refuse "a compressed model" 'it is compressed with gzip'
rm folder/x.safetensors && cp "$models/lesson.safetensors" 'folder/my model.safetensors'
refuse "a name that cannot be served" 'a model of this name cannot be served; a name has at most'
mkfifo pipe
expect "a configuration in a pipe" 1 'is a named pipe' timeout 20 "$triaged" --config pipe
expect "a recipe in a pipe" 1 'is a named pipe' timeout 20 "$triage" train x --recipe pipe -o y.safetensors

# ---- training ----
"$triage" simulate --count 400 >data.jsonl
train() { "$triage" train data.jsonl --hidden 8 --embedding 4 --threads 1 "$@"; }
expect "a model whose name cannot be served" 0 '^warning: triaged cannot serve a model of this name: "my model"' \
    train --epochs 1 -o 'my model.safetensors'
expect "a model without the suffix" 0 '^warning: triaged serves only files whose names end in .safetensors: "x.bin"' \
    train --epochs 1 -o x.bin
expect "no warning of a good name" 1 '' sh -c "'$triage' train data.jsonl --epochs 1 --hidden 4 -o good.safetensors 2>&1 | grep 'triaged'"

has_trained() { grep -q '^epoch 2/' epochs || has_ended "$server"; }
# interrupt SIGNAL COMMAND...: train without an end, send the signal after the first epochs.
interrupt() {
    signal=$1
    shift
    rm -f endless.safetensors
    : >epochs
    "$@" "$triage" train data.jsonl --hidden 8 --embedding 4 --threads 1 --epochs 100000 --patience 100000 \
        -o endless.safetensors >epochs 2>&1 &
    server=$!
    wait_until "the second epoch" has_trained
    kill -"$signal" "$server"
}
for signal in TERM INT QUIT HUP USR1 USR2 ALRM VTALRM PROF XCPU IO PWR 16 34 64; do
    interrupt "$signal" env --default-signal # nohup may have begun the tests
    finish
    expect "signal $signal saves the best model so far" 0 '' "$triage" show endless.safetensors
    expect "and the exit status is 130 ($signal)" 0 '' test "$ended" = 130
done
interrupt HUP nohup
sleep 0.3
expect "nohup keeps SIGHUP ignored" 0 '' kill -0 "$server"
stop
expect "a reader of the progress that leaves does not end the training" 0 '' sh -c "
    rm -f piped.safetensors; '$triage' train data.jsonl --epochs 3 --hidden 4 -o piped.safetensors 2>&1 | true
    '$triage' show piped.safetensors"
: >good.safetensors.tmp123456-0
expect "training again" 0 wrote train --epochs 1 -o good.safetensors
expect "removes temporary files of killed runs" 1 '' test -e good.safetensors.tmp123456-0

# ---- output that cannot be written ----
for option in --version --help --print-config --check-config; do
    expect "triaged $option to a full disk" 1 'standard output: could not write: No space' \
        sh -c "'$triaged' --models '$models' $option >/dev/full"
    expect "triaged $option to a closed descriptor" 1 'standard output: could not write' \
        sh -c "'$triaged' --models '$models' $option >&-"
done
for command in --version --help 'train --help' "show '$models/lesson.safetensors'" \
    "predict '$models/lesson.safetensors' data.jsonl" 'train data.jsonl --print-recipe' 'simulate --count 9'; do
    expect "triage $command to a full disk" 1 'standard output: could not write' \
        sh -c "'$triage' $command >/dev/full"
    expect "triage $command to a closed descriptor" 1 'standard output: could not write' \
        sh -c "'$triage' $command >&-"
done
expect "a limit on the size of files" 1 'could not write "big.safetensors": File too large' \
    sh -c "ulimit -f 8; '$triage' train data.jsonl --hidden 64 --epochs 1 -o big.safetensors"
expect "leaves nothing behind" 0 '^0$' sh -c 'ls | grep -c big || true'

# ---- the command line of triage ----
expect "a mistyped command" 2 '^triage: no such command: "trian" \(did you mean "train"\?\)$' "$triage" trian
expect "a mistyped option" 2 '^triage: --hiden: unknown option \(did you mean --hidden\?\)$' train --hiden 3
expect "a mistyped choice" 2 'received "nxt" \(did you mean "next"\?\)' train --target nxt
expect "a mistyped kernel" 2 'no kernel "portble" \(did you mean "portable"\?\)' train --kernel portble
echo '{"netwrok": {}}' >recipe.json
expect "a mistyped key of a recipe" 1 'unknown key "netwrok" \(did you mean "network"\?\)' train --recipe recipe.json -o x.safetensors
echo '{"network": {"hiden": 3}}' >recipe.json
expect "a mistyped setting of a recipe" 1 '/network/hiden: unknown setting \(did you mean "hidden"\?\)' train --recipe recipe.json -o x.safetensors
expect "a mistyped variable" 0 '^warning: unknown environment variable TRIAGE_KERNAL \(did you mean "TRIAGE_KERNEL"\?\)$' \
    env TRIAGE_KERNAL=avx2 TRIAGE_MODEL=x "$triage" show "$models/lesson.safetensors"
expect "an empty variable is unset" 0 '^parameters' env TRIAGE_KERNEL= "$triage" show "$models/lesson.safetensors"
expect "an escape code in an argument is cleaned" 2 'no such command: "a\\x1bb"' "$triage" "$(printf 'a\033b')"
expect "triage -V" 0 '^triage [0-9.]*$' "$triage" -V
expect "triage -h" 0 '^usage: triage COMMAND' "$triage" -h
expect "triage train -h" 0 '^usage: triage train' "$triage" train -h

if [ -z "${SAN:-}" ]; then
    # Those that the tests were started with are closed: the service of two loops holds ten, from 0 to 9.
    for count in 5 7 8 9 10; do
        expect "few descriptors ($count)" 1 '[Tt]oo many open files' timeout 20 \
            sh -c "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; ulimit -n $count
                   exec '$triaged' --models '$models' --loops 2 --listen 127.0.0.1:0"
    done
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
