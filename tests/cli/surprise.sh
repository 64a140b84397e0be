#!/bin/sh
# Evaluations of models that predict events, and optional members of answers: the surprise of events and the weights of attention: predict --include
# and --every, and the service with the same bytes.  The models are tests/http/models/orders.safetensors and
# one of tests/golden.  Ends with "N passed, N failed".
#
#   usage: surprise.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
orders=$root/tests/http/models/orders.safetensors
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"
same() { cmp "$1" "$2" && echo same; }

cat >orders.jsonl <<'END'
{"id":"A","events":["placed","paid","packed","shipped"]}
{"id":"B","events":["placed","lost",{"event":null},"packed","placed"]}
{"events":[{"event":"paid","time":20},{"event":"placed","time":10}]}
END

# ---- predict ----
"$triage" predict "$orders" orders.jsonl >plain
"$triage" predict "$orders" orders.jsonl --include surprise >included 2>output
sed 's/, "surprise": \[.*\]}$/}/' included >stripped
expect "an include changes nothing else of an answer" 0 same same plain stripped
expect "an entry for each event, and one for the end" 0 '^\[5,6,3\]$' jq -cs 'map(.surprise | length)' included
expect "nothing is predicted before the first event" 0 '^\[0,null,null,null\]$' jq -cs '.[0].surprise[0] | [.event, .probability, .surprise, .rank]' included
expect "the surprise is -ln of the probability" 0 '^true$' jq -cs \
    'map(.surprise[] | select((.probability // 0) > 0) | (.surprise + (.probability | log)) | . < 1e-5 and . > -1e-5) | all' included
expect "the end is the last, and likely after shipped" 0 '^\[null,1\]$' jq -cs '.[0].surprise[-1] | [.event, .rank]' included
expect "an unknown event is less probable than all actions" 0 '^\[1,0,true\]$' jq -cs \
    '.[1] | (.probabilities | length) as $count | .surprise[1] | [.event, .probability, .rank == $count + 1]' included
expect "an event without a name has none" 0 '^\[2,null,null\]$' jq -cs '.[1].surprise[2] | [.event, .probability, .rank]' included
expect "the order of reading, the index as given" 0 '^\[1,0,null\]$' jq -cs '.[2].surprise | map(.event)' included
expect "the last probability is that of the answer" 0 '^true$' jq -cs 'map(.surprise[-1].probability == .probabilities.end_of_history) | all' included
sed 's/^{/{"include":["surprise"],/' orders.jsonl >asking.jsonl
"$triage" predict "$orders" asking.jsonl >asked
expect "a line may ask for itself" 0 same same included asked
sed 's/^{/{"include":["colour"],/' orders.jsonl >colour.jsonl
expect "a member of that name with anything else is data" 0 '"ignored": {"include": 1}' "$triage" predict "$orders" colour.jsonl
expect "an unknown include" 2 '^triage: --include: no such include: "suprise" .did you mean "surprise"' "$triage" predict "$orders" orders.jsonl --include suprise
expect "a model that predicts no events" 2 '^triage: --include: "surprise" needs a model that predicts the next event' \
    "$triage" predict "$root/models/lesson.safetensors" orders.jsonl --include surprise
echo '{"events":["error logged"],"include":["surprise"]}' >lesson.jsonl
expect "a line that asks such a model" 1 '^{"line": 1, "error": .*"pointer": "/include"' "$triage" predict "$root/models/lesson.safetensors" lesson.jsonl

# ---- attention ----
mkdir models
cp "$root/tests/golden/numerics-3/gru-after-keep-plain.safetensors" models/attending.safetensors
attending=models/attending.safetensors
printf '%s\n' '{"events":["a","b","c"],"time":1}' '{"events":["e"]}' >letters.jsonl
"$triage" predict "$attending" letters.jsonl >plain
"$triage" predict "$attending" letters.jsonl --include attention >weights
sed 's/, "attention": \[.*\]}$/}/' weights >stripped
expect "the answers stay as they are" 0 same same plain stripped
expect "a weight for each event, which add up to 1" 0 '^\[\[0,1,2\],\[0\]\] true$' jq -rs \
    '"\(map(.attention | map(.event)) | tojson) \(map(.attention | map(.weight) | add | . > 0.99999 and . < 1.00001) | all)"' weights
expect "a model that has no attention head" 2 '^triage: --include: "attention" needs a model with an attention head' \
    "$triage" predict "$orders" orders.jsonl --include attention
expect "a model that predicts no events, with both" 2 '^triage: --include: "surprise" needs a model' \
    "$triage" predict "$attending" letters.jsonl --include attention,surprise

