#!/bin/sh
# Names of events that are joined from two columns (--event a+b), at a shell: the same names from each
# form of data, and answers to events with two keys.  Ends with "N passed, N failed".
#
#   usage: joined.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

event=concept:name+lifecycle:transition
train() { "$triage" train "$@" --event "$event" --epochs 1 --hidden 8 --embedding 4; }
recipe() { train "$@" --print-recipe 2>/dev/null; }
same() { cmp "$1" "$2" && echo same; }

# The severity of an event, where it has one, is the second part of its name; single.jsonl has the
# joined names.
"$triage" simulate --count 40 --seed 5 >simulated.jsonl
jq -c 'del(.posterior) | .events |= map((strings | {event: .}) // .)' simulated.jsonl >objects.jsonl
jq -c '.events |= map({time, "lifecycle:transition": .severity, "concept:name": .event, service}
    | with_entries(select(.value != null)))' objects.jsonl >pairs.jsonl
jq -c '.events |= map({time, event: ([.event, .severity] | map(select(. != null)) | join("+")), service}
    | with_entries(select(.value != null)))' objects.jsonl >single.jsonl
jq -s . pairs.jsonl | gzip >pairs.json.gz
jq -r '.id as $id | .action as $action | .events[] | [$id, .["lifecycle:transition"], .service,
    .time, .["concept:name"], $action] | @csv' pairs.jsonl |
    sed '1i case,lifecycle:transition,service,time,concept:name,action' >pairs.csv
(
    echo '<log>'
    jq -r 'def attribute: "<string key=\"\(.key)\" value=\"\(.value)\"/>";
        "<trace>", ({"concept:name": .id, action} | to_entries[] | attribute), (.events[] | "<event>",
        (to_entries[] | if .key == "time" then .key = "time:timestamp" else . end | attribute),
        "</event>"), "</trace>"' pairs.jsonl
    echo '</log>'
) >pairs.xes

# ---- training ----
expect "two keys are joined" 0 'wrote' train pairs.jsonl -o pairs.safetensors
recipe pairs.jsonl >pairs.recipe
expect "their values are the names" 0 '^ *.name.: .event.*"error_logged\+critical"' \
    sed 's/{"name"/ "name"/' pairs.recipe
expect "both keys are in the recipe, in this order" 0 '"event": \["concept:name", "lifecycle:transition"\]' cat pairs.recipe
expect "and are no fields" 1 '' grep -E '"name": "(concept|lifecycle)' pairs.recipe
for form in pairs.csv pairs.json.gz pairs.xes; do
    recipe "$form" >other.recipe
    expect "the same recipe from $form" 0 same same pairs.recipe other.recipe
done
gzip -c pairs.csv | recipe - >other.recipe
expect "and from standard input" 0 same same pairs.recipe other.recipe
"$triage" train pairs.xes --recipe pairs.recipe --print-recipe 2>/dev/null >other.recipe
expect "a recipe holds the keys" 0 same same pairs.recipe other.recipe
jq '.rename = {"event": {"error_logged+critical": "alarm"}}' pairs.recipe >renaming
expect "rename changes joined names" 0 '"alarm"' "$triage" train pairs.csv --recipe renaming --print-recipe
jq '.rename = {"concept:name": {"error_logged": "alarm"}}' pairs.recipe >renaming
expect "but not their parts" 1 'is a part of the names of events; rename those of "event"$' \
    "$triage" train pairs.csv --recipe renaming --print-recipe

# ---- what is refused ----
expect "a column that is absent" 1 '^triage: pairs.csv:1: no column "lifecycle:transiton" .*\(did you mean "lifecycle:transition"\?\); --event names it$' \
    "$triage" train pairs.csv --event concept:name+lifecycle:transiton --print-recipe
expect "a key that is absent" 1 '^triage: pairs.jsonl: no event has the key "lifecycle:transiton" \(did you mean "lifecycle:transition"\?\)' \
    "$triage" train pairs.jsonl --event concept:name+lifecycle:transiton --print-recipe
expect "an attribute that is absent" 1 '^triage: pairs.xes: no event has the key "severity"; --event' \
    "$triage" train pairs.xes --event concept:name+severity --print-recipe
