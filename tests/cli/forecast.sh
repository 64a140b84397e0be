#!/bin/sh
# Forecasts: the command, its options and its errors, and the service with the same bytes.  The model
# is tests/http/models/orders.safetensors: placed, then paid, packed one to three times and shipped or refunded,
# or cancelled.  Nothing is trained.  Ends with "N passed, N failed".
#
#   usage: forecast.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
orders=$root/tests/http/models/orders.safetensors
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"
same() { cmp "$1" "$2" && echo same; }
forecast() { "$triage" forecast "$orders" "$@"; }

cat >orders.jsonl <<'END'
{"id":"A","events":["placed","paid"]}
{"id":7,"events":["placed","paid","packed","shipped"]}
{"events":[{"event":"paid","time":20},{"event":"placed","time":10}]}
END

# ---- beam search ----
forecast orders.jsonl >beam 2>messages
expect "an answer for each history, in their order" 0 '^\["A",7,null\]$' jq -cs 'map(.id)' beam
expect "no message" 0 '^0$' sh -c "wc -c <messages"
expect "the most probable continuation" 0 '^\[\["packed","packed","shipped"\],true\]$' jq -cs '.[0].continuations[0] | [.events, .ended]' beam
expect "five continuations, the best first" 0 '^\[5,true\]$' jq -cs '.[0].continuations | [length, (map(.score) | . == (sort | reverse))]' beam
expect "the score is ln of the probability" 0 '^true$' jq -cs \
    'map(.continuations[] | .score - (.probability | log) | . < 1e-9 and . > -1e-9) | all' beam
expect "the end after shipped is a continuation without events" 0 '^\[\[\],true\]$' jq -cs '.[1].continuations[0] | [.events, .ended]' beam
expect "what an answer says of the history and the model" 0 '^\[2,true,\[\],"orders"\]$' jq -cs '.[2] | [.events, .reordered, .unknown, .model.name]' beam
"$triage" predict "$orders" orders.jsonl | jq -c 'del(.action, .probabilities)' >predicted
jq -c 'del(.continuations)' beam >rest
expect "the same as predict says" 0 same same predicted rest
expect "the first step is what predict says" 0 '^true$' sh -c "'$triage' predict '$orders' orders.jsonl | jq -c .probabilities.end_of_history >ends; \
    '$triage' forecast '$orders' orders.jsonl --steps 1 --beam 7 | jq -c '.continuations[] | select(.ended) | .probability' | jq -s . >some; \
    jq -s . ends | jq --slurpfile some some '[., \$some[0]] | transpose | map(.[0] - .[1] | . < 1e-7 and . > -1e-7) | all'"
expect "one step of all actions adds up to 1" 0 '^true$' sh -c \
    "'$triage' forecast '$orders' orders.jsonl --steps 1 --beam 100 | jq -cs 'map(.continuations | map(.probability) | add | . > 0.99999 and . < 1.00001) | all'"
expect "cut after so many steps" 0 '^\[\["packed","packed"\],false\]$' sh -c "'$triage' forecast '$orders' orders.jsonl --steps 2 | jq -c '.continuations[0] | [.events, .ended]'"
forecast orders.jsonl --beam 1 >one
forecast orders.jsonl --greedy >greedy
expect "greedy is a beam of 1" 0 same same one greedy
forecast orders.jsonl --rank mean >mean
expect "the mean of the logarithms" 0 '^true$' jq -cs \
    'map(.continuations[] | .score * ((.events | length) + (if .ended then 1 else 0 end)) - (.probability | log) | . < 1e-9 and . > -1e-9) | all' mean
expect "in its order" 0 '^true$' jq -cs 'map(.continuations | map(.score) | . == (sort | reverse)) | all' mean

