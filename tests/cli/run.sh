#!/bin/sh
# The two programs at a shell: train, show, predict, serve, and the message of each mistake.
# Ends with "N passed, N failed".
#
#   usage: run.sh BUILD
set -u

triage=$(realpath "$1/triage")
triaged=$(realpath "$1/triaged")
root=$(realpath "$(dirname "$0")/../..")
build=$(realpath "$1")
models=$root/models
readme=$root/README.md
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

train() { "$triage" train "$@" --epochs 2 --hidden 8 --embedding 4; }
same() { cmp "$1" "$2" && echo same; }

# ---- data ----
"$triage" simulate --count 120 >data.jsonl
sed 's/"event":/"activity":/g; s/"action":/"label":/; s/"id":/"case":/' data.jsonl >other.jsonl
awk '{ sub(/}$/, ",\"split\":\"" (NR % 4 == 0 ? "test" : NR % 4 == 1 ? "val" : "train") "\"}"); print }' \
    data.jsonl >split.jsonl
sed '8s/"action":"[a-z]*"/"action":"never seen"/; 8s/"split":"[a-z]*"/"split":"test"/' split.jsonl >secret.jsonl
{ cat data.jsonl; echo '{"events":["a"'; } >torn.jsonl
{ cat data.jsonl; echo '{"events":["a","b"]}'; } >unlabelled.jsonl
{ cat data.jsonl; echo '{"events":["a",{"event":"b","time":3}],"action":"ghost"}'; } >mixed.jsonl
sed 's/"action":"[a-z]*"/"action":"same"/' data.jsonl >one.jsonl
: >empty.jsonl
awk '{ print "{\"events\":[{\"event\":\"e" NR % 3 "\",\"note\":\"secret of case " NR "\"},\"once" NR "\"],\"action\":\"a" NR % 2 "\"}" }' \
    data.jsonl >private.jsonl

# ---- simulate ----
"$triage" simulate --count 500 --seed 7 >seven.jsonl
"$triage" simulate --count 500 --seed 7 >again.jsonl
"$triage" simulate --count 100 --seed 7 >less.jsonl
"$triage" simulate --count 500 --seed 8 >eight.jsonl
"$triage" simulate --count 500 --seed 7 --csv >seven.csv
expect "the same seed, the same bytes" 0 same same seven.jsonl again.jsonl
expect "a larger count begins with the smaller" 0 same sh -c "head -n 100 seven.jsonl | cmp - less.jsonl && echo same"
expect "another seed, other histories" 1 differ cmp seven.jsonl eight.jsonl
expect "a line of JSON Lines" 0 '^{"id":"INC-1000","events":\[.*\],"action":"(escalate|ignore|rollback)","posterior":{"escalate":[0-9.e-]+,"ignore":[0-9.e-]+,"rollback":[0-9.e-]+}}$' cat less.jsonl
expect "some histories have names only" 0 '"events":\["' cat less.jsonl
expect "CSV has a header" 0 '^case,event,time,service,severity,action$' cat seven.csv
expect "CSV has times, services and severities" 0 '^INC-1[0-9]+,[a-z_]+,2026-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z,[a-z]+,(info|warning|critical),$' cat seven.csv
expect "one label for each case" 0 '^500$' grep -cE ',(escalate|ignore|rollback)$' seven.csv
"$triage" simulate --count 100 --seed 7 --posteriors >posteriors.jsonl
expect "the posteriors after every event, whose number is that of the events" 0 '^100$' jq -s 'map(select((.events | length) == (.posteriors | length) and all(.posteriors[]; (add - 1 | fabs) < 1e-6))) | length' posteriors.jsonl
expect "the other members are the same" 0 same sh -c "jq -c 'del(.posteriors)' posteriors.jsonl >without.jsonl; jq -c . less.jsonl | cmp - without.jsonl && echo same"
expect "CSV has no posteriors" 2 'CSV has no --posteriors' "$triage" simulate --csv --posteriors
expect "temporal order" 0 '^{"id":"SEQ-1000","events":\["E",("[abcdXY]",)+"B"\],"action":"[QRSU]"}$' "$triage" simulate --kind temporal-order-6a --count 3
expect "as CSV" 0 '^SEQ-1002,B,[QRSUVABC]$' "$triage" simulate --kind temporal-order-6b --count 3 --csv
expect "embedded Reber strings" 0 '^{"id":"SEQ-1000","events":\["B","T",("[BTPSXVE]",)+"T","E"\]}$' "$triage" simulate --kind reber --count 1
expect "adding has numbers" 0 '^{"id":"SEQ-1000","events":\[({"event":"[EnM]","number":-?[0-9.]+},?){20,22}\],"action":"[0-9]"}$' "$triage" simulate --kind adding --length 20 --count 1
expect "as columns of CSV" 0 '^SEQ-1000,M,-?0\.[0-9]+,$' "$triage" simulate --kind adding --length 20 --count 1 --csv
expect "copy has an action after every event" 0 '{"event":"R","action":"N"},({"event":"N","action":"[a-h]"},?){10}\]}$' "$triage" simulate --kind copy --length 20 --count 1
expect "and in every row of CSV" 0 '^SEQ-1000,R,N$' "$triage" simulate --kind copy --length 20 --count 1 --csv
expect "a long effect" 0 '^{"id":"SEQ-1000","events":\["[XYZ]","[XYZ]","[XYZ]"(,"[a-d]"){1,20}\],"action":"[QRSUVA]"}$' "$triage" simulate --kind long-effect --length 20 --count 1
expect "only some kinds have a length" 2 'reber has no --length: adding, copy and long-effect have one' "$triage" simulate --kind reber --length 50
expect "incidents have no length, not even the default" 2 'incident has no --length' "$triage" simulate --length 100
expect "a length has bounds" 2 'whole number from 20 to 1000, received "19"' "$triage" simulate --kind copy --length 19
expect "a network needs the criterion" 2 'need --criterion, without a MODEL' "$triage" simulate --kind copy --cell lstm
expect "and no model" 2 'need --criterion, without a MODEL' "$triage" simulate --kind reber --criterion --cell lstm "$models/incident.safetensors"
expect "a kind that is mistyped" 2 'did you mean "?reber' "$triage" simulate --kind rebar
expect "incidents have no criterion" 2 'needs --kind' "$triage" simulate --criterion
expect "sequences have no posteriors" 2 'only --kind incident' "$triage" simulate --kind reber --posteriors
expect "the criterion is not met by a model of incidents" 1 'reber, seed 1: the criterion is not met; 256 of 256 test sequences wrong$' "$triage" simulate --kind reber --criterion "$models/incident.safetensors"
# A sanitizer makes it slow.
[ -n "${SAN:-}" ] || expect "the criterion is met by the settings of train" 0 'reber, seed 3: the criterion is met after [0-9]+ sequences .*; 0 of 256 test sequences wrong$' "$triage" simulate --kind reber --criterion --seed 3
[ -n "${SAN:-}" ] || expect "also by another network" 0 'reber, seed 3: the criterion is met' "$triage" simulate --kind reber --criterion --seed 3 --cell lstm --hidden 32
[ -n "${SAN:-}" ] || expect "an effect of three events, in histories of any length" 0 'long-effect, length 20, seed 1: the criterion is met' "$triage" simulate --kind long-effect --length 20 --criterion
[ -n "${SAN:-}" ] || expect "copies are better than guesses, of which 7 of 8 are wrong" 1 'copy, .* of wrong copies 0\.[0-7]' "$triage" simulate --kind copy --length 20 --criterion --max-sequences 3000
[ -n "${SAN:-}" ] || expect "a failure is shown with the test set" 1 'adding, length 20, seed 1: the criterion is not met after 500 sequences; [0-9]+ of 2560 test sequences wrong, share in another class 0\.[0-9]+$' "$triage" simulate --kind adding --length 20 --criterion --max-sequences 500 --hidden 8
expect "CSV has no probabilities" 1 '' grep posterior seven.csv
expect "CSV trains" 0 'wrote' train seven.csv -o rows7.safetensors
expect "JSON Lines of the same histories train" 0 'wrote' train seven.jsonl -o lines7.safetensors
expect "to the byte" 0 same same rows7.safetensors lines7.safetensors
expect "no histories" 2 'count.*from 1 to [0-9]+, received "0"' "$triage" simulate --count 0
expect "a seed that is not a number" 2 'seed.*received "x"' "$triage" simulate --seed x
expect "an unknown option" 2 'yaml' "$triage" simulate --yaml
expect "an argument" 2 'reads no file, received "data.jsonl"' "$triage" simulate data.jsonl
expect "histories that cannot be written" 1 'could not write: No space left on device$' sh -c "'$triage' simulate --count 100000000 >/dev/full"
expect "output that is closed" 1 'could not write' sh -c "'$triage' simulate >&-"
expect "simulate --help" 0 '--count N' "$triage" simulate --help

# ---- train ----
expect "it trains" 0 '^training again, on training and validation data together: [12] epochs?$' train data.jsonl -o a.safetensors --log epochs.jsonl
cp output trained
expect "and says where the figures are from" 0 '^wrote a.safetensors: epoch [12], validation loss .*; before the end .* \(measured before the validation data was trained on\)$' cat trained
expect "the best epoch is the last one" 0 '^warning: the best epoch is the last one: the loss may still fall \(--epochs 4\)$' cat trained
expect "a JSON object for each epoch" 0 '^\{"epoch": 2, "phase": "train", "train_loss": [0-9.]+, "validation_loss": .*"clip_rate": [0-9.e-]+\}$' cat epochs.jsonl
expect "also of the training on all data" 0 '^\{"epoch": 1, "phase": "refit", "train_loss": [0-9.]+, "rate": ' cat epochs.jsonl
expect "a log in the place of the data" 1 'data.jsonl: the log would replace the data' train data.jsonl -o x.safetensors --log data.jsonl
expect "a log in the place of the model" 1 'x.safetensors: the log would replace the model' train data.jsonl -o x.safetensors --log x.safetensors
expect "a log that cannot be written" 1 'no/log.jsonl: No such file' train data.jsonl -o x.safetensors --log no/log.jsonl
expect "three threads train" 0 'wrote' train data.jsonl -o b.safetensors --threads 3
expect "threads do not change a byte" 0 same same a.safetensors b.safetensors
expect "another seed, other bytes" 1 differ sh -c "'$triage' train data.jsonl -o c.safetensors --epochs 2 --hidden 8 --embedding 4 --seed 2 2>/dev/null; cmp a.safetensors c.safetensors"
expect "data with other keys" 0 'wrote' train other.jsonl -o d.safetensors --event activity --label label --id case
expect "a split" 0 'training on 60 histories, validating on 30' train split.jsonl -o e.safetensors --split split
expect "test lines are not read" 0 'wrote' train secret.jsonl -o f.safetensors --split split
expect "and do not change a byte" 0 same same e.safetensors f.safetensors
expect "a torn line" 1 'torn.jsonl:121: .*JSON' train torn.jsonl -o x.safetensors
expect "a torn line, skipped" 0 'skipped torn.jsonl:121' train torn.jsonl -o x.safetensors --skip-bad
expect "a skipped line changes no byte" 0 same same a.safetensors x.safetensors
expect "CSV with another extension is CSV" 1 'text.jsonl:1: no column "action" .there are case, event.; --label names it$' \
    sh -c "printf 'case,event\\n' >text.jsonl; '$triage' train text.jsonl -o x.safetensors"
