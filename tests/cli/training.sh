#!/bin/sh
# Trainings at a shell: several networks in a file, and what refuses them; checkpoints.
# Ends with "N passed, N failed".
#
#   usage: training.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

train() { "$triage" train "$@" --epochs 2 --hidden 8 --embedding 4; }
same() { cmp "$1" "$2" && echo same; }

"$triage" simulate --count 60 >data.jsonl

# ---- several networks ----
train data.jsonl -o members.safetensors --members 2 >log 2>&1
expect "the networks are trained one after another" 0 '^network 2/2  epoch 2/2' cat log
expect "both are in the file" 0 '^members +2 networks; the answer is the mean' "$triage" show members.safetensors
expect "each with its tensors" 0 '^  member\.1\.rnn\.weight_hh_l0 +\[24\]\[8\]$' "$triage" show members.safetensors
expect "and with its result" 0 '^report .*"members": \[\{"epochs": 2.*\}, \{"epochs": 2' "$triage" show members.safetensors
expect "all checks of such a model" 0 '^all [0-9]+ checks hold$' "$triage" check members.safetensors --gradients
expect "they say what cannot be tested" 0 '^note +sharing +not tested: a model of 2 networks has no single state$' "$triage" check members.safetensors
expect "no single state" 1 '^triage: --state: a model of 2 networks has no single state$' "$triage" predict members.safetensors data.jsonl --state
expect "no network" 2 'members.*from 1 to 32, received "0"' train data.jsonl -o no.safetensors --members 0
expect "it is evaluated" 0 'accuracy' "$triage" evaluate members.safetensors data.jsonl

jq -c 'del(.action, .posterior)' data.jsonl >histories.jsonl
"$triage" predict members.safetensors histories.jsonl >answers.jsonl
serve "$triaged" --models . --listen 127.0.0.1:0
curl -s -H 'Content-Type: application/x-ndjson' --data-binary @histories.jsonl "$url/predict" >served.jsonl
expect "the service answers with the same bytes" 0 same same answers.jsonl served.jsonl
expect "and says how many networks it has" 0 '^\[2,2\]$' sh -c "curl -s $url/models/members | jq -c '[.numerics, .members]'"
kill -TERM "$server"
finish

# ---- checkpoints ----
long="--epochs 40 --patience 40 --hidden 8 --embedding 4"
# shellcheck disable=SC2086
long() { "$triage" train data.jsonl $long "$@"; }
long -o whole.safetensors >log 2>&1
# A training ends in a tenth of a second: where it was faster than this shell, it is trained again.
tries=50
until [ -f state ] && [ ! -f killed.safetensors ] || [ $tries = 0 ]; do
    rm -f state killed.safetensors
    tries=$((tries - 1))
    # shellcheck disable=SC2086
    "$triage" train data.jsonl $long -o killed.safetensors --checkpoint state >log 2>&1 &
    training=$!
    ended() { [ -f state ] || has_ended "$training"; }
    wait_until "a checkpoint, or the end" ended
    kill -9 "$training" 2>/dev/null
    wait "$training" 2>/dev/null
done
[ -f state ] && cp state kept
expect "a killed training writes no model" 2 'No such file' ls killed.safetensors
expect "the checkpoint of another recipe is refused" 1 '^triage: state: a checkpoint of another recipe' long -o killed.safetensors --checkpoint state --seed 2
expect "it stays" 0 same same state kept
expect "it goes on" 0 '^going on from the checkpoint state$' long -o killed.safetensors --checkpoint state
expect "to the same bytes" 0 same same whole.safetensors killed.safetensors
expect "the checkpoint is removed" 2 'No such file' ls state
head -c 1000 kept >state
expect "a checkpoint that is cut short is refused" 1 'the checkpoint is cut short' long -o no.safetensors --checkpoint state
expect "the model is no checkpoint" 1 'whole.safetensors: not a checkpoint' long -o no.safetensors --checkpoint whole.safetensors
echo '{}' >costs.json
expect "nor does it replace the costs" 1 'costs.json: the model would replace the costs' long -o costs.json --costs costs.json
expect "nor the log" 1 'log.json: the checkpoint would replace the log' long -o no.safetensors --checkpoint log.json --log log.json
expect "one file cannot be both" 1 'no.safetensors: the checkpoint would replace the model' long -o no.safetensors --checkpoint no.safetensors

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