# ---- samples ----
forecast orders.jsonl --sample 200 >drawn
forecast orders.jsonl --sample 200 --seed 1 >again
forecast orders.jsonl --sample 200 --seed 2 >others
expect "the same seed, the same samples" 0 same same drawn again
expect "another seed, other samples" 1 differ cmp drawn others
expect "as many as are asked for" 0 '^\[200,200,200\]$' jq -cs 'map(.continuations | length)' drawn
expect "their shares are near the probabilities" 0 '^true$' jq -cs \
    '.[0].continuations | map(select(.events == ["packed","packed","shipped"])) | length | . > 55 and . < 110' drawn

# ---- inputs and errors of lines ----
printf 'case,event\nA,placed\nA,paid\n' >orders.csv
forecast orders.csv >csv
head -n 1 beam >first
expect "CSV" 0 same same first csv
expect "standard input" 0 same sh -c "'$triage' forecast '$orders' <orders.jsonl | cmp - beam && echo same"
printf '%s\n' '{"events":3}' '{"events":["placed"],"Events":1}' '{"events":["lost"]}' '{"events":["placed"],"include":["surprise"]}' '{"events":' >bad.jsonl
expect "a bad line has an error" 1 '^{"line": 1, "error": .*"pointer": "/events"' forecast bad.jsonl
expect "the others are answered" 1 '^{"declined": false, "continuations": .*"ignored": {"Events": 1}' forecast bad.jsonl
expect "nothing that the model knows" 1 '^{"declined": true, "reason": "every event is unknown", "continuations": \[{.*"unknown_count": 1' forecast bad.jsonl
expect "it includes nothing" 1 '^{"line": 4, "error": .*"pointer": "/include"' forecast bad.jsonl
expect "what is not JSON" 1 '^{"line": 5, "error": .*invalid-json' forecast bad.jsonl
: >empty.jsonl
expect "no history" 0 '^warning: there is no history to answer' forecast empty.jsonl
expect "which --strict refuses" 1 'strict' forecast empty.jsonl --strict

# ---- options ----
expect "a model of another task" 2 'the target of the model is "last"; a forecast needs a model that predicts events' "$triage" forecast "$root/models/lesson.safetensors" orders.jsonl
expect "no model" 1 'could not open' "$triage" forecast nowhere.safetensors orders.jsonl
expect "no steps" 2 '--steps: .*from 1 to' forecast orders.jsonl --steps 0
expect "no beam" 2 '--beam: .*from 1 to' forecast orders.jsonl --beam 0
expect "an unknown rank" 2 '--rank: ' forecast orders.jsonl --rank median
expect "--greedy and --beam" 2 'cannot be given with --beam' forecast orders.jsonl --greedy --beam 2
expect "--sample and --beam" 2 'has no --beam' forecast orders.jsonl --sample 3 --beam 2
expect "--seed alone" 2 '--seed needs --sample' forecast orders.jsonl --seed 3
expect "no arguments" 2 'forecast needs MODEL' "$triage" forecast
expect "too many" 2 'forecast needs MODEL' forecast a b
expect "help" 0 '--sample N' "$triage" forecast --help
expect "it is in the list" 0 'forecast +forecast the events' "$triage" --help

# ---- the service ----
serve "$triaged" --models "$root/tests/http/models" --listen 127.0.0.1:0 --log-level none
# ask MEMBERS: each history with these members.
ask() {
    while read -r line; do
        printf '%s' "$line" | sed "s/}\$/$1}/" | curl -s --data-binary @- "$url/forecast"
    done <orders.jsonl
}
ask "" >answered
expect "POST /forecast and triage forecast give the same bytes" 0 same same beam answered
ask ', "beam": 1' >answered
expect "greedy" 0 same same greedy answered
ask ', "rank": "mean"' >answered
expect "by the mean" 0 same same mean answered
forecast orders.jsonl --sample 20 --seed 5 --steps 3 >drawn
ask ', "sample": 20, "seed": 5, "steps": 3' >answered
expect "samples of a seed" 0 same same drawn answered
kill -TERM "$server"
finish

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