expect "no such hint for a line that begins as a history" 1 "text.jsonl:1: /events/0: not JSON: [^;]*$" \
    sh -c "echo '{\"events\":[' >text.jsonl; '$triage' train text.jsonl -o x.safetensors"
expect "a label that is too long" 1 "text.jsonl:1: /action: the label is longer than 255 bytes" \
    sh -c "printf '{\"events\":[\"a\"],\"action\":\"%0300d\"}\\n' 0 >text.jsonl; '$triage' train text.jsonl -o x.safetensors"
expect "a history without a label is left out" 0 '^warning: 1 history has no label "action" and is left out, the first at unlabelled.jsonl:121$' train unlabelled.jsonl -o x.safetensors
expect "and changes no byte" 0 same same a.safetensors x.safetensors
expect "--strict refuses it" 1 '1 warning, and --strict makes it an error' train unlabelled.jsonl -o x.safetensors --strict
expect "mixed times" 1 'mixed.jsonl:121: column "time" mixes times such as .* with numbers such as 3' train mixed.jsonl -o x.safetensors
expect "a record found bad in a late pass is skipped" 0 'actions: escalate, ignore, rollback$' train mixed.jsonl -o x.safetensors --skip-bad
expect "and changes no byte" 0 same same a.safetensors x.safetensors
expect "one label only" 1 'the only label is "same"' train one.jsonl -o x.safetensors
expect "an empty file" 1 'empty.jsonl: the file has no history$' train empty.jsonl -o x.safetensors
expect "no such file" 1 'nofile: could not open' train nofile -o x.safetensors
expect "a folder as data" 1 '[.]: is a folder, not a file' train . -o x.safetensors
expect "a folder that does not exist" 1 'no/x.safetensors: could not' train data.jsonl -o no/x.safetensors
expect "the data as output" 1 'would replace the data' train data.jsonl -o data.jsonl
ln -s a.safetensors link.safetensors
expect "a link as output" 1 'not a regular file' train data.jsonl -o link.safetensors
expect "no output" 2 'needs DATA and -o' train data.jsonl
expect "a value out of range" 2 'hidden.*from 1 to 4096, received "0"' "$triage" train data.jsonl -o x.safetensors --hidden 0
expect "an error is printed once" 2 '^triage: --dropout: expected a number from 0 to 0.95, received "0.99"$' train data.jsonl -o x.safetensors --dropout 0.99
expect "an unknown option" 2 'hiden' "$triage" train data.jsonl -o x.safetensors --hiden 3
echo '{"network": {"hiden": 3}}' >recipe.json
expect "a mistake in a recipe" 1 'recipe.json: /network/hiden' train data.jsonl -o x.safetensors --recipe recipe.json
echo '{"network": {"cell": "lstm"}, "training": {"seed": 9}}' >recipe.json
expect "a recipe" 0 'wrote' train data.jsonl -o lstm.safetensors --recipe recipe.json
expect "the model has the recipe's settings" 0 'lstm, 8 hidden' "$triage" show lstm.safetensors
echo '{"schema": {"fields": [{"name": "event", "kind": "category", "values": ["a"], "valeus": 1}]}}' >recipe.json
expect "a mistake in a recipe's schema" 1 'recipe.json: /schema/fields/0/valeus' train data.jsonl -o x.safetensors --recipe recipe.json
"$triage" train data.jsonl --print-recipe --epochs 2 --hidden 8 --embedding 4 >recipe.json 2>output.recipe
expect "inferred fields are listed" 0 '^field "severity": category, 3 values; missing in ' cat output.recipe
expect "a printed recipe trains the same model" 0 'wrote' "$triage" train data.jsonl -o printed.safetensors --recipe recipe.json
expect "to the byte" 0 same same a.safetensors printed.safetensors
expect "free text is left out" 0 '"note" is left out' train private.jsonl -o private.safetensors
expect "and is not in the model file" 1 '^0$' grep -acE 'secret|once[0-9]' private.safetensors
has_trained() { grep -q 'epoch 2/' epochs || has_ended "$server"; }
: >epochs
# A shell ignores SIGINT in what it starts in the background.
env --default-signal "$triage" train data.jsonl -o stopped.safetensors --epochs 100000 --patience 100000 >epochs 2>&1 &
server=$!
wait_until "the second epoch" has_trained
kill -INT $server
finish
expect "SIGINT saves the best model so far" 130 '' sh -c "exit $ended"
expect "which is a whole model" 0 'gru, 64 hidden' "$triage" show stopped.safetensors

# ---- check ----
expect "the lesson passes all checks" 0 '^all 8 checks hold$' "$triage" check "$models/lesson.safetensors"
expect "its golden history is reproduced" 0 '^ok    golden' "$triage" check "$models/lesson.safetensors"
expect "shapes of every layer" 0 'layer 0  \[4\] -> gates r, z, n \[3\*8\] -> state \[8\]' "$triage" check private.safetensors
expect "clipping in the training" 0 '^note  clipping    in [0-9.]+ % of its steps' "$triage" check a.safetensors
expect "histories of one's own, with their keys" 0 '^ok    batch       120 histories' \
    "$triage" check d.safetensors other.jsonl --event activity --label label --id case
expect "a torn line in them" 1 'torn.jsonl:121: .*JSON' "$triage" check a.safetensors torn.jsonl
expect "gradients by lag" 0 '^ +16 .*[0-9]e-' "$triage" check --gradients --cell rnn --hidden 16
expect "the last lag" 0 '^ +99 ' "$triage" check --gradients --cell gru --reset before --hidden 16
expect "no history is long enough" 0 '^note  gradients   none of 120 histories has 100' \
    "$triage" check a.safetensors data.jsonl --gradients
"$triage" check --gradients --cell lstm --hidden 16 --seed 7 >one && "$triage" check --gradients --cell lstm --hidden 16 --seed 7 >two
expect "the same seed, the same text" 0 same same one two
header='{"__metadata__":{"format":"triage","version":"1","model":"{\"schema\":{\"fields\":[{\"name\":\"event\",\"kind\":\"category\",\"values\":[\"a\",\"b\"]}]},\"network\":{\"cell\":\"gru\",\"embedding\":0,\"hidden\":1},\"actions\":[\"x\",\"y\"]}"}'
at=0
for tensor in weight_ih_l0:3,2 weight_hh_l0:3,1 bias_ih_l0:3 bias_hh_l0:3 weight:2,1 bias:2; do
    shape=${tensor#*:} name=${tensor%:*}
    case $name in *_l0) name=rnn.$name ;; *) name=head.$name ;; esac
    end=$((at + 4 * $(echo "$shape" | tr , '*')))
    header="$header,\"$name\":{\"dtype\":\"F32\",\"shape\":[$shape],\"data_offsets\":[$at,$end]}"
    at=$end
done
header="$header}"
{
    printf "\\$(printf %03o $((${#header} % 256)))\\$(printf %03o $((${#header} / 256)))\0\0\0\0\0\0%s" ''
    printf '%s' "$header"
    head -c "$at" /dev/zero
} >dead.safetensors
expect "a gate whose weights are all 0" 1 \
    '^FAIL  weights     rnn.weight_hh_l0: all numbers of gate z are 0$' "$triage" check dead.safetensors
expect "a model that ignores the order of events" 1 '^FAIL  order .* 0 \(0 %\) get other probabilities' "$triage" check dead.safetensors
expect "a missing golden history is a note" 1 '^note  golden      there is none' "$triage" check dead.safetensors
expect "a model and the options of a network" 2 'a MODEL, or the options' "$triage" check a.safetensors --hidden 4
expect "neither of them" 2 'a MODEL, or the options' "$triage" check
expect "no such model" 1 'nofile' "$triage" check nofile
# ---- CSV, and mistakes in data ----
# The same histories as CSV, sorted by time, and as JSON Lines.
awk 'BEGIN { print "case,event,time,host,load,action" }
     { for (i = 0; i < 40; i++)
           printf "c%d,\"%s\",2026-11-%02d %02d:0%d:00,h%d,%s,%s\n", i, (i + $1) % 3 ? "disk full" : "reboot", 1 + i % 28, i % 24, $1, i % 4, $1 % 2 ? i + $1 ".5" : "", i % 2 ? "page" : "wait" }' >rows.csv <<END
0
1
2
END
awk -F, 'NR > 1 { gsub(/"/, "", $2); sub(/ /, "T", $3); label[$1] = $6; if (!($1 in n)) order[++cases] = $1
         load = $5 == "" ? "" : ",\"load\":" $5
         n[$1] = n[$1] (n[$1] == "" ? "" : ",") "{\"event\":\"" $2 "\",\"time\":\"" $3 "Z\",\"host\":\"" $4 "\"" load "}" }
         END { for (i = 1; i <= cases; i++) { c = order[i]; print "{\"id\":\"" c "\",\"events\":[" n[c] "],\"action\":\"" label[c] "\"}" } }' rows.csv >rows.jsonl