# ---- predict --every ----
"$triage" predict "$orders" orders.jsonl --every >every 2>output
expect "a line for each event and each end" 0 '^14$' grep -c . every
expect "with the name, where it is known" 0 '^\["placed",null,null,"packed","placed","end_of_history"\]$' jq -cs 'map(select(.id == "B") | .name)' every
jq -cs 'map(.surprise[])' included >a
jq -cs 'map(del(.line, .id, .name))' every >b
expect "and the numbers of the include" 0 same same a b
expect "--every with --state" 2 'no --state' "$triage" predict "$orders" orders.jsonl --every --state
expect "--every of a model that predicts no events" 2 '^triage: --every: "surprise" needs' "$triage" predict "$root/models/lesson.safetensors" orders.jsonl --every
"$triage" predict "$orders" orders.jsonl --include surprise --state >state
sed 's/, "state": \[.*\]}$/}/' state >stripped
expect "--include with --state" 0 same same included stripped

# ---- evaluate --anomaly ----
awk 'function line(part, label, events) { print "{\"events\":[" events "],\"part\":\"" part "\",\"is\":\"" label "\"}" }
    BEGIN { for (i = 0; i < 40; i++) {
        line("train", "fine", "\"placed\",\"paid\",\"packed\",\"shipped\"")
        line(i % 2 ? "val" : "test", "fine", "\"placed\",\"paid\",\"packed\",\"shipped\"")
        if (i < 10) line("test", "theft", "\"placed\",\"paid\",\"packed\"")
        if (i < 5) line("test", "error", "\"placed\",\"shipped\",\"lost\"") } }' >thefts.jsonl
evaluate_thefts() { "$triage" evaluate "$orders" "$@" --anomaly --split part --label is --normal fine; }
expect "anomalies are found" 0 '^n-grams or surprise .* 15 +1.0000  1.0000  1.0000 \[1.0000, 1.0000\]$' evaluate_thefts thefts.jsonl
expect "their numbers" 0 '^anomalies by orders: 15 among 20 normal histories of test$' evaluate_thefts thefts.jsonl
expect "at most 100 columns wide" 1 '^0$' sh -c "'$triage' evaluate '$orders' thefts.jsonl --anomaly --split part --label is --normal fine --normals 20000 | grep -cE '^.{101}'"
evaluate_thefts thefts.jsonl --json >anomalies.json 2>output
expect "--json has every rule" 0 '^\[8,15,20,20,15\]$' jq -c '[(.rules | length), .anomalies, .normals, .validation, .rules[1].found]' anomalies.json
jq -c 'if .is == "theft" then .events = ["placed","packed","paid","shipped"] else . end' thefts.jsonl >moved.jsonl
evaluate_thefts moved.jsonl --json >moved.json 2>output
expect "counts find missing events, not an order" 0 '^\[0,15,5,15\]$' jq -c --slurpfile moved moved.json \
    '[.rules[2].setting, .rules[2].found, $moved[0].rules[2, 5].found]' anomalies.json
expect "a label that is missing" 1 '^triage: thefts.jsonl:2: the history has no label "was"' \
    "$triage" evaluate "$orders" thefts.jsonl --anomaly --split part --label was
expect "a part that is none" 1 '^triage: thefts.jsonl:1: the part of the history, "is", is none .expected train, val or test, received fine' \
    "$triage" evaluate "$orders" thefts.jsonl --anomaly --split is --label is
expect "no normal history" 1 'there is no normal history in train' "$triage" evaluate "$orders" thefts.jsonl --anomaly --split part --label is

# ---- evaluate --suffix ----
jq -c '{events, part}' thefts.jsonl >continued.jsonl
continue_orders() { "$triage" evaluate "$orders" continued.jsonl --split part --part test --suffix "$@"; }
expect "how well histories are continued" 0 '^model, beam by the mean +[01].[0-9]{4} ' continue_orders
expect "how many are asked for" 0 '^continuations by orders, part test: 90 beginnings of 35 histories$' continue_orders
expect "at most 100 columns wide, for --suffix" 1 '^0$' sh -c "'$triage' evaluate '$orders' continued.jsonl --split part --suffix | grep -cE '^.{101}'"
continue_orders --shortest 2 --beam 2 --steps 4 --json >continued.json 2>output
expect "--json has every rule, for --suffix" 0 '^\[6,35,55,2,2,4\]$' jq -c \
    '[(.rules | length), .histories, .suffixes, .shortest, .beam, .steps]' continued.json
expect "--beam alone" 2 '^triage: --beam needs --suffix' "$triage" evaluate "$orders" continued.jsonl --beam 2
expect "two evaluations" 2 '^triage: --anomaly and --suffix are two evaluations' \
    "$triage" evaluate "$orders" continued.jsonl --suffix --anomaly
echo '{"events":["error logged","rollback requested"],"action":"rollback"}' >labels.jsonl
expect "a model that predicts no events, for --suffix" 1 'a forecast needs a model that predicts events' \
    "$triage" evaluate "$root/models/lesson.safetensors" labels.jsonl --suffix
expect "--anomaly without parts" 2 '^triage: --anomaly: needs --split' "$triage" evaluate "$orders" thefts.jsonl --anomaly
expect "--anomaly of a model that predicts no events" 2 '^triage: --anomaly: only a model of the task next' \
    "$triage" evaluate "$root/models/lesson.safetensors" thefts.jsonl --anomaly --split part

