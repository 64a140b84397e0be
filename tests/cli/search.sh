#!/bin/sh
# Choosing inputs before a training.  Ends with "N passed, N failed".
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
expect "unless it is switched off" 1 '' sh -c "'$triage' train drift.csv -o all.safetensors --no-choose-inputs --hidden 8 --epochs 1 --split part 2>&1 | grep '^inputs'"
expect "then the field stays" 0 '^  code' "$triage" show all.safetensors
"$triage" train drift.csv --split part --print-recipe >recipe.json 2>/dev/null
expect "a printed recipe has all inputs" 0 '"name": "code"' cat recipe.json
expect "the schema of a recipe is not changed" 1 '' sh -c "'$triage' train drift.csv -o recipe.safetensors --recipe recipe.json --hidden 8 --epochs 1 --split part 2>&1 | grep '^inputs'"
expect "nor is anything chosen with little validation data" 1 '' sh -c "'$triage' train few.csv -o few.safetensors --hidden 8 --epochs 1 2>&1 | grep '^inputs'"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