expect "CSV" 0 'wrote' train rows.csv -o rows.safetensors
expect "JSON Lines of the same histories" 0 'wrote' train rows.jsonl -o lines.safetensors
expect "to the byte" 0 same same rows.safetensors lines.safetensors
sed 's/,/\t/g; s/"//g; s/$/\r/' rows.csv >rows.tsv
expect "tabs, CRLF and no quotes" 0 'wrote' train rows.tsv -o tabs.safetensors
expect "to the byte" 0 same same rows.safetensors tabs.safetensors
sed 's/^case,event/Incident,Activity/' rows.csv >named.csv
expect "a missing column, with the columns that exist" 1 'named.csv:1: no column "case" \(there are Incident, Activity, time, host, load, action\); --id names it' train named.csv -o x.safetensors
expect "columns with other names" 0 'wrote' train named.csv -o x.safetensors --id Incident --event Activity
"$triage" predict x.safetensors named.csv >named.answers 2>/dev/null
"$triage" predict x.safetensors rows.csv >our.answers 2>/dev/null
expect "predict takes our names in CSV, too" 0 same same named.answers our.answers
expect "so does evaluate" 0 '^no verdict on x: 40 of 40 evaluated histories are equal' "$triage" evaluate x.safetensors rows.csv --resamples 100
sed 's/,"action":"[^"]*"}$/}/' rows.jsonl >unlabelled.jsonl # a label is an ignored member of a request
"$triage" predict rows.safetensors unlabelled.jsonl >lines.answers 2>/dev/null
sed 's/"model": {[^}]*}//' named.answers >named.stripped
sed 's/"model": {[^}]*}//' lines.answers >lines.stripped
expect "predict reads CSV with the keys of the model, and answers as for JSON Lines" 0 same same named.stripped lines.stripped
sed 's/"id":/"incident":/' rows.jsonl >incidents.jsonl
expect "an id whose key is misspelt" 1 'incidents.jsonl: no history has the id "incidnet" .did you mean "incident"' train incidents.jsonl -o x2.safetensors --id incidnet
expect "and spelt right" 0 'wrote' train incidents.jsonl -o x2.safetensors --id incident
gzip -c rows.csv >rows.csv.gz
expect "gzip" 0 'wrote' train rows.csv.gz -o x2.safetensors
expect "to the byte" 0 same same rows.safetensors x2.safetensors
expect "standard input" 0 'wrote' sh -c "'$triage' train - -o x2.safetensors --epochs 2 --hidden 8 --embedding 4 <rows.csv.gz"
expect "to the byte" 0 same same rows.safetensors x2.safetensors
expect "predict reads compressed standard input" 0 '^40$' sh -c "'$triage' predict rows.safetensors <rows.csv.gz | grep -c '\"action\"'"
expect "check reads it, too" 0 '^ok    batch       40 histories' "$triage" check rows.safetensors rows.csv.gz
head -c 500 rows.csv.gz >cut.csv.gz
expect "a file that is cut off" 1 'cut.csv.gz: the gzip data is cut off; the first [0-9]+ bytes of its content are good, up to line [0-9]+$' train cut.csv.gz -o x2.safetensors
printf 'PK\003\004' >sheet.xlsx
expect "an Excel workbook" 1 'sheet.xlsx: this is an Excel workbook or another zip archive; export it as CSV' train sheet.xlsx -o x2.safetensors
sed '1s/,time,/,created_at,/' rows.csv | (read -r head; echo "$head"; tac) >newest.csv
expect "a newest-first export, whose times have another name" 0 '^time: column "created_at" holds times and is used; --time "" ignores it$' train newest.csv -o newest.safetensors
expect "whose rows are read from the last one" 0 '^newest.csv is newest first \(its times go backwards in [0-9]+ histor(y|ies), the first at newest.csv:2, and never forwards\)' train newest.csv -o newest.safetensors
expect "and they need no option later" 0 '^accuracy' "$triage" evaluate newest.safetensors newest.csv --resamples 100
sed '1s/,time,/,opened,/' rows.csv >opened.csv
for command in evaluate predict check; do
    expect "$command: times in another column than that of the model" 0 '^warning: the model was trained on the times in "time", which the data does not have; those in "opened" are used, and may mean something else' "$triage" $command rows.safetensors opened.csv
    expect "$command: which the user says is the same" 1 '^0$' sh -c "'$triage' $command rows.safetensors opened.csv --time opened 2>&1 | grep -c warning"
done
expect "evaluate: --strict" 1 '^triage: 1 warning, and --strict makes it an error$' "$triage" evaluate rows.safetensors opened.csv --strict
expect "predict: --strict, before the first answer" 1 '^0$' sh -c "'$triage' predict rows.safetensors opened.csv --strict 2>/dev/null | grep -c action"
expect "evaluate: what is said of the data of --against" 0 '^warning: the model was trained on the times in "time", which' "$triage" evaluate rows.safetensors rows.csv --against opened.csv --resamples 100
cut -d, -f1,2,5 rows.csv >fewer.csv
expect "predict: no times" 0 '^warning: the file has no times \(column "time"\), which the model was trained on: is --time right.$' "$triage" predict rows.safetensors fewer.csv
expect "predict: a column less" 0 '^warning: the file has no column "host", which the model was trained on$' "$triage" predict rows.safetensors fewer.csv
sed 's/:01:00,/:00:00,/' rows.csv >hours.csv
(read -r head; echo "$head"; tac) <hours.csv >newest_hours.csv
"$triage" predict rows.safetensors hours.csv 2>/dev/null | sort >hours.answers
"$triage" predict rows.safetensors newest_hours.csv 2>/dev/null | sort >newest_hours.answers
expect "predict reads a newest-first file as train does" 0 same same hours.answers newest_hours.answers
awk -F, -v OFS=, 'NR == 1 { $3 = "seq" } NR > 1 { $3 = ++n[$1] } { print }' rows.csv | sort -t, -k3,3r >unordered.csv
expect "a column that numbers the events, and no times" 0 '^warning: "seq" numbers the events of each history, and in 40 of 40 histories the file has another order, the first at unordered.csv:2: --time "seq" --time-format seconds reads them in that order$' train unordered.csv -o x2.safetensors
expect "its order, which the user names" 0 '^unordered.csv is newest first' train unordered.csv -o x2.safetensors --time seq --time-format seconds
expect "and no warning of their era" 1 '^0$' sh -c "'$triage' train unordered.csv --print-recipe --time seq --time-format seconds 2>&1 | grep -c 'before 2000'"
awk -F, -v OFS=, 'NR > 1 { $5 = "\"1,12" NR % 10 "\"" } { print }' rows.csv >comma.csv
for command in evaluate check; do
    expect "$command: a comma in a number, which may separate thousands" 1 '^triage: comma.csv:2: load: expected a number, but the value has a decimal comma' "$triage" $command rows.safetensors comma.csv
done
expect "predict: the same" 1 '"error".*expected a number; the string has a decimal comma' "$triage" predict rows.safetensors comma.csv
tr ',' ';' <rows.csv | awk -F';' -v OFS=';' 'NR > 1 { $5 = "1,5" } { print }' >semicolon.csv
expect "predict: a decimal comma beside semicolons" 0 '"action"' "$triage" predict rows.safetensors semicolon.csv
expect "no times are wanted" 0 '^warning: no history has times: events are read in the order of the file' "$triage" train rows.csv -o x2.safetensors --time '' --epochs 1 --hidden 4
for format in '%Y-%m-%d %H:%M:%S' '%Y-%d-%m %H:%M:%S' '%d.%m.%Y %H:%M:%S' excel milliseconds; do
    cp rows.csv format.csv
    case $format in
    %Y-%d*) sed -E 's/,2026-11-([0-9]+) /,2026-\1-11 /' rows.csv >format.csv ;;
    %d*) sed -E 's/,2026-11-([0-9]+) /,\1.11.2026 /' rows.csv >format.csv ;;
    excel) sed -E 's/,2026-11-0?([0-9]+) 0?([0-9]+):0([0-9]):00,/,46300.\2\3\1,/' rows.csv >format.csv ;;
    milli*) sed -E 's/,2026-11-([0-9]+) ([0-9]+):0([0-9]):00,/,17900\1\2\30000,/' rows.csv >format.csv ;;
    esac
    expect "--time-format $format" 0 'wrote' train format.csv -o format.safetensors --time-format "$format"
    expect "and predict reads what was trained" 0 '^40$' sh -c "'$triage' predict format.safetensors format.csv 2>/dev/null | grep -c '\"action\"'"
done
awk -F, -v OFS=, 'NR > 1 { $6 = $1 == "c0" ? "Page" : $1 == "c1" ? "Wait " : $6 } { print }' rows.csv >alike.csv
expect "labels that are alike" 0 '^warning: 2 labels differ from another only in case, blanks' train alike.csv -o x2.safetensors
echo '{"rename": {"action": {"Page": "page", "Wait": "wait"}}}' >rename.json
expect "are renamed by a recipe" 0 '^training on 32 .* actions: page, wait$' train alike.csv -o x2.safetensors --recipe rename.json
"$triage" train alike.csv --recipe rename.json --print-recipe --epochs 2 --hidden 8 --embedding 4 >printed.json 2>/dev/null
expect "and by the recipe that is printed" 0 'wrote' train alike.csv -o x3.safetensors --recipe printed.json
expect "to the byte" 0 same same x2.safetensors x3.safetensors
"$triage" train alike.csv --print-recipe 2>/dev/null | sed '$d' >edited.json
echo ', "rename": {"action": {"Page": "page", "Wait": "wait"}}}' >>edited.json
expect "a recipe that was printed before: its actions are renamed, too" 0 'actions: page, wait$' train alike.csv -o x3.safetensors --recipe edited.json
for command in predict evaluate check; do
    expect "$command of a model without its ending" 1 'triage: x2: could not open "x2": No such file or directory .did you mean "x2.safetensors"' "$triage" $command x2 rows.csv
