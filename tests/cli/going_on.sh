#!/bin/sh
# train --from: going on from a model, with the same and with more values, fields and actions.
# Ends with "N passed, N failed".
#
#   usage: going_on.sh BUILD
set -u

triage=$(realpath "$1/triage")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

same() { cmp "$1" "$2" && echo same; }
go_on() { "$triage" train "$@" --epochs 2; }

"$triage" simulate --count 60 | jq -c 'del(.posterior)' >data.jsonl
jq -c '.events |= map(if type == "object" then del(.severity) else . end)' data.jsonl >fewer.jsonl
jq -c '.events |= map(if type == "object" then .severity = (.severity | length) else . end)' data.jsonl >kind.jsonl
# one more name, field, number and action, in some histories
jq -c 'if (.id | ltrimstr("INC-") | tonumber) % 3 == 0
       then .action = "page"
            | .events[-1] |= (if type == "object" then . else {event: .} end)
                             + {event: "pager_silent", zone: "west", load: (length / 2)}
       else . end' data.jsonl >more.jsonl
mkdir old
"$triage" train data.jsonl -o old/m.safetensors --epochs 2 --hidden 8 --embedding 4 --log old.log >log 2>&1

# ---- the same schema ----
expect "it goes on" 0 '^going on from the weights of old/m.safetensors$' go_on data.jsonl --from old/m.safetensors -o on.safetensors --log on.log
cp output lines
expect "it says what the weights reach before" 0 '^before the training: validation loss [0-9.]+, accuracy [0-9.]+$' cat lines
expect "from where the other training ended" 0 '^true$' jq -s 'map(select(.phase == "train")) | .[2].validation_loss < .[1].validation_loss and .[3].validation_loss < .[1].validation_loss' old.log on.log
expect "the report says what it began with" 0 "\"notes\": \{\"from\": \{\"file\": \"m.safetensors\", \"digest\": \"sha256:$(sha256sum old/m.safetensors | cut -c1-64)\"\}\}" "$triage" show on.safetensors
cp output shown
expect "and what that reached" 0 '"start_loss": [0-9.]+, "start_end_loss": [0-9.]+, "start_accuracy": [0-9.]+' cat shown
expect "the network is that of the model" 0 '^network +gru, 8 hidden, 1 layer, one direction, embedding 4$' cat shown
expect "a training that does harm" 0 '^warning: the validation loss was [0-9.]+ before the training, and is [0-9.]+: the model to go on from is better as it is$' "$triage" train data.jsonl --from old/m.safetensors -o worse.safetensors --epochs 1 --learning-rate 1 --average 0 --no-refit
expect "with a checkpoint and three threads" 0 'wrote' go_on data.jsonl --from old/m.safetensors -o other.safetensors --checkpoint state --threads 3
expect "the same bytes" 0 same same on.safetensors other.safetensors
expect "the checkpoint is removed" 2 'No such file' ls state
cp old/m.safetensors .
expect "a model may be replaced by the one that goes on from it" 0 'wrote m.safetensors' go_on data.jsonl --from m.safetensors -o m.safetensors
expect "it is the same, in whatever folder" 0 same same on.safetensors m.safetensors

# ---- the temperature ----
temperature() { "$triage" show "$1" | sed -n 's/^temperature *//p'; }
temperature old/m.safetensors >before
expect "without calibration, that of the model stays" 0 '^wrote kept' go_on more.jsonl --from old/m.safetensors --no-calibrate -o kept.safetensors
expect "it was another than 1" 1 '' grep -qx 1 before
expect "it is the same" 0 '^same$' sh -c "'$triage' show kept.safetensors | sed -n 's/^temperature *//p' | cmp - before && echo same"

# ---- a grown schema ----
expect "new names, fields and actions" 0 '^going on from the weights of old/m.safetensors; new actions: page$' go_on more.jsonl --from old/m.safetensors -o more.safetensors
cp output lines
expect "the new name is named" 0 '^field "event": 1 value is new to the model: "pager_silent"$' cat lines
expect "so is the new field" 0 '^field "zone" is new to the model$' cat lines
"$triage" show old/m.safetensors | sed -n 's/^  embedding.event.weight *.\([0-9]*\).*/\1/p' >before
expect "there is a row for the new name" 0 "^  embedding.event.weight +\[$(($(cat before) + 1))\]\[4\]$" "$triage" show more.safetensors
cp output shown
expect "the new action is the last" 0 '^actions +escalate, ignore, rollback, page$' cat shown
expect "the model answers" 0 '"page": 0\.' sh -c "echo '{\"events\": [{\"event\": \"pager_silent\", \"load\": 3, \"zone\": \"west\"}]}' | '$triage' predict more.safetensors -"

# ---- what is refused ----
no() { "$triage" train "$@" -o no.safetensors; }
from="--from old/m.safetensors"
# shellcheck disable=SC2086
{
    expect "data that lacks a field" 1 '^triage: fewer.jsonl: no training history has a value of the field "severity", which the model has$' no fewer.jsonl $from
    expect "a field of another kind" 1 'kind.jsonl: the field "severity" is a number here, and a category in the model' no kind.jsonl $from
    expect "another target" 1 '^triage: --target: "target": "next" is given, but old/m.safetensors has "target": "last", which stays$' no data.jsonl $from --target next
    expect "another width" 1 '^triage: --hidden: "hidden": 16 is given, but old/m.safetensors has "hidden": 8, which stays$' no data.jsonl $from --hidden 16
    expect "another number of networks" 1 '^triage: --members: "members": 2 is given, but .* has "members": 1' no data.jsonl $from --members 2
    echo '{"network": {"cell": "lstm", "hidden": 8}}' >recipe.json
    expect "another cell, in a recipe" 1 '^triage: --cell: "cell": "lstm" is given, but .* has "cell": "gru"' no data.jsonl $from --recipe recipe.json
    echo '{"actions": ["ignore", "rollback"]}' >recipe.json
    expect "the actions of a recipe" 1 '^triage: --recipe: a recipe with schema or actions cannot be used with --from' no data.jsonl $from --recipe recipe.json
    expect "a search" 2 '--search cannot be used with --from' no data.jsonl $from --search 5
    expect "a printed recipe" 2 '--print-recipe cannot be used with --from' no data.jsonl $from --print-recipe
    expect "a checkpoint, and the model replaced" 1 'old/m.safetensors: with --checkpoint, the new model cannot replace' "$triage" train data.jsonl $from -o old/m.safetensors --checkpoint state
    expect "the model as log" 1 'the log would replace the model to go on from' no data.jsonl $from --log old/m.safetensors
    expect "the model as checkpoint" 1 'the checkpoint would replace the model to go on from' no data.jsonl $from --checkpoint old/m.safetensors
}
sed 's/{\\"numerics\\": 1,/{\\"numerics\\": 0,/' old/m.safetensors >zero.safetensors
expect "a model that is older than numerics 1" 1 '^triage: zero.safetensors: /numerics: .* it cannot be trained further' no data.jsonl --from zero.safetensors
expect "no model" 1 '^triage: data.jsonl: ' no data.jsonl --from data.jsonl
expect "no file" 1 'none.safetensors: could not open' no data.jsonl --from none.safetensors
expect "nothing was written" 2 'No such file' ls no.safetensors

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