# ---- train --target continue ----
head -n 40 continued.jsonl | jq -c 'del(.part)' >few.jsonl
train_few() { "$triage" train few.jsonl --target continue --hidden 8 --embedding 4 --epochs 1 --no-refit -o few.safetensors "$@"; }
expect "an encoder-decoder is trained" 0 '^wrote few.safetensors: epoch 1' train_few
few=few.safetensors
expect "show names the decoder" 0 '^  decoder.head.weight +.[0-9]+..8.$' "$triage" show "$few"
expect "check knows its tensors" 0 '^all 7 checks hold$' "$triage" check "$few"
expect "its report" 0 '^wrote few.html$' "$triage" report "$few" -o few.html
expect "its answers are next events" 0 '^{"action".*"end_of_history": [0-9.e-]+}' "$triage" predict "$few" orders.jsonl
"$triage" predict "$few" orders.jsonl --include surprise >decided 2>output
"$triage" forecast "$few" orders.jsonl --steps 1 --beam 9 >foreseen 2>output
expect "of a forecast of one step, too" 0 '^true$' jq -s --slurpfile decided decided \
    '[., $decided] | transpose | map(.[0].continuations[0].probability - ([.[1].probabilities[]] | max) | . < 1e-7 and . > -1e-7) | all' foreseen
expect "how well it continues histories" 0 '^model, greedy +[01].[0-9]{4} ' \
    "$triage" evaluate "$few" continued.jsonl --split part --suffix
expect "how well it predicts the next event" 0 '^evaluated: .*task continue' "$triage" evaluate "$few" continued.jsonl --split part
expect "the end is always predicted" 1 '^triage: --no-end: the target continue predicts the end' train_few --no-end
expect "a cell without a state" 1 'the target "continue" needs a recurrent cell' train_few --cell attention
expect "going on" 1 'a model of the target "continue" cannot be gone on from' train_few --from "$few"

# The same as CSV: the label is in the last row of a case, or a number.
jq -r '[.part, .is] as $own | "\(input_line_number)" as $id | .events | to_entries[] as $e | [$id, $e.value, $own[0], (if $e.key + 1 == length then $own[1] else "" end)] | join(",")' \
    thefts.jsonl | sed '1i case,event,part,is' >thefts.csv
evaluate_thefts thefts.jsonl >a 2>output
evaluate_thefts thefts.csv >b 2>output
expect "CSV has the same figures" 0 same same a b
sed 's/"is":"fine"/"is":0/; s/"is":"[a-z]*"/"is":1/' thefts.jsonl >numbers.jsonl
"$triage" evaluate "$orders" numbers.jsonl --anomaly --split part --label is --normal 0 >b 2>output
expect "labels that are numbers, too" 0 same same a b
sed '/"train"/s/"is":"fine"/"is":"N\/A"/' thefts.jsonl >marks.jsonl
evaluate_thefts marks.jsonl >b 2>output
expect "a mark of a missing label is none" 0 same same a b
(echo '{"events":3}'; cat thefts.jsonl) >bad.jsonl
expect "a bad line is left out with --skip-bad" 0 '^skipped bad.jsonl:1: /events' evaluate_thefts bad.jsonl --skip-bad
expect "--part is not ignored" 2 'uses all parts of the data, and no --part' evaluate_thefts thefts.jsonl --part val
expect "nor --window without --anomaly" 2 '--window needs --anomaly' "$triage" evaluate "$orders" thefts.jsonl --window 3
jq -c 'if .is == "fine" then . else empty end' thefts.jsonl >fine.jsonl
"$triage" train fine.jsonl --split part --target next -o refit.safetensors --epochs 1 --hidden 4 --embedding 2 >log 2>&1
expect "a model that was trained on val" 0 '^warning: the weights were trained on the validation data' \
    "$triage" evaluate refit.safetensors thefts.jsonl --anomaly --split part --label is --normal fine

# ---- the service ----
serve "$triaged" --models "$root/tests/http/models" --listen 127.0.0.1:0 --log-level none
while read -r line; do
    printf '%s' "$line" | curl -s --data-binary @- "$url/predict?include=surprise"
done <orders.jsonl >answered
expect "POST /predict and triage predict give the same bytes" 0 same same included answered
curl -s -H 'Content-Type: application/x-ndjson' --data-binary @asking.jsonl "$url/predict" >answered
expect "and a stream of lines" 0 same same included answered
kill -TERM "$server"
finish
serve "$triaged" --models models --listen 127.0.0.1:0 --log-level none
while read -r line; do
    printf '%s' "$line" | curl -s --data-binary @- "$url/predict?include=attention"
done <letters.jsonl >answered
expect "the weights of the service have the same bytes" 0 same same weights answered
head -n 1 letters.jsonl | curl -s --data-binary @- "$url/predict?include=surprise" >answered
expect "the service names what the model lacks" 0 '"status": 422.*needs a model that predicts the next event' cat answered
kill -TERM "$server"
finish

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