done
mkdir -p models.d && cp x2.safetensors models.d/incident.safetensors
expect "show of a model without its ending" 1 'did you mean "x2.safetensors"' "$triage" show x2
expect "a model whose name is misspelt, in a folder" 1 'did you mean "models.d/incident.safetensors"' "$triage" show models.d/incidnet.safetensors
expect "data whose name is misspelt" 1 'triage: rwos.csv: could not open: No such file or directory .did you mean "rows.csv"' train rwos.csv -o x3.safetensors
expect "data that is not there, and nothing near" 1 'triage: zzzzzzzz: could not open: No such file or directory$' train zzzzzzzz -o x3.safetensors
expect "a recipe without its ending" 1 'did you mean "printed.json"' train rows.csv -o x3.safetensors --recipe printed
echo '{"rename": {"acton": {"Page": "page"}}}' >rename.json
expect "a recipe that renames in no column" 1 'rename.json: /rename/acton: the data has no column "acton" .did you mean "action"' train alike.csv -o x2.safetensors --recipe rename.json
echo '{"rename": {"action": {"Paeg": "page"}}}' >rename.json
expect "a recipe that renames what is not there" 1 'rename.json: /rename/action/Paeg: no value of "action" is "Paeg" .did you mean "Page"' train alike.csv -o x2.safetensors --recipe rename.json
awk -F, -v OFS=, '{ print $0, NR == 1 ? "close_code" : $6 == "page" ? "C-1" : "C-2" }' rows.csv >leak.csv
expect "a field that tells the label" 0 '^warning: field "close_code" alone tells the label in 32 of 32 histories' train leak.csv -o x2.safetensors
expect "--strict" 1 'and --strict makes' train leak.csv -o x2.safetensors --strict
expect "they are in the model, which needs no options" 0 '^accuracy' "$triage" evaluate x.safetensors named.csv --resamples 100
expect "and takes our names, too" 0 '^accuracy' "$triage" evaluate x.safetensors rows.csv --resamples 100
{ cat rows.csv; echo 'c1,reboot'; } >short.csv
expect "a row with too few cells" 1 'short.csv:122: the row has 2 cells, the header has 6' train short.csv -o x.safetensors
expect "its case is skipped" 0 '^training on 32 histories, validating on 7 \(.*\), 1 skipped' train short.csv -o x.safetensors --skip-bad
{ cat rows.csv; echo 'c1,"reboot,2026-11-22,h1,,page'; } >unclosed.csv
expect "a quote that is never closed" 1 'unclosed.csv:122: the row opens a quote that is never closed' train unclosed.csv -o x.safetensors --skip-bad
{ cat rows.csv; echo 'c1,reboot,2026-11-22,h1,,wait'; } >differs.csv
expect "a label that differs within a case" 1 'differs.csv:122: action: line 3 of the same case has another value' train differs.csv -o x.safetensors
{ cat rows.csv; echo 'c1,reboot,2020-11-22,h1,,page'; } >backwards.csv
expect "times that go backwards" 0 '^1 history has times that go backwards \(first at backwards.csv:122\): events are read in the order of time' train backwards.csv -o x.safetensors
{ cat rows.csv; echo 'c99,reboot,2026-11-01,h1,,shrug'; } >rare.csv
expect "an action with one example" 0 'warning: action "shrug" has one training example' train rare.csv -o x.safetensors
expect "an empty CSV file" 1 'empty.csv:1: the file is empty' sh -c ": >empty.csv; '$triage' train empty.csv -o x.safetensors"
awk 'BEGIN { for (i = 0; i < 5000; i++) for (j = 0; j <= i % 2; j++) print "{\"events\":[\"e" i "\"],\"action\":\"a" i % 2 "\",\"part\":\"" (i ? "train" : "val") "\"}" }' >names.jsonl
expect "5,000 names of events" 0 'field "event": category, 2500 values; 2499 that occur in one history only are unknown' train names.jsonl --print-recipe --split part
expect "task next" 0 'actions: disk full, reboot, end_of_history$' "$triage" train rows.csv --target next --print-recipe
expect "task next without the end" 0 'actions: disk full, reboot$' "$triage" train rows.csv --target next --no-end --print-recipe
sed 's/reboot/end_of_history/' rows.csv >ends.csv
expect "an event called end_of_history" 1 'an event is called "end_of_history"' "$triage" train ends.csv --target next --print-recipe
expect "task every" 0 '^  "target": "every",' "$triage" train rows.csv --target every --print-recipe

# ---- one odd cell in a column of numbers ----
# odd CELL: the rows with a column "size" of numbers; every tenth is the cell.
odd() {
    cell=$1 awk -F, -v OFS=, '{ print $0, NR == 1 ? "size" : NR % 10 == 5 ? ENVIRON["cell"] : NR * 37 % 101 / 4 }' rows.csv >odd.csv
}
for mark in NULL null N/A NA NaN nil none - '?' '\N' '' ' '; do
    odd "$mark"
    expect "a column of numbers, of which some are \"$mark\"" 0 '^field "size": number, .*; missing in [0-9.]+ % of the events(, [0-9]+ of them by a mark such as .*)?$' \
        "$triage" train odd.csv --print-recipe
done
for text in '#DIV/0!' 'see log' '12 ms' '0x1F' 'about 3'; do
    odd "$text"
    expect "of which some are \"$text\"" 0 '^warning: field "size": [0-9]+ of [0-9]+ cells are numbers, the first that is not is ".*odd.csv:5' \
        "$triage" train odd.csv --print-recipe
done
odd 1.7e308
expect "of which some are too large for a measurement" 0 '^warning: field "size": "1.7e308" \(odd.csv:5\) is too large for a measurement' \
    "$triage" train odd.csv --print-recipe
odd TRUE
expect "of which some are booleans" 0 '^warning: field "size": [0-9]+ of [0-9]+ cells are true or false, the first is "TRUE" .odd.csv:5' "$triage" train odd.csv --print-recipe
expect "predict of nothing" 0 '^warning: there is no history to answer$' sh -c ": | '$triage' predict rows.safetensors"
expect "--strict" 1 'and --strict makes it an error' sh -c ": | '$triage' predict rows.safetensors --strict"
head -1 rows.csv >header.csv
expect "of a header alone" 0 '^warning: there is no history to answer$' "$triage" predict rows.safetensors header.csv
expect "which has the columns of the model" 1 '^0$' sh -c "'$triage' predict rows.safetensors header.csv 2>&1 | grep -c 'has no column'"
printf '{"events":[{"event":"reboot","load":1\0}]}\n' >nul.jsonl
expect "a NUL byte after a number" 1 '"line": 1, "error": .*"detail": "not JSON: there is a zero byte"' "$triage" predict rows.safetensors nul.jsonl
echo '{"events":[{"event":"reboot","time":"2026-11-02T10:00:00.000000002Z"},{"event":"disk full","time":"2026-11-02T10:00:00.000000001Z"}]}' >nano.jsonl
expect "nanoseconds order events" 0 '"reordered": true' "$triage" predict rows.safetensors nano.jsonl

# ---- evaluate ----
evaluate() { "$triage" evaluate "$@" --resamples 100; }
sed 's/,"posterior":.*/}/' data.jsonl >inexact.jsonl
sed 's/"split":"val"/"split":"train"/' split.jsonl >two.jsonl
expect "the verdict comes first" 0 '^e is .* than counting: accuracy 0\.[0-9]{4} \[' evaluate e.safetensors split.jsonl --split split
expect "the part test is evaluated" 0 '^evaluating 30 histories, baselines trained on those of the model$' evaluate e.safetensors split.jsonl --split split
expect "two epochs are not better than the baselines" 0 '^e is (no better|worse) than counting' evaluate e.safetensors split.jsonl --split split
expect "--part train" 0 '^evaluated: 60 positions in 60 histories .part train, ' evaluate e.safetensors split.jsonl --split split --part train
expect "no verdict on the data that it was trained on" 0 '^no verdict on a: 120 of 120 evaluated histories are equal to histories that it was trained on$' evaluate a.safetensors data.jsonl
expect "and the report says it, too" 0 '^  all of them were trained on$' evaluate a.safetensors data.jsonl
awk 'BEGIN { for (h = 0; h < 2000; h++) { line = ""; for (t = 0; t < 450; t++) { s = (s * 16807 + 11) % 2147483647
    line = line (t ? "," : "") "\"e" s % 97 "\"" } print "{\"events\":[" line "],\"action\":\"a" h % 2 "\"}" } }' >large.jsonl
