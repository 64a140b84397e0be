#!/bin/sh
# compare-architectures: the table, JSON, charts, its options and its errors.  The trainings are tiny.
# Ends with "N passed, N failed".
#
#   usage: compare.sh BUILD
set -u

triage=$(realpath "$1/triage")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"
same() { cmp "$1" "$2" && echo same; }
compare() { "$triage" compare-architectures "$@"; }
tiny() { compare "$@" --hidden 4 --epochs 1 --prefix-weight 0; }

"$triage" simulate --kind long-effect --length 20 --count 40 >train.jsonl
"$triage" simulate --kind long-effect --length 20 --count 30 --seed 2 >test.jsonl

# ---- the table ----
tiny train.jsonl --test test.jsonl --networks gru,attention --no-times --threads 2 >table 2>messages
expect "what it is trained and tested on" 0 '^trained on 32 histories, validated on 8, tested on 30, after a training on both parts$' cat table
expect "a line for each training" 0 '^attention, seed 1: best epoch 1 of 1, validation loss [0-9.]+, accuracy [0-9.]+$' cat messages
expect "a column for each network" 0 '^ +gru +attention  best baseline$' cat table
expect "the path of a recurrence and of attention" 0 '^path length, n events +n +1$' cat table
expect "steps one after another" 0 '^sequential operations +n +1$' cat table
expect "both accuracies, and the baseline's" 0 '^test accuracy +0\.[0-9]{4} +0\.[0-9]{4}  [01]\.[0-9]{4}, [a-z]' cat table
expect "the accuracy by length" 0 '^  9 to 16 \([0-9]+\) +[01]\.' cat table
expect "the gradient by lag" 0 '^  8 events before +[0-9.e-]+ +[0-9.e-]+$' cat table
expect "no times" 1 '' grep microseconds table

# ---- the same as train and evaluate say ----
"$triage" train train.jsonl -o gru.safetensors --hidden 4 --epochs 1 --prefix-weight 0 >/dev/null 2>trained
accuracy=$("$triage" evaluate gru.safetensors test.jsonl --json --resamples 100 2>/dev/null | jq .accuracy.value)
expect "the accuracy is that of train and evaluate" 0 "^test accuracy +$(printf %.4f "$accuracy") " cat table
parameters=$("$triage" show gru.safetensors | sed -n 's/.* \([0-9]*\) parameters.*/\1/p')
expect "and so is the number of parameters" 0 "^parameters +$parameters " cat table

# ---- JSON, charts, without a test part ----
tiny train.jsonl --networks rnn --seeds 2 --json --svg charts.svg --threads 1 >json 2>messages
expect "without a test part it says so" 0 'measured on the validation part and are not trained on it$' cat messages
expect "the charts are announced" 0 '^wrote charts.svg$' cat messages
expect "JSON with all trainings" 0 '^\["validation",8,\[1,2\],\[20,200,2000\],"n"\]$' jq -c \
    '[.part, .histories, (.networks[0] | [.trainings[].seed], [.time_us[].events], .path_length)]' json
expect "the mean is that of the trainings" 0 '^true$' jq '.networks[0] | .loss - ([.trainings[].loss] | add / 2) | . < 1e-9 and . > -1e-9' json
expect "no refit" 0 '^false$' jq .refit json
expect "every time is positive" 0 '^true$' jq '[.networks[0].time_us[].time_us > 0] | all' json
expect "an SVG file" 0 '^<svg xmlns' cat charts.svg
expect "which is XML" 0 '' python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("charts.svg")'

# ---- parts, and another task ----
jq -c '. + {part: (if input_line_number % 4 == 0 then "test" elif input_line_number % 4 == 1 then "val" else "train" end)}' train.jsonl >parts.jsonl
expect "the part test of --split, the task next" 0 '^trained on 20 histories, validated on 10, tested on 10' \
    tiny parts.jsonl --split part --target next --networks encoder-decoder,rnn --no-times --no-refit
cp output next
expect "an encoder-decoder beside it" 0 '^path length, n events +n \+ 1 +n$' cat next
expect "with the accuracy of both" 0 '^test accuracy +[01]\.[0-9]+ +[01]\.' cat next
expect "a gradient through the decoder is not measured" 0 '^  1 event before +- +[0-9]' cat next

# ---- errors ----
expect "no arguments" 2 'compare-architectures needs DATA' compare
expect "an unknown network" 2 'no such network: "gur" \(did you mean "gru"\?\)' compare train.jsonl --networks gur
expect "a network twice" 2 'is there twice' compare train.jsonl --networks gru,gru
expect "the cell is in --networks" 2 'no --cell: the networks are those of --networks' compare train.jsonl --cell gru
expect "members" 2 'no --members' compare train.jsonl --members 2
expect "an encoder-decoder predicts events" 2 'an encoder-decoder needs --target next' compare train.jsonl --networks encoder-decoder
expect "and its first event counts" 2 'compare an encoder-decoder with the others by --target next' compare train.jsonl --target continue
expect "heads that do not divide the units, before the data is read" 2 'heads' compare nowhere.jsonl --networks gru,attention --hidden 5
expect "no such file" 1 'nowhere.jsonl' compare nowhere.jsonl
expect "no such test file, before any training" 1 '^triage: nowhere.jsonl' tiny train.jsonl --test nowhere.jsonl
cp output messages
expect "and so none is made" 1 '' grep seed messages
expect "the charts would replace the data" 1 'the charts would replace the data' compare train.jsonl --svg train.jsonl
expect "or the test part" 1 'the charts would replace the data' compare train.jsonl --test test.jsonl --svg test.jsonl
expect "charts that cannot be written" 1 'nowhere' compare train.jsonl --svg nowhere/charts.svg
jq -c '.part = "train"' parts.jsonl >trained.jsonl
expect "a split without the part test" 1 'no history belongs to the part that is evaluated' compare trained.jsonl --split part
head -n 3 train.jsonl >few.jsonl
expect "too few histories to validate on" 1 'no histories to compare the networks on' compare few.jsonl
expect "help" 0 '--networks LIST' compare --help
expect "it is in the list" 0 'compare-architectures +train several' "$triage" --help

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
