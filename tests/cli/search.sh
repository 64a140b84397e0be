#!/bin/sh
# Choosing inputs before a training, and the search for settings.  Ends with "N passed, N failed".
#
#   usage: search.sh BUILD
set -u

triage=$(realpath "$1/triage")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

train() { "$triage" train "$@" --hidden 8 --embedding 4 --epochs 4 --split part --learning-rate 0.02; }
same() { cmp "$1" "$2" && echo same; }

# "code" tells the action of every training history, and the opposite in the others; the first event
# tells it in four of five.
awk 'BEGIN {
    print "case,event,code,action,part"
    for (i = 0; i < 420; i++) {
        a = i % 2; hint = i % 5 == 0 ? 1 - a : a; code = i < 100 ? a : 1 - a
        printf "%d,e%d,c%d,a%d,%s\n%d,end,,,\n", i, hint, code, a, i < 100 ? "train" : "val", i
    }
}' | sed 's/,,,$/,,,PART/' | awk -F, -v OFS=, '$5 == "PART" { $5 = part } { part = $5; print }' >drift.csv
head -n 401 drift.csv | awk -F, -v OFS=, 'NR > 1 { $5 = "" } { print }' | cut -d, -f1-4 >few.csv

expect "a field that misleads is left out" 0 '^inputs left out: code$' train drift.csv -o chosen.safetensors
cp output lines
expect "each comparison is a line" 0 '^  without code: -0\.[0-9]{4}, [0-9.]+ standard errors, two seeds: left out$' cat lines
expect "the model is without it" 1 '' sh -c "'$triage' show chosen.safetensors | grep -E '^  code'"
expect "the report says so" 0 '"inputs": \{"left_out": \["code"\], "trials": \[\{"without": null, "loss": [0-9.]+\}' "$triage" show chosen.safetensors
expect "the service ignores it, and says so" 0 '"ignored": \{"code": 1\}' sh -c "echo '{\"events\": [{\"event\": \"e1\", \"code\": \"c1\"}]}' | '$triage' predict chosen.safetensors -"
expect "with three threads" 0 'wrote' train drift.csv -o threads.safetensors --threads 3
expect "the same bytes" 0 same same chosen.safetensors threads.safetensors
expect "a model that goes on from it is without it, too" 0 '^field "code" is left out, as in the model$' "$triage" train drift.csv --from chosen.safetensors -o on.safetensors --epochs 1 --no-refit
expect "its report says so, for the next one" 0 '"notes": \{"from": \{"file": "chosen.safetensors".*"inputs": \{"left_out": \["code"\]\}\}' "$triage" show on.safetensors
expect "unless it is switched off" 1 '' sh -c "'$triage' train drift.csv -o all.safetensors --no-choose-inputs --hidden 8 --epochs 1 --split part 2>&1 | grep '^inputs'"
expect "then the field stays" 0 '^  code' "$triage" show all.safetensors
"$triage" train drift.csv --split part --print-recipe >recipe.json 2>/dev/null
expect "a printed recipe has all inputs" 0 '"name": "code"' cat recipe.json
expect "the schema of a recipe is not changed" 1 '' sh -c "'$triage' train drift.csv -o recipe.safetensors --recipe recipe.json --hidden 8 --epochs 1 --split part 2>&1 | grep '^inputs'"
expect "nor is anything chosen with little validation data" 1 '' sh -c "'$triage' train few.csv -o few.safetensors --hidden 8 --epochs 1 2>&1 | grep '^inputs'"

# ---- search ----
# All settings but the cell are given, so there are two to try, and the search ends by itself.
head -n 281 drift.csv >small.csv
tiny() { train small.csv --batch 8 --layers 1 --dropout 0 "$@"; }
expect "a search ends when all settings were tried" 0 '^wrote' tiny --search 1h -o searched.safetensors
cp output lines
expect "the default is the first" 0 '^ +1 +4 +8 +0\.02 +gru +8 +1 +0 +1 +[0-9.]+ +[0-9.]+  the default$' cat lines
expect "the other cell is tried" 0 '^ +2 +4 +8 +0\.02 +lstm +8 +1 +0 +1 ' cat lines
expect "the spread over seeds is printed" 0 '^  try 1 \(the default\): (mean validation loss [0-9.]+ over 5 seeds, standard deviation |validation loss [0-9.]+, one seed)' cat lines
expect "and what repeats the best" 0 '^search: [0-9]+ tries, ' sh -c "sed 's/ tries; / tries, /' lines"
expect "the report has every try" 0 '"search": \{"seconds": 3600.0, "complete": true, "tries": \[\{"try": 1, "epochs": 4, ' "$triage" show searched.safetensors
loss() { "$triage" show "$1" | sed -n 's/.*"validation_loss": \([0-9.]*\), "validation_end.*/\1/p; s/.*"validation_loss": \([0-9.]*\), "validation_acc.*/\1/p'; }
tiny -o default.safetensors >/dev/null 2>&1
expect "the model is not worse than the default" 0 '^not worse$' sh -c "awk -v a='$(loss searched.safetensors)' -v b='$(loss default.safetensors)' 'BEGIN { if (a != \"\" && a + 0 <= b + 0) print \"not worse\" }'"
expect "a time without a number" 2 'received "soon"' train small.csv --search soon -o x.safetensors
expect "a checkpoint" 2 'checkpoint cannot be used with --search' train small.csv --search 9 --checkpoint c -o x.safetensors
expect "costs are read before the search" 1 '^triage: costs.json: could not open' train small.csv --search 1h --costs costs.json -o x.safetensors
expect "the log is tried before the search" 1 '^triage: no/log: No such file' train small.csv --search 1h --log no/log -o x.safetensors
tiny --cell gru --search 9 -o one.safetensors >lines 2>&1
expect "one setting has one seed" 0 '^  try 1 \(the default\): validation loss [0-9.]+, one seed; the best$' cat lines
expect "and one loss in the report" 0 '"finalists": \[\{"try": 1, "losses": \[[0-9.]+\], ' "$triage" show one.safetensors
expect "nothing to validate on" 1 'there are no histories to validate on' sh -c "head -n 5 few.csv >two.csv; '$triage' train two.csv --search 9 -o x.safetensors"

# A signal ends the search with the best model so far.
"$triage" train small.csv --split part --search 1h --hidden 8 --epochs 2 -o stopped.safetensors >stopped 2>&1 &
search=$!
has_row() { grep -qs 'the default$' stopped; }
wait_until "the first try of the search" has_row
kill -TERM "$search"
wait_until "the end of the search" has_ended "$search"
ended=0
wait "$search" || ended=$?
expect "a search that is stopped writes the best model so far" 0 '^130 wrote stopped.safetensors' sh -c "echo $ended \"\$(tail -n 1 stopped)\""
best=$(grep -E '  (best so far|the default)$' stopped | tail -n 1 | awk '{ print $1 }')
expect "and says which try it is" 0 "^search: [0-9]+ tries, stopped; the model is that of try $best\$" cat stopped
expect "in the report, too" 0 "\"winner\": $best\}" "$triage" show stopped.safetensors
expect "which is whole" 0 '"search": \{"seconds": 3600.0, "complete": false' "$triage" show stopped.safetensors

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