expect "histories that do not fit in the model file" 0 '^the training histories need more than 1 MiB and are not in the model file: evaluate needs --against$' "$triage" train large.jsonl --epochs 1 --hidden 2 --embedding 2 -o large.safetensors
expect "then there is no verdict" 0 '^no verdict on large: its file does not hold the 2000 histories that it was trained on$' sh -c "head -200 large.jsonl | sed 's/e1\"/e2\"/g' >differ.jsonl; '$triage' evaluate large.safetensors differ.jsonl --resamples 100"
# later.jsonl is new data; bare.safetensors holds only the number of its training histories.
"$triage" simulate --count 300 --seed 9 >later.jsonl
train data.jsonl --no-keep-histories -o bare.safetensors 2>output
head -60 data.jsonl >half.jsonl
cat data.jsonl half.jsonl >longer.jsonl
expect "the baselines have the data of the model" 0 '^baselines: trained on the 120 histories of the model$' evaluate a.safetensors later.jsonl
expect "and there is a verdict" 0 '^a is (no better|worse) than counting: accuracy' evaluate a.safetensors later.jsonl
expect "--no-keep-histories keeps their number" 0 '^1$' grep -ac '"training_histories":"120"},' bare.safetensors
expect "show says that they are in the file" 0 '^histories    120 trained on; their events and actions are in the file$' "$triage" show a.safetensors
expect "or not" 0 '^histories    120 trained on; their events and actions are not in the file$' "$triage" show bare.safetensors
expect "without them the baselines are cross-fitted" 0 'each fifth of the histories' evaluate bare.safetensors later.jsonl
expect "which is printed before the evaluation" 0 '^evaluating 300 histories, baselines cross-fitted in five folds$' evaluate bare.safetensors later.jsonl
expect "then there is no verdict" 0 '^no verdict on bare: its file does not hold the 120 histories that it was trained on$' evaluate bare.safetensors later.jsonl
expect "but what to do" 0 '^  to compare with counting, give it what the model was trained on: --against TRAIN_DATA$' evaluate bare.safetensors later.jsonl
expect "and no p" 1 '^0$' sh -c "'$triage' evaluate bare.safetensors later.jsonl --resamples 100 2>&1 | grep -cE 'p (=|<=) '"
evaluate a.safetensors later.jsonl 2>/dev/null | sed 's/^a //; s/of the model$//' >held
evaluate bare.safetensors later.jsonl --against data.jsonl 2>/dev/null | sed 's/^bare //' >against
expect "--against gives the same report as the histories in the file" 0 'same' sh -c "sed 's/ the 120 histories / 120 histories/' held | cmp - against && echo same"
expect "--against with other histories" 0 '^no verdict on a: it was trained on 0 of 300 histories that are given' evaluate a.safetensors data.jsonl --against later.jsonl
expect "--against with fewer histories" 0 '^no verdict on bare: the baselines are trained on 60 histories, the model on 120$' evaluate bare.safetensors later.jsonl --against half.jsonl
expect "--against with more histories" 0 '^no verdict on bare: the baselines are trained on 180 histories, the model on 120$' evaluate bare.safetensors later.jsonl --against longer.jsonl
expect "--against with the evaluated histories" 0 '^no verdict on bare: 120 of 120 evaluated histories are also among those that the baselines are trained on$' evaluate bare.safetensors data.jsonl --against data.jsonl
sed 's/"id":"INC/"id":"AGAIN/' later.jsonl | cat later.jsonl - >twice.jsonl
expect "histories that are evaluated twice" 0 '^no verdict on a: 600 evaluated histories are equal to others of them$' evaluate a.safetensors twice.jsonl
expect "and what to do" 0 '^  to compare with counting, evaluate each history once$' evaluate a.safetensors twice.jsonl
expect "--against with a file that is not there" 1 'nowhere.jsonl: ' evaluate bare.safetensors later.jsonl --against nowhere.jsonl
train split.jsonl --split split --no-keep-histories -o parts.safetensors 2>output
expect "the other parts of the data, if the model holds none" 0 '^parts is (no better|worse) than counting' evaluate parts.safetensors split.jsonl --split split
expect "--against with a split uses train and val" 0 '^evaluating 30 histories, baselines trained on 90 of --against$' evaluate parts.safetensors split.jsonl --split split --against split.jsonl
LC_ALL=C sed 's/"training_sequences":"./"training_sequences":"!/' a.safetensors >broken.safetensors
expect "damaged histories in a model file" 1 '^triage: broken.safetensors: training_histories: the sequences are not base64$' evaluate broken.safetensors later.jsonl
expect "do not matter to its answers" 0 '"action": ' "$triage" predict broken.safetensors later.jsonl
sed 's/"service":"[^"]*",*//g; s/,}/}/g' later.jsonl >serviceless.jsonl
sed 's/"time":"[^"]*",*//g; s/,}/}/g' later.jsonl >timeless.jsonl
sed 's/"severity":"/&SEV-/g' later.jsonl >shouted.jsonl
awk -F, -v OFS=, '{ print $1, $2, $3, NR == 1 ? "shown_at" : $3, $4, $5, $6 }' rows.csv >shown.csv
expect "another column of times before the fields is named" 0 '^warning: column "shown_at" holds times and is not the time column' "$triage" evaluate rows.safetensors shown.csv --resamples 100
"$triage" predict rows.safetensors rows.csv >rows.answers 2>/dev/null
"$triage" predict rows.safetensors shown.csv >shown.answers 2>/dev/null
expect "and does not replace one of them" 0 same same rows.answers shown.answers
expect "a field that the data lacks" 0 '^warning: none of the 300 evaluated histories has the field "service", which the model was trained on$' evaluate a.safetensors serviceless.jsonl
expect "times that the data lacks" 0 '^warning: none of the 300 evaluated histories has times, which the model was trained on: is --time right.$' evaluate a.safetensors timeless.jsonl
awk 'BEGIN { for (i = 0; i < 120; i++) print "{\"events\":[\"start" i % 3 "\",\"" (i % 2 ? "up" : "down") "\"],\"action\":\"" (i % 2 ? "keep" : "revert") "\"}" }' >plain.jsonl
sed 's/"keep"/"x"/; s/"revert"/"keep"/; s/"x"/"revert"/' plain.jsonl >exchanged.jsonl
sed 's/start[0-9]/begin/' plain.jsonl >renamed.jsonl
"$triage" train plain.jsonl --epochs 30 --hidden 8 --embedding 4 -o plain.safetensors >/dev/null 2>&1
expect "labels that were exchanged" 0 '^warning: the model answers "revert" for 60 of 60 labels "keep", and "keep" for 60 of 60 labels "revert": were they exchanged.$' evaluate plain.safetensors exchanged.jsonl
expect "labels as they were trained" 1 '^0$' sh -c "'$triage' evaluate plain.safetensors plain.jsonl --resamples 100 2>&1 | grep -c exchanged"
awk 'BEGIN { for (i = 0; i < 60; i++) print "{\"events\":[{\"event\":\"a\",\"load\":" i % 9 "}],\"action\":\"" (i % 2 ? "x" : "y") "\"}" }' >loads.jsonl
sed '7s/"load":\([0-9]*\)/"load":"\1"/' loads.jsonl >quoted.jsonl
"$triage" train loads.jsonl --epochs 1 -o loads.safetensors >/dev/null 2>&1
expect "evaluate refuses a number in quotes" 1 '^triage: quoted.jsonl:7: load: expected a number, not a string; leave out the quotes' "$triage" evaluate loads.safetensors quoted.jsonl
expect "as predict does" 1 '"line": 7, .*leave out the quotes' "$triage" predict loads.safetensors quoted.jsonl
expect "half of the names are unknown" 0 '^warning: the model knows 120 of 240 events by name: is --event right' evaluate plain.safetensors renamed.jsonl
expect "a field of which every value is unknown" 0 '^warning: the model knows 0 of [0-9]+ values of the field "severity": is it spelt as in the training data.$' evaluate a.safetensors shouted.jsonl
expect "no warning about data like that of the training" 1 '^0$' sh -c "'$triage' evaluate a.safetensors later.jsonl --resamples 100 2>&1 | grep -c warning"
expect "a row for the strongest baseline" 0 '^  logistic regression +[01]\.[0-9]{4} \[' evaluate a.safetensors data.jsonl
expect "the accuracy that is possible, where it is known" 0 'reached 0\.[0-9]+ of a possible 0\.[0-9]+' evaluate a.safetensors data.jsonl
expect "no possible accuracy where it is not known" 1 '' sh -c "'$triage' evaluate a.safetensors inexact.jsonl --resamples 100 | grep possible"
expect "a calibrated model, or not" 0 '^  a calibrated model would show 0[.][0-9]{4} on such data' evaluate a.safetensors later.jsonl
expect "by how much is known, by share" 0 '^  25 % +300 +0[.][0-9]{4} ' evaluate a.safetensors later.jsonl
expect "and by events" 0 '^  16 events +[0-9]+ +0[.][0-9]{4} ' evaluate a.safetensors later.jsonl
expect "--no-known" 1 '^0$' sh -c "'$triage' evaluate a.safetensors later.jsonl --resamples 100 --no-known 2>&1 | grep -c 'by how much'"
expect "not of task next" 1 '^0$' sh -c "'$triage' evaluate next.safetensors rows.csv --resamples 100 2>&1 | grep -c ' known '"
"$triage" simulate --count 60 --seed 9 --posteriors >exact.jsonl
expect "the exact probabilities after every event" 0 '^  25 % +60 +0[.][0-9]{4} +0[.][0-9]{4} ' evaluate a.safetensors exact.jsonl
sed '3s/"posteriors":\[\[[^]]*\],/"posteriors":[/' exact.jsonl >short.jsonl
expect "of one event less" 1 '^triage: short.jsonl:3: /posteriors: [0-9]+ items for [0-9]+ events$' evaluate a.safetensors short.jsonl
sed '3s/"posteriors":\[\[[^]]*\],/"posteriors":[[0.5,0.25],/' exact.jsonl >short.jsonl
expect "of one action less" 1 '^triage: short.jsonl:3: /posteriors/0: 2 probabilities, but "posterior" has 3 actions$' evaluate a.safetensors short.jsonl
sed '3s/"posteriors":\[\[[^]]*\],/"posteriors":[[0.5,0.25,0.5],/' exact.jsonl >short.jsonl
expect "that do not sum to 1" 1 '^triage: short.jsonl:3: /posteriors/0: the probabilities sum to 1.25, not to 1$' evaluate a.safetensors short.jsonl
sed '3s/"posteriors":\[\[[^]]*\],/"posteriors":[[0.5,"x",0.5],/' exact.jsonl >short.jsonl
expect "that are no numbers" 1 '^triage: short.jsonl:3: /posteriors/0/1: expected a number from 0 to 1$' evaluate a.safetensors short.jsonl
cat >costs.json <<'EOF'
{"costs": {"ignore": {"ignore": 0, "rollback": 30, "escalate": 10},
           "rollback": {"ignore": 240, "rollback": 5, "escalate": 60},
           "escalate": {"ignore": 120, "rollback": 45, "escalate": 5}}, "decline": 1}
