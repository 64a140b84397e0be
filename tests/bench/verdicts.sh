#!/bin/sh
# How often `triage evaluate` calls a model better than counting that is no better, and how often it
# finds one that is: SEEDS times a model is trained on 400 histories and evaluated on 150 later ones.
#
#   last    the action depends on the last event, which a baseline counts: no model can be better
#   chain   task next; the next event depends on the last one: no model can be better
#   first   the action depends on which of two events came first, which no baseline can know
#   faint   the same, but in most histories the action is random
#
# Prints a line for each kind of data, with the verdicts by accuracy and by log-loss.  Exits 1 if
# more than 18 of 200 models that cannot be better are called better by either.
#
#   usage: verdicts.sh BUILD [SEEDS] [KIND]...
set -eu

triage=$(realpath "$1/triage")
seeds=${2:-200}
shift
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- last chain first faint
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# histories KIND SEED: 550 of them, JSON Lines, a minute to an hour between events.
histories() {
    awk -v kind="$1" -v seed="$2" '
        function draw() { state = state * 16807 % 2147483647; return state / 2147483647 }
        function pick(text) { return substr(text, 1 + int(length(text) * draw()), 1) }
        # The event after another one in a chain: usually the next letter.
        function follow(event) { return draw() < 0.6 ? substr("bcda", index("abcd", event), 1) : pick("abcd") }
        # The action that one of three facts calls for, or any action.
        function decide(fact) { return draw() < (kind == "faint" ? 0.4 : 0.75) ? fact : 1 + int(3 * draw()) }
        BEGIN {
            state = 1000003 * seed % 2147483647
            for (i = 0; i < 20; i++) draw()
            for (h = 0; h < 550; h++) {
                count = 4 + int(9 * draw()); time = 1700000000 + 86400 * h; line = first = ""
                for (t = 0; t < count; t++) {
                    event = kind == "chain" && t > 0 ? follow(event) : pick("abcdef")
                    if (kind == "chain" && t == 0) event = pick("abcd")
                    if (first == "" && event < "c") first = event
                    time += 60 + int(3540 * draw())
                    line = line (t ? "," : "") "{\"event\":\"" event "\",\"time\":" time "}"
                }
                fact = kind == "last" ? 1 + index("abcdef", event) % 3 : first == "a" ? 1 : first == "b" ? 2 : 3
                print "{\"events\":[" line "],\"action\":\"a" decide(fact) "\"}"
            }
        }'
}

# trial KIND SEED: train and evaluate; print "VERDICT, LOG-LOSS VERDICT".
trial() {
    histories "$1" "$2" >all.jsonl
    head -400 all.jsonl >train.jsonl
    tail -150 all.jsonl >later.jsonl
    task=last
    [ "$1" != chain ] || task=next
    "$triage" train train.jsonl -o model.safetensors --target $task --seed "$2" --threads 1 >log 2>&1 || { cat log >&2; return 1; }
    "$triage" evaluate model.safetensors later.jsonl --json --resamples 100 --no-known --threads 1 2>log |
        sed 's/.*"verdict": \(null\|"[a-z ]*"\), .*"log_loss_verdict": \(null\|"[a-z ]*"\).*/\1, \2/; s/"//g; s/ than counting//g'
}

status=0
printf '%-6s %6s  %-30s %s\n' kind models 'by accuracy' 'by log-loss'
for kind; do
    seed=0
    while [ $seed -lt "$seeds" ]; do
        seed=$((seed + 1))
        trial "$kind" $seed
    done >"$kind.verdicts"
    count() { grep -c "$1" "$kind.verdicts" || true; }
    better=$(count '^better,')
    loss_better=$(count ', better$')
    printf '%-6s %6d  %-30s %s\n' "$kind" "$seeds" \
        "better $better, worse $(count '^worse,'), none $(count '^null,')" \
        "better $loss_better, worse $(count ', worse$')"
    case $kind in first | faint) continue ;; esac
    [ $((better * 200)) -le $((18 * seeds)) ] && [ $((loss_better * 200)) -le $((18 * seeds)) ] ||
        status=1
done
exit $status
