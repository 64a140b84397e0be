#!/usr/bin/env bash
# Every curl command in the READMEs gets the answer that is printed below it.
#
#   usage: readme.sh BUILD
#
# An example is a line "$ curl ..." with its continuations, in a block that is fenced or indented by
# four spaces, and the lines after it up to the next "$" or the end of the block.  "..." matches
# anything; blanks and request ids are not compared.
set -euo pipefail

root=$(realpath "$(dirname "$0")/../..")
triaged=$(realpath "$1/triaged")
. "$root/tests/cli/frame.sh"
cd "$scratch"
passed=0
failed=0

# Print the lines of the blocks of a Markdown file, and an empty line after each block.
blocks() {
    awk '/^```/ { inside = !inside; if (!inside) print ""; next }
         inside { print; next }
         /^    / { print substr($0, 5); was = 1; next }
         was { print ""; was = 0 }' "$1"
}

# Remove blanks and replace the request id.
normalise() { tr -d ' \n\r' | sed 's/"request_id":"[^"]*"/"request_id":"?"/g'; }

# run_example FILE COMMAND EXPECTED: run the command and compare its output.
run_example() {
    local answer pattern command=${2//127.0.0.1:8080/$address}
    about="$1: $2"
    command=${command/curl /curl -sS }
    if ! answer=$(cd "$scratch" && bash -c "set -o pipefail; $command" 2>&1 | normalise); then
        answer="(failed) $answer"
    fi
    pattern=$(normalise <<<"$3" | sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g')
    # If no answer is printed, any answer passes.
    # shellcheck disable=SC2053 # the right side is a pattern
    if [[ $answer != "(failed)"* && (-z $pattern || $answer == $pattern) ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: %s\n  expected %s\n  received %s\n' "$1" "$2" "$3" "$answer"
    fi
}

# test_readme FILE MODEL: run the examples of a file against a service with that default model.
test_readme() {
    local file=$root/$1 line command='' expected='' continues=
    serve "$triaged" --listen 127.0.0.1:0 --models "$root/models" --model "$2"
    while IFS= read -r line; do
        if [ -n "$continues" ]; then
            command="${command%\\} $line"
            [[ $line == *\\ ]] || continues=
        elif [[ $line == '$ '* || -z $line ]]; then
            [ -z "$command" ] || run_example "$1" "$command" "$expected"
            command='' expected=''
            if [[ $line == '$ curl '* ]]; then
                command=${line#'$ '}
                [[ $line != *\\ ]] || continues=1
            fi
        elif [ -n "$command" ]; then
            expected+=$line
        fi
    done < <(blocks "$file"; echo)
    kill "$server"
    finish
}

test_readme README.md incident
test_readme server/README.md lesson
printf '%s README examples passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