EOF
expect "an accuracy that is not reached" 0 '^warning: no threshold reaches the accuracy 1 on the validation data' train split.jsonl --split split --accuracy 1 -o sure.safetensors
expect "then the answer is declined" 0 '"action": null, "declined": true, "reason": "the probability of the action is 0[.][0-9]+, less than 1.0", "probab' sh -c "head -1 data.jsonl | '$triage' predict sure.safetensors -"
expect "costs: the table has them" 0 '^ +100[.]0 % +[0-9.]+ +0[.][0-9]+ +[0-9.]+$' train split.jsonl --split split --costs costs.json -o dear.safetensors
expect "declining is cheaper than any action" 0 '"action": null, "declined": true, "reason": "the least expected cost is [0-9.]+, more than that of declining, 1", "expected_cost": [0-9.]+, "probab' sh -c "head -1 data.jsonl | '$triage' predict dear.safetensors -"
sed 's/"escalate": 60/"escalade": 60/' costs.json >mistyped.json
expect "costs of no action" 1 '^triage: mistyped.json: /costs/rollback/escalade: the data has no such action .did you mean "?escalate"?.' train split.jsonl --split split --costs mistyped.json -o x.safetensors
sed 's/"ignore": 240, //' costs.json >missing.json
expect "a cost that is missing" 1 '^triage: missing.json: /costs/rollback/ignore: the cost is missing$' train split.jsonl --split split --costs missing.json -o x.safetensors
expect "two policies" 2 'two policies: choose one' train split.jsonl --split split --costs costs.json --accuracy 0.9 -o x.safetensors
expect "an unknown label counts as wrong" 0 "none of the model's actions: 1;" evaluate f.safetensors secret.jsonl --split split
expect "and is named on standard error" 0 "^warning: the label \"never seen\" of 1 is none of the model's actions, the first at secret.jsonl:8: every answer to it counts as wrong$" evaluate f.safetensors secret.jsonl --split split
sed 's/"action":"rollback"/"action":"Roll back"/' later.jsonl >spelt.jsonl
expect "a label in another spelling" 0 "^warning: the label \"Roll back\" of [0-9]+ is none of the model's actions .did you mean \"rollback\"[?]., the first at spelt.jsonl:[0-9]+:" evaluate a.safetensors spelt.jsonl
expect "--strict" 1 'and --strict makes it an error' evaluate a.safetensors spelt.jsonl --strict
sed 's/"action":"[a-z]*"/"action":"page"/' later.jsonl >foreign.jsonl
expect "labels that are all unknown: no verdict" 0 '^no verdict on a: none of the evaluated labels is one of its actions$' evaluate a.safetensors foreign.jsonl
expect "and has a row of its own" 0 "4 .none of the model's." evaluate f.safetensors secret.jsonl --split split
for threads in 1 3; do
    "$triage" evaluate a.safetensors later.jsonl --json --threads $threads >$threads.json 2>output
done
expect "threads do not change a byte of the evaluation" 0 same same 1.json 3.json
expect "--json prints one JSON object" 1 'events.. is missing' "$triage" predict a.safetensors 1.json
expect "--json has the verdict" 0 '"verdict": "(no better|worse) than counting"' cat 1.json
expect "--json has no NaN and no infinity" 1 '^0$' grep -cE 'nan|inf[,}]' 1.json
train rows.csv --target next -o next.safetensors 2>output
# Two events in turn, cut off anywhere.
awk 'BEGIN { for (i = 0; i < 60; i++) { line = ""; for (j = 0; j < 3 + i * 7 % 11; j++)
    line = line (j ? "," : "") "\"" (j % 2 ? "tick" : "tock") "\""; print "{\"events\":[" line "]}" } }' >endless.jsonl
"$triage" train endless.jsonl --target next --hidden 8 --epochs 10 -o endless.safetensors 2>output
expect "task next is evaluated at every position" 0 '^evaluated: 120 positions in 40 histories .part all, task next' evaluate next.safetensors rows.csv
expect "--no-end leaves the ends of histories out" 0 'ends of histories that are left out: 40' evaluate next.safetensors rows.csv --no-end
expect "--no-end of a model that predicts no events" 2 '^triage: --no-end: only a model of the task next or continue predicts the end of a history$' evaluate a.safetensors data.jsonl --no-end
expect "an end that is never predicted rightly" 0 '^  predicting the end of a history wins nothing: accuracy' evaluate endless.safetensors endless.jsonl
expect "no such line without the end" 1 '^0$' sh -c "'$triage' evaluate endless.safetensors endless.jsonl --no-end --resamples 100 | grep -c 'wins nothing'"
expect "--shortest leaves short histories out" 0 '^evaluated: 40 positions in 40 histories' evaluate next.safetensors rows.csv --no-end --shortest 2
train rows.csv --target every -o every.safetensors 2>output
expect "task every is evaluated at every position" 0 '^evaluated: 120 positions .*task every' evaluate every.safetensors rows.csv
expect "a part without histories" 1 'two.jsonl: no history belongs' evaluate e.safetensors two.jsonl --split split --part val
expect "a part without a split" 2 'needs --split' evaluate e.safetensors data.jsonl --part test
expect "an unknown part" 2 'no part "tset" [(]did you mean "test"[?][)] [(]expected train, val, test or all' evaluate e.safetensors split.jsonl --split split --part tset
expect "no history of at least --shortest events" 1 'no position to evaluate' evaluate a.safetensors data.jsonl --shortest 1000
expect "a torn line ends the evaluation" 1 'torn.jsonl:121: .*JSON' evaluate a.safetensors torn.jsonl
expect "a torn line, skipped" 0 '1 skipped' evaluate a.safetensors torn.jsonl --skip-bad
expect "evaluate: a file that is not a model" 1 'data.jsonl: ' evaluate data.jsonl data.jsonl
expect "evaluate without data" 2 'needs MODEL and DATA' evaluate a.safetensors
expect "an evaluation that cannot be written" 1 'could not write' sh -c "'$triage' evaluate a.safetensors data.jsonl >/dev/full"

expect "verdicts on data whose truth is known" 0 '^first +1  better [01], worse 0, none 0 ' "$root/tests/bench/verdicts.sh" "$build" 1

# Nine random events; the label depends on which of a and b comes first, which counts of events
# cannot tell.  With shuffled=1 the labels are random.
for shuffled in 0 1; do
    awk -v shuffled=$shuffled '
        function draw() { state = state * 16807 % 2147483647; return state / 2147483647 }
        BEGIN {
            for (state = 7; i < 1500; i++) {
                line = first = ""
                for (j = 0; j < 9; j++) {
                    event = substr("abcd", 1 + int(4 * draw()), 1)
                    line = line (j ? "," : "") "\"" event "\""
                    if (first == "" && event < "c") first = event
                }
                if (shuffled) first = draw() < 0.5 ? "a" : "b"
                print "{\"events\":[" line "],\"action\":\"" (first == "a" ? "page" : "wait") \
                    "\",\"split\":\"" (i < 900 ? "train" : "test") "\"}"
            }
        }' >first$shuffled.jsonl
    "$triage" train first$shuffled.jsonl --split split --hidden 16 --embedding 8 --epochs 15 -o first$shuffled.safetensors 2>output
done
expect "a model that uses the order is better than counting" 0 '^first0 is better than counting: accuracy (1|0\.9)' \
    evaluate first0.safetensors first0.jsonl --split split
expect "a model trained on random labels is no better" 0 '^first1 is no better than counting' \
    evaluate first1.safetensors first1.jsonl --split split
sed 's/"training_histories":/"some_other_key_xxx":/' first1.safetensors >bare1.safetensors
expect "and is worse on the right labels" 0 '^bare1 is worse than counting' \
    evaluate bare1.safetensors first0.jsonl --split split
expect "unknown events are listed with the verdict" 0 '^  values unknown to the model, in 5400 events: event 5400$' \
    evaluate "$models/incident.safetensors" first0.jsonl --split split
expect "and give a warning that mentions --event" 0 '^warning: the model knows 0 of 5400 events by name: is --event right' \
    evaluate "$models/incident.safetensors" first0.jsonl --split split --json
expect "--json lists unknown events" 0 '"unknown": \{"events": 5400, "fields": \[\{"name": "event", "unknown": 5400\}' \
    evaluate "$models/incident.safetensors" first0.jsonl --split split --json
expect "no warning if every event is known" 1 '^0$' sh -c "'$triage' evaluate first0.safetensors first0.jsonl --split split 2>&1 | grep -cE 'unknown|--event'"
expect "unknown events are not reported as dead units" 0 '^note  units       the 128 histories differ only in length' \
    "$triage" check "$models/incident.safetensors" first0.jsonl
# Set the weights of a gate to zero in the file; the golden history detects it.
start=$(grep -aoE '"rnn.weight_hh_l0": ?\{[^}]*' first0.safetensors | sed 's/.*offsets": *\[\([0-9]*\).*/\1/')
header=$(od -An -tu4 -N4 first0.safetensors | tr -d ' ')
cp first0.safetensors gateless.safetensors
dd if=/dev/zero of=gateless.safetensors bs=1 seek=$((8 + header + start + 4 * 16 * 16)) count=$((4 * 16 * 16)) conv=notrunc 2>output
expect "a changed weight changes the answer to the golden history" 1 'golden history: .* is not that of the file bit for bit' \
    "$triage" check gateless.safetensors

# ---- report ----
report() { "$triage" report "$@" --resamples 100; }
expect "a report" 0 '^wrote report.html$' report a.safetensors data.jsonl -o report.html
expect "is one document" 0 '^2$' grep -cE '^(<!DOCTYPE html>|</html>)$' report.html
expect "whose heading is the verdict" 0 '^<h1>No verdict on a</h1>$' cat report.html
expect "nothing in it is from outside" 1 '^0$' grep -cE '://|src=|@import|<script' report.html
report a.safetensors data.jsonl -o again.html --threads 3 2>output
expect "the same bytes with three threads" 0 same same report.html again.html
expect "as JSON" 0 '^\["m",6,"all",120\]$' sh -c "cp a.safetensors m.safetensors; '$triage' report m.safetensors data.jsonl --resamples 100 --json 2>output.report | jq -c '[.model.name, (.importance.inputs | length), .evaluation.part, .evaluation.histories]'"
expect "of task next" 0 '^<h1>' report next.safetensors rows.csv
expect "of a model alone" 0 '^<h1>lesson</h1>$' report "$models/lesson.safetensors"
expect "which has no evaluation" 0 '^null$' sh -c "'$triage' report '$models/lesson.safetensors' --json | jq .evaluation"
expect "--part without data" 2 '^triage: --part: there is no DATA' report a.safetensors --part all
expect "the report does not replace the data" 2 'would replace the data' report a.safetensors data.jsonl -o data.jsonl
expect "nor the model" 2 'would replace the model' report a.safetensors -o a.safetensors
expect "a report that cannot be written" 1 'no/report.html: could not' report a.safetensors -o no/report.html
expect "report without a model" 2 'report needs MODEL' report
expect "report: --strict" 1 '1 warning, and --strict makes it an error$' report rows.safetensors opened.csv --strict