expect "a column twice" 1 '^triage: pairs.csv:1: --event joins "service" twice$' \
    "$triage" train pairs.csv --event service+service --print-recipe

for form in pairs.jsonl pairs.csv; do
    expect "the time, in $form" 1 '--event joins "time", which is the key of the times$' \
        "$triage" train "$form" --event concept:name+time --print-recipe
    expect "the label, in $form" 1 '--event joins "service", which is the key of the label' \
        "$triage" train "$form" --event concept:name+service --label service --print-recipe
done
echo '{"action": "x", "events": [{"a": "p", "b": "q"}, {"c": "r"}]}' >unnamed.jsonl
expect "an event without a part" 1 '\(it has "a", "b", "c"\); --event' "$triage" train unnamed.jsonl --event a+b --print-recipe

# ---- warnings ----
for i in 1 2 3 4 5 6 7 8; do
    echo '{"action": "'$((i % 2))'", "events": [{"a": "p"}, {"b": "q"}, {"a": "p", "b": "q"}, {"a": "q", "b": "p"}]}'
done >short.jsonl
"$triage" train short.jsonl --event a+b --print-recipe >recipe 2>lines
expect "a name whose parts are names, too, is no list" 1 '' grep 'list others' lines
expect "and is a name" 0 '"q\+p"' cat recipe
jq -c '.fields = {"lifecycle:transition": "x"}' pairs.jsonl >outer.jsonl
expect "a part that belongs to the history" 0 '^warning: "lifecycle:transition" of whole histories is left out: it is a part of the names of events' \
    train outer.jsonl --print-recipe

# ---- a column with a plus in its name ----
sed '1s/concept:name/a+b/' pairs.csv >plus.csv
expect "a column of that name is the name" 0 '"event": "a\+b"' "$triage" train plus.csv --event a+b --print-recipe

# ---- answers ----
# Where a joined name is unknown, the pointer is that of its event.
answers() { "$triage" predict pairs.safetensors "$@" 2>messages | jq -c 'del(.ignored, .unknown)'; }
answers single.jsonl >single.answers
for form in pairs.jsonl pairs.json.gz pairs.csv pairs.xes; do
    answers "$form" >others
    expect "the same answers for $form" 0 same same single.answers others
done
"$triage" evaluate pairs.safetensors single.jsonl >expected 2>&1
for form in pairs.csv pairs.xes; do
    "$triage" evaluate pairs.safetensors "$form" >others 2>&1
    expect "the same evaluation with $form" 0 same same expected others
done
expect "a model of joined names given other keys" 0 '' \
    sh -c "sed 's/concept:name/what/g; s/lifecycle:transition/how/g' pairs.jsonl >other.jsonl; \
        '$triage' evaluate pairs.safetensors other.jsonl --event what+how 2>&1 | cmp - expected"
answers other.jsonl --event what+how >others
expect "and the same answers" 0 same same single.answers others

jq -c 'del(.events[]["lifecycle:transition"])' pairs.jsonl >halves.jsonl
expect "a part that no event has is a warning" 0 '^warning: no event has the key "lifecycle:transition", a part of the names that the model was trained on$' \
    "$triage" evaluate pairs.safetensors halves.jsonl

# ---- the service ----
mkdir models
cp pairs.safetensors models
serve "$triaged" --models models --listen 127.0.0.1:0 --log-level none
head -n 5 pairs.jsonl | jq -c 'del(.action)' >asking.jsonl
head -n 5 pairs.jsonl | "$triage" predict pairs.safetensors - 2>messages | jq -c 'del(.ignored)' >expected
curl -s -H 'Content-Type: application/x-ndjson' --data-binary @asking.jsonl "$url/predict" | jq -c 'del(.ignored)' >answered
expect "the service joins the keys, too" 0 same same expected answered
curl -s "$url/models/pairs/schema" >schema
expect "and names them in its schema" 0 true jq '.["$defs"].EventObject.allOf[1].properties | has("concept:name") and has("lifecycle:transition")' schema
expect "a joined name beside a part of it is refused" 0 '"pointer": "/events/0/concept:name"' \
    curl -s -d '{"events": [{"event": "error_logged", "concept:name": "error_logged"}]}' "$url/predict"
kill "$server"
finish

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
