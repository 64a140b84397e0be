#!/bin/sh
# The forms of data files at a shell: the same histories as JSON Lines, a JSON array and XES give the
# same model and the same answers.  Ends with "N passed, N failed".
#
#   usage: formats.sh BUILD
set -u

triage=$(realpath "$1/triage")
root=$(realpath "$(dirname "$0")/../..")
. "$root/tests/cli/frame.sh"
cd "$scratch" || exit 1
. "$root/tests/cli/expect.sh"

train() { "$triage" train "$@" --epochs 1 --hidden 8 --embedding 4; }
same() { cmp "$1" "$2" && echo same; }

# xes: XES of the JSON Lines on standard input.
xes() {
    echo '<?xml version="1.0" encoding="UTF-8"?>'
    echo '<log xes.version="1.0" xmlns="http://www.xes-standard.org/">'
    jq -r 'def text: tostring | @html;
        def attribute: (if .value | type == "number" then "float" else "string" end) as $type |
            "  <\($type) key=\"\(.key | text)\" value=\"\(.value | text)\"/>";
        def event: if type == "string" then {event: .} else . end |
            [to_entries[] | if .key == "event" then .key = "concept:name"
                else if .key == "time" then .key = "time:timestamp" else . end end | attribute];
        "<trace>", ({"concept:name": .id, action} | to_entries[] | attribute),
        (.events[] | "<event>", event[], "</event>"), "</trace>"'
    echo '</log>'
}

"$triage" simulate --count 40 --seed 5 >lines.jsonl
jq -s . lines.jsonl >array.json
jq -sc . lines.jsonl | gzip >compact.json.gz
xes <lines.jsonl >log.xes
gzip -c log.xes >data # the content counts, not the name

# ---- training ----
expect "JSON Lines train" 0 'wrote' train lines.jsonl -o lines.safetensors
expect "a JSON array of the same histories trains" 0 'wrote' train array.json -o array.safetensors
expect "to the byte" 0 same same lines.safetensors array.safetensors
expect "XES of the same histories trains" 0 'wrote' train data -o xes.safetensors --threads 3
expect "to the byte, too" 0 same same lines.safetensors xes.safetensors

# ---- answers ----
model=$root/models/incident.safetensors
"$triage" predict "$model" lines.jsonl 2>messages | sed 's/"ignored": {[^}]*}//' >answers
for form in array.json compact.json.gz log.xes data; do
    "$triage" predict "$model" "$form" 2>messages | sed 's/"ignored": {[^}]*}//' >others
    expect "the same answers for $form" 0 same same answers others
done
expect "predict reads standard input" 0 same sh -c "'$triage' predict '$model' <log.xes 2>messages | sed 's/\"ignored\": {[^}]*}//' | cmp - answers && echo same"
expect "evaluate reads XES" 0 '^evaluated: 40 positions in 40 histories' "$triage" evaluate "$model" log.xes
expect "check reads an array" 0 'checks hold' "$triage" check "$model" array.json

sed '1d; s/<log /<log\n    /' log.xes >broken.xes
expect "a tag over two lines, without a declaration" 0 'wrote' train broken.xes -o broken.safetensors
expect "is read alike" 0 same same lines.safetensors broken.safetensors
(echo '<!-- a comment -->'; cat broken.xes) >comment.xes
expect "a comment before it" 0 'wrote' train comment.xes -o broken.safetensors

# ---- mistakes ----
sed '9s/key="[^"]*"//' log.xes >keyless.xes
expect "an attribute without a key" 1 '^triage: keyless.xes:9: the attribute <string> has no key$' train keyless.xes -o x
expect "is one bad history" 1 '^skipped keyless.xes:9: the attribute <string> has no key$' train keyless.xes --skip-bad --label none -o x
expect "for predict, too" 1 '^{"line": 9, "error": .*has no key' "$triage" predict "$model" keyless.xes
head -n 30 log.xes >cut.xes
expect "a log that is cut off" 1 '^triage: cut.xes:31: not XML: no element found$' train cut.xes -o x
head -c 500 data >cut.gz
expect "a compressed log that is cut off" 1 'cut.gz: the gzip data is cut off' train cut.gz -o x
printf '<?xml version="1.0"?>\n<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<log>&b;</log>\n' >laughs.xes
expect "entities" 1 '^triage: laughs.xes:2: a document type declaration' train laughs.xes -o x
echo '<?xml version="1.0"?><Workbook/>' >book.xml
expect "XML that is no XES" 1 'book.xml:1: this is XML, but no XES: its root element is "Workbook"' train book.xml -o x
jq '.[7].events[1] = 3' array.json >number.json
expect "an error in an array" 1 '^triage: number.json:[0-9]+: /7/events/1: an event must be a string or an object' train number.json -o x
expect "has its index in an answer" 1 '"pointer": "/7/events/1"' "$triage" predict "$model" number.json
sed '$d' array.json >open.json
expect "an array that is not closed" 1 'open.json:[0-9]+: /40: not JSON: the array is not closed' train open.json -o x
sed 's/<\/log>/<event><string key="concept:name" value="a"\/><\/event><\/log>/' log.xes >stray.xes
expect "an event outside of a trace is a warning" 0 '^warning: stray.xes: 1 event outside of a trace is not read, the first in line [0-9]+$' sh -c "'$triage' predict '$model' stray.xes 2>&1 >answers"
expect "and an error with --strict" 1 'warnings?, and --strict' sh -c "'$triage' predict '$model' stray.xes --strict 2>&1 >answers"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