# ---- predict and serve ----
expect "show lists the parameters" 0 '^parameters   21, .*23 stored' "$triage" show "$models/lesson.safetensors"
expect "show: a file that is not a model" 1 'data.jsonl: ' "$triage" show data.jsonl
expect "the answer of the lesson" 0 '"action": "rollback", .*"rollback": 0.3896198' sh -c \
    "echo '{\"events\":[\"error logged\",\"reproduction confirmed\",\"rollback requested\"]}' | '$triage' predict '$models/lesson.safetensors'"
printf '%s\n' '{"events":["a"]}' '{"events":[]}' 'x' '' '{"id":4,"events":["b"]}' >lines
expect "lines after a bad line are answered" 1 '^{"id": 4, ' "$triage" predict a.safetensors lines
expect "errors have the number of the line" 1 '^{"line": 3, "error"' "$triage" predict a.safetensors lines
expect "errors have the codes of the service" 1 '"type": "/problems/invalid-json", "code": "invalid-json"' \
    "$triage" predict a.safetensors lines
# Members of data may have any meaning; train ignores them.
awk '{ sub(/^{/, "{\"model\":" NR % 3 ",\"include\":\"x\",\"histories\":[1],"); print }' data.jsonl >members.jsonl
expect "members of requests in data train" 0 'wrote' train members.jsonl -o x.safetensors
expect "to the byte" 0 same same a.safetensors x.safetensors
expect "and predict answers the same data" 0 '^120$' sh -c \
    "'$triage' predict a.safetensors members.jsonl | grep -c '\"ignored\": {\"model\": 1, \"include\": 1, \"histories\": 1'"
expect "a model of another name is only ignored, and said" 0 '"ignored": [{]"model": 1[}]' \
    sh -c "echo '{\"model\": \"Golf\", \"events\": [\"a\"]}' | '$triage' predict a.safetensors"
expect "the model that is asked is not" 0 '"ignored": [{][}]' \
    sh -c "echo '{\"model\": \"a\", \"events\": [\"a\"]}' | '$triage' predict a.safetensors"
sed 's/{"activity":"[a-z_]*"/&,"event":7,"time":"x"/g; s/^{"case":/{"id":{},"case":/; s/"time":"\(2026\)/"at":"\1/g' other.jsonl >beside.jsonl
expect "our keys beside those of the training" 0 'wrote' train beside.jsonl -o x.safetensors --event activity --label label --id case --time at
expect "predict reads them as train has" 0 '^120$' sh -c \
    "'$triage' predict x.safetensors beside.jsonl | grep -c '\"action\"'"
printf '%s\n' '{"events":[{"event":"a","Severity":"info"}]}' '{"events":["a"],"fields":{"Severity":"x"}}' >mistyped
expect "a mistyped field is in the answer" 0 '"ignored": [{]"Severity": 1[}], "ignored_nearest": [{]"Severity": "severity"[}]' \
    "$triage" predict a.safetensors mistyped
expect "and in a warning" 0 '^warning: "Severity" is ignored in 2 histories, the first at line 1 [(]did you mean "severity"[?][)]$' \
    "$triage" predict a.safetensors mistyped
expect "which --strict makes an error" 1 '1 warnings?, and --strict makes' "$triage" predict a.safetensors mistyped --strict
expect "output that cannot be written" 1 'could not write: No space left on device$' sh -c "'$triage' predict a.safetensors data.jsonl >/dev/full"
"$triage" predict a.safetensors data.jsonl >plain
"$triage" predict a.safetensors data.jsonl --state >states
sed 's/, "state": \[[^]]*\]}$/}/' states >stripped
expect "--state adds a member at the end and changes nothing else" 0 same same plain stripped
awk 'BEGIN { for (n = 3; n <= 300; n += 297) { printf "{\"events\":[\"e\"";
    for (i = 1; i < n; i++) printf ",\"e\""; print "]}" } }' >lengths
"$triage" predict a.safetensors lengths --state >states
expect "a state has 8 numbers after 3 events and after 300" 0 '^2$' grep -cE \
    '"events": (3|300),.*"state": \[([^],]*, ){7}[^],]*\]}$' states
expect "the lesson's state" 0 '"state": \[0.38961[0-9]*, 0.65532[0-9]*\]}$' sh -c \
    "echo '{\"events\":[\"error logged\",\"reproduction confirmed\",\"rollback requested\"]}' | '$triage' predict --state '$models/lesson.safetensors'"
expect "an unknown kernel of the environment" 2 '^triage: TRIAGE_KERNEL: this build has no kernel "x" ' \
    env TRIAGE_KERNEL=x "$triage" show a.safetensors
for command in '' train evaluate predict show check simulate report; do
    # shellcheck disable=SC2086
    COLUMNS=50 "$triage" $command --help >narrow 2>&1
    expect "triage $command --help is as narrow as the terminal" 1 '^0$' grep -cE '^.{51}' narrow
done
expect "help of a command" 0 '^usage: triage evaluate MODEL' "$triage" help evaluate
expect "help of a command that does not exist" 2 'no such command: "evalute" [(]did you mean "evaluate"' "$triage" help evalute
expect "an unknown kernel" 2 'kernel "x"' "$triage" predict --kernel x a.safetensors lines
expect "kernels with other bits are named in the answer" 0 '"kernel": "amx-portable"}}$' sh -c \
    "'$triage' predict --kernel amx-portable a.safetensors lengths"
expect "and cannot train" 1 'kernel "amx-portable" cannot train' \
    "$triage" train data.jsonl --kernel amx-portable -o x.safetensors

# The questions and answers on the first screen of the README.
sed -n "s/^\$ curl -d '\(.*\)' \\\\$/\1/p" "$readme" >questions
sed -n '/^\["[a-z]*",{/p' "$readme" >readme_answers
"$triage" predict "$models/incident.safetensors" questions | jq -c '[.action, .probabilities]' >our_answers
expect "the questions of the README get its answers" 0 same same readme_answers our_answers
expect "and the README has two of them" 0 '^2$' grep -c rollback readme_answers

# ---- recipes that do not fit the data ----
"$triage" train split.jsonl --print-recipe 2>/dev/null | sed 's/"fields": \[/&{"name": "servise", "kind": "number"},/' >misspelt.json
expect "a recipe's field that no event has" 0 '^warning: no training history has the field "servise"$' train split.jsonl --recipe misspelt.json --epochs 1 -o x.safetensors
echo '{"schema": {"fields": [{"name": "event", "kind": "category", "values": []}]}}' >empty.json
expect "a field without values" 1 '/schema/fields/0/values: .*received 0' train split.jsonl --recipe empty.json -o x.safetensors
echo '{"schema": {"fields": [{"name": "event", "kind": "category", "values": ["a"]}], "time": ["hour_sin"]}}' >plain.json
expect "a time feature that is a string" 1 '/schema/time/0: a time feature is an object .*received a string' train split.jsonl --recipe plain.json -o x.safetensors

# ---- the shipped models ----
"$triage" simulate --count 1000 --seed 3 >simulated.jsonl
for model in incident incident-lstm; do
    file=$models/$model.safetensors
    expect "$model is under 1 MB" 0 '' test "$(wc -c <"$file")" -lt 1000000
    expect "$model passes all checks" 0 '^all [0-9]+ checks hold$' "$triage" check "$file" simulated.jsonl
    expect "$model knows every simulated event" 1 '^0$' sh -c "'$triage' predict '$file' simulated.jsonl | grep -vc '\"unknown_count\": 0, \"ignored\": {\"action\": 1, \"posterior\": 1}'"
    expect "$model has no verdict without its training data" 0 "^no verdict on $model: its file does not hold the 900000 histories" evaluate "$file" simulated.jsonl
    expect "and reaches nearly the possible accuracy" 0 'reached 0\.9[0-9]+ of a possible 0\.9' evaluate "$file" simulated.jsonl
    expect "its recipe trains" 0 'wrote' "$triage" train simulated.jsonl --recipe "$models/recipes/$model.json" --epochs 1 -o recipe.safetensors
    "$triage" show "$file" | grep -vE '^(model|digest|temperature|histories|report) ' >shipped
    "$triage" show recipe.safetensors | grep -vE '^(model|digest|temperature|histories|report) ' >made
    expect "$model has the settings of its recipe" 0 same same shipped made
done

# ---- times that are far outside of those of the training: predict and the service say the same ----
awk 'BEGIN { for (i = 0; i < 60; i++) {
    day = sprintf("2026-0%d-%02dT", i % 3 + 1, i % 28 + 1)
    printf "{\"events\":[{\"event\":\"%s\",\"time\":\"%s08:%02d:00Z\"},", i % 2 ? "a" : "b", day, i
    printf "{\"event\":\"b\",\"time\":\"%s09:%02d:30Z\"}],\"action\":\"%s\"}\n", day, i, i % 2 ? "page" : "wait" } }' >times.jsonl
expect "a model of 2026" 0 'wrote times.safetensors' train times.jsonl -o times.safetensors
# two_times FIRST SECOND: a history of two events
two_times() { printf '{"events":[{"event":"a","time":%s},{"event":"b","time":%s}]}\n' "$1" "$2"; }
{
    two_times '"2026-02-03T08:00:00Z"' '"2026-02-03T08:20:00Z"'
    two_times 46058.3 46058.4
    two_times '"2016-02-03T08:00:00Z"' '"2026-02-03T08:20:00Z"'
    two_times '"2062-02-03T08:20:00Z"' '"2062-02-03T08:00:00Z"'
    two_times '"2026-02-03T08:00:00Z"' '"2026-02-05T08:00:00Z"'
    two_times null null
} >unusual.jsonl
cat >unusual.expected <<'EOF'
null
[["time","/events/0/time","1970-01-01T12:47:38.300000Z"]]
[["gap","/events/1/time","315620400 s"]]
[["time","/events/0/time","2062-02-03T08:20:00Z"]]
[["gap","/events/1/time","172800 s"]]
null
EOF
"$triage" predict times.safetensors unusual.jsonl >unusual
unusual_times='.unusual_times | if . then map([.kind, .pointer, .received]) else . end'
jq -c "$unusual_times" unusual >unusual.found
expect "predict names the times that the training had not" 0 same same unusual.expected unusual.found
expect "and those that it had" 0 '^"2026-01-01T08:00:00Z to 2026-03-09T09:08:30Z"$' jq 'select(.unusual_times) | .unusual_times[0].trained' unusual
printf 'case,event,time\n1,a,2016-02-03 08:00\n1,b,2026-02-03 08:20\n' >unusual.csv
expect "so in a CSV file" 0 '"unusual_times": .{"kind": "gap", "pointer": "/events/1/time", "received": "315620400 s"' "$triage" predict times.safetensors unusual.csv

