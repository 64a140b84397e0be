#!/usr/bin/env bash
# Every command on the pages about exports prints what the page says.
#
#   usage: exports.sh BUILD
#
# The commands of a page run one after the other in a folder that holds tests/cli/exports.  A command
# is a line "$ ..." of a fenced block and the lines after it until its quotes are closed; what follows,
# up to the next "$", an empty line or the end of the block, is its output.  A line "..." stands for
# any lines.  Blanks are not compared, nor the digits of decimal fractions and of epochs, which
# depend on the machine.  "$ triaged ..." is started on a free port.
set -euo pipefail

root=$(realpath "$(dirname "$0")/../..")
build=$(realpath "$1")
PATH=$build:$PATH
. "$root/tests/cli/frame.sh"
address=
passed=0
failed=0

stop_server() {
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null || true
    finish
}

# Print the fenced blocks of a page, from the heading $2 to the next one of that level if it is given.
blocks() {
    awk -v heading="${2:-}" '
        BEGIN { wanted = heading == "" }
        !inside && heading != "" && /^#/ {
            if ($0 == heading) { wanted = 1; level = index($0, " ") }
            else if (index($0, " ") <= level) wanted = 0
        }
        /^```/ { inside = !inside; if (!inside && wanted) print ""; next }
        inside && wanted' "$root/$1"
}

# Replace the digits that depend on the machine, then remove blanks.
normalise() {
    sed -E 's/[0-9]+\.[0-9]+(e-?[0-9]+)?/#/g; s/epoch [0-9]+/epoch #/g; s/[0-9]+ %/# %/g' | tr -d ' \r\n'
}

# complete COMMAND: no quote is open and no line follows.
complete() { [[ $1 != *\\ && $1 != *\| ]] && bash -n <<<"$1" 2>/dev/null; }

# run_example PAGE COMMAND EXPECTED
run_example() {
    local output status=0 pattern
    about="$1: $2"
    if [[ $2 == 'triaged '* ]]; then
        stop_server
        # shellcheck disable=SC2086 # words of a command
        serve $2 --listen 127.0.0.1:0
        return
    fi
    output=$(bash -c "set -o pipefail; ${2//127.0.0.1:8080/$address}" 2>&1) || status=$?
    # shellcheck disable=SC2001 # the anchors are needed
    pattern=$(sed 's/^\.\.\.$/\x01/' <<<"$3" | normalise | sed 's/[][*?\\]/\\&/g; s/\x01/*/g')
    # shellcheck disable=SC2053 # the right side is a pattern
    if [[ ($status = 0 || $status = 141) && $(normalise <<<"$output") == $pattern ]]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    printf 'FAILED: %s: exit %s: %s\n  expected:\n%s\n  received:\n%s\n' \
        "$1" "$status" "$2" "$3" "$output"
}

# test_page PAGE [HEADING]
test_page() {
    local line command='' expected=''
    rm -rf "$scratch/page"
    cp -r "$root/tests/cli/exports" "$scratch/page"
    cd "$scratch/page"
    while IFS= read -r line; do
        if [ -n "$command" ] && ! complete "$command"; then
            command+=$'\n'$line
        elif [[ $line == '$ '* || -z $line ]]; then
            [ -z "$command" ] || run_example "$1" "$command" "$expected"
            command='' expected=''
            [[ $line != '$ '* ]] || command=${line#'$ '}
        elif [ -n "$command" ]; then
            expected+=$line$'\n'
        fi
    done < <(blocks "$@"; echo)
    stop_server
}

if [ "$#" -gt 1 ]; then
    test_page "${@:2}"
else
    test_page models/README.md '### Which columns to keep'
    for page in "$root"/models/exports/*.md; do
        test_page "${page#"$root"/}"
    done
fi
printf '%s examples of exports passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