mkdir served && cp a.safetensors lstm.safetensors times.safetensors served
serve "$triaged" --models served --model a --listen 127.0.0.1:0 --log-level none
for model in a lstm; do
    "$triage" predict served/$model.safetensors data.jsonl >predicted
    sed "s/^{/{\"model\":\"$model\",/" data.jsonl | while read -r line; do
        printf '%s' "$line" | curl -s --data-binary @- "$url/predict"
    done >answered
    expect "POST /predict and triage predict give the same bytes ($model)" 0 same same predicted answered
done
while read -r line; do
    curl -s -d "{\"model\":\"times\",${line#\{}" "$url/predict"
done <unusual.jsonl >answered
expect "also about unusual times" 0 same same unusual answered
sed 's/^{/{"model":"times",/' unusual.jsonl |
    curl -s -H 'Content-Type: application/x-ndjson' --data-binary @- "$url/predict" >answered
expect "and in a stream of lines" 0 same same unusual answered
jq -cs '{model: "times", histories: .}' unusual.jsonl | curl -s -d @- "$url/predict" |
    jq -c '.predictions[] | '"$unusual_times" >unusual.found
expect "and of many histories" 0 same same unusual.expected unusual.found
expect "--healthcheck of a running service" 0 '' "$triaged" --healthcheck --listen "$address"
kill -TERM "$server"
finish
expect "SIGTERM ends the service with exit code 0" 0 '' sh -c "exit $ended"

# A body whose events take ten times its length in memory.  Not with sanitizers, which need more
# memory themselves.
if [ -z "${SAN:-}" ]; then
    serve "$triaged" --models "$models" --max-memory 48M --max-events 2000000 --listen 127.0.0.1:0 --log-level none
    awk 'BEGIN { printf "{\"events\":[\"a\""; for (i = 1; i < 2000000; i++) printf ",\"a\""; print "]}" }' >large
    curl -si --data-binary @large "$url/predict" >answer
    expect "a body that needs more memory than there is" 0 '^HTTP/1.1 503' cat answer
    expect "the reason is in the answer" 0 '"detail": "out of memory"' cat answer
    expect "Retry-After is in the answer" 0 '^Retry-After: [1-9]' cat answer
    expect "the next request is answered" 0 '"action"' curl -s -d '{"events":["a"]}' "$url/predict"
    kill "$server"
    finish
fi

# ---- the options of triaged ----
expect "triaged --help begins with the usage" 0 '^usage: triaged ' "$triaged" --help
"$triaged" --help >help
sed -n 's/^  \(-., \)\{0,1\}--\([a-z-]*\) .*/\2/p' help >flags
expect "triaged --help lists 30 options and 5 commands" 0 '^35$' grep -c . flags
expect "with the defaults" 0 '^ +larger ones get 413 \(default 8M\)$' cat help
expect "with names for values" 0 '^  --max-body BYTES +bytes ' cat help
expect "at most 80 columns wide" 1 '^0$' grep -cE '^.{81}' help
COLUMNS=66 "$triaged" -h >narrow
expect "or as wide as COLUMNS says" 1 '^0$' grep -cE '^.{67}' narrow
expect "with the choices" 0 '^  --log-level none\|error\|info ' cat help
expect "with a heading for options" 0 '^Options:$' cat help
expect "with a heading for commands" 0 '^Commands:$' cat help
expect "triaged --version" 0 '^triaged [0-9]+\.[0-9]+\.[0-9]+$' "$triaged" --version
expect "output that cannot be written" 1 '' sh -c "'$triaged' --help >/dev/full"
expect "an unknown option" 2 '^triaged: --max-bodi: unknown option \(did you mean --max-body\?\)$' "$triaged" --max-bodi 1
expect "a hint at --help" 2 '^triaged --help lists the options$' "$triaged" --max-bodi 1
expect "an argument" 2 '^triaged: argument "models" is not an option$' "$triaged" models
expect "a value out of range" 2 'loops.*from 0 to 1024, received "x"' "$triaged" --loops x
expect "an address without a port" 2 '^triaged: --listen: address "127.0.0.1" is not like .*; expected ADDR:PORT$' "$triaged" --listen 127.0.0.1
expect "a port that does not exist" 2 '^triaged: --listen: port "65536" is too large; expected a port up to 65535$' "$triaged" --listen 127.0.0.1:65536
expect "a public address needs consent" 2 'needs TRIAGE_ALLOW_PUBLIC=1$' "$triaged" --listen 0.0.0.0:0 --models "$models"
expect "an unknown default model" 2 '^triaged: --model: no such model: "nobody"; expected incident, incident-lstm, lesson$' \
    "$triaged" --listen 127.0.0.1:0 --models "$models" --model nobody
mkdir -p many.d && for name in 1 2 3 4 5 6 7 8; do cp "$models/lesson.safetensors" many.d/lesson-number-$name.safetensors; done
expect "of many names those that fit" 2 '; expected lesson-number-1, lesson-number-2, [.][.][.]$' \
    "$triaged" --listen 127.0.0.1:0 --models many.d --model nobody
expect "the variable that set it" 2 '^triaged: TRIAGE_MODEL: no such model: "nobody"' \
    env TRIAGE_MODEL=nobody "$triaged" --listen 127.0.0.1:0 --models "$models"
expect "the variable of a kernel" 2 '^triaged: TRIAGE_KERNEL: this build has no kernel "sse"' \
    env TRIAGE_KERNEL=sse "$triaged" --check-config --models "$models"
echo '{"listen": "nowhere", "max_body": 8e6}' >listen.json
expect "the key of the file that set it" 2 '^triaged: listen.json: /listen: address "nowhere" is not' \
    "$triaged" --config listen.json --check-config --models "$models"
echo '{"allowed_origin": "ops.example"}' >origin.json
expect "also of a list" 2 '^triaged: origin.json: /allowed_origin: "ops.example" is not an origin' \
    "$triaged" --config origin.json --check-config --models "$models"
expect "an empty name of a folder" 2 '^triaged: --models: the name of the folder is empty$' "$triaged" --models ''
mkdir no-models
expect "a folder without models" 1 '^triaged: no-models: no [*].safetensors file in the folder$' "$triaged" --models no-models
expect "a missing folder" 1 '^triaged: nowhere: could not list the folder: ' "$triaged" --models nowhere
mkdir bad-models && cp empty.csv bad-models/bad.safetensors
expect "a file that is not a model" 1 '^triaged: bad-models/bad.safetensors: ' "$triaged" --models bad-models
expect "--healthcheck without a service" 1 '^triaged: 127.0.0.1:1: could not connect: ' "$triaged" --healthcheck --listen 0.0.0.0:1
echo '{"max_body": 7, "log_level": "none", "loops": 3}' >config.json
TRIAGE_LOOPS=2 TRIAGE_MAX_BODY=8 "$triaged" --config config.json --loops 1 --print-config >values
value_and_source() { jq -c ".$1, .sources.$1" values; }
expect "a flag wins over the environment" 0 '^"flag"$' value_and_source loops
expect "and its value is used" 0 '^1$' value_and_source loops
expect "the environment wins over the file" 0 '^"environment"$' value_and_source max_body
expect "and its value is used" 0 '^8$' value_and_source max_body
expect "the file wins over the default" 0 '^"file"$' value_and_source log_level
expect "otherwise the default is used" 0 '^"default"$' value_and_source slice
"$triaged" --config values --print-config | jq 'del(.sources)' >values_again
jq 'del(.sources)' values >values_once
expect "the printed configuration reads back" 0 same same values_once values_again
echo '{"max_bodi": 7}' >config.json
expect "an unknown key in the file" 2 '^triaged: config.json: /max_bodi: unknown setting \(did you mean "max_body"\?\)$' "$triaged" --config config.json
echo '{"max_body": "64KiB", "idle_timeout_ms": "30s"}' >config.json
expect "sizes and times with units in the file" 0 '"max_body": 65536,' "$triaged" --config config.json --print-config
expect "and in the environment" 0 '"idle_timeout_ms": 120000,' env TRIAGE_IDLE_TIMEOUT_MS=2m "$triaged" --print-config
expect "an empty variable is unset" 0 '"max_body": 8388608,' env TRIAGE_MAX_BODY= "$triaged" --print-config
echo '{"config": "other.json"}' >config.json
expect "a file that names another file" 2 '^triaged: config.json: /config: a configuration file cannot name another$' "$triaged" --config config.json
echo '{' >config.json
expect "a file that is not JSON" 2 '^triaged: config.json: .*; line ' "$triaged" --config config.json

# ---- make install ----
# Make does not take an absolute path with a blank in it.
build_in_root=$(realpath --relative-to="$root" "$build")
install_target() { make -C "$root" --no-print-directory BUILD="$build_in_root" DESTDIR="$scratch/root" PREFIX=/usr "$@"; }
expect "make install" 0 '' install_target install
expect "every model is installed" 0 '' sh -c \
    "cd '$models' && for m in *.safetensors; do cmp \$m '$scratch/root/usr/share/triage/models/'\$m || exit 1; done"
expect "the installed trainer runs" 0 '^parameters' root/usr/bin/triage show root/usr/share/triage/models/incident.safetensors
serve root/usr/bin/triaged --models root/usr/share/triage/models --listen 127.0.0.1:0 --log-level none
expect "the installed service passes the smoke test" 0 '^[1-9][0-9]* passed, 0 failed$' \
    "$root/deploy/smoke.sh" "$url"
kill -TERM "$server"
finish
expect "make uninstall" 0 '' install_target uninstall
expect "make uninstall leaves no file" 0 '^0$' sh -c "find root ! -type d | wc -l"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
