#!/usr/bin/env bash
# Every curl line in the READMEs that shows an answer is asked, and answers as printed.
#
#   usage: readme.sh BUILD
#
# An example is a line "$ curl ..." (with its continuations), in a block that is fenced or set in
# by four spaces, and the lines after it, up to the next "$" or the end of the block.  "..." stands
# for anything, blanks do not count, and a request's id is never twice the same.
set -euo pipefail

house=$(realpath "$(dirname "$0")/../..")
triaged=$(realpath "$1/triaged")
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
cd "$scratch"
passed=0
failed=0

# Lines of the blocks of a Markdown file; an empty one where a block ends.
blocks() {
    awk '/^```/ { inside = !inside; if (!inside) print ""; next }
         inside { print; next }
         /^    / { print substr($0, 5); was = 1; next }
         was { print ""; was = 0 }' "$1"
}

# What counts of an answer.
bare() { tr -d ' \n\r' | sed 's/"request_id":"[^"]*"/"request_id":"?"/g'; }

ask() { # FILE COMMAND EXPECTED
    local said pattern asked=${2//127.0.0.1:8080/$address}
    asked=${asked/curl /curl -sS }
    if ! said=$(cd "$scratch" && bash -c "set -o pipefail; $asked" 2>&1 | bare); then
        said="(failed) $said"
    fi
    pattern=$(bare <<<"$3" | sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g')
    # Where no answer is printed, any answer will do.
    # shellcheck disable=SC2053 # a pattern it is
    if [[ $said != "(failed)"* && (-z $pattern || $said == $pattern) ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: %s\n  promised %s\n  answered %s\n' "$1" "$2" "$3" "$said"
    fi
}

# README MODEL: serve that model as the default and go through the file.
go_through() {
    local file=$house/$1 line command='' expected='' goes_on=
    "$triaged" --listen 127.0.0.1:0 --models "$house/models" --model "$2" >url 2>/dev/null &
    server=$!
    for _ in $(seq 200); do grep -q listening url && break; sleep 0.05; done
    address=$(sed -n 's|listening on http://||p' url)
    while IFS= read -r line; do
        if [ -n "$goes_on" ]; then
            command="${command%\\} $line"
            [[ $line == *\\ ]] || goes_on=
        elif [[ $line == '$ '* || -z $line ]]; then
            [ -z "$command" ] || ask "$1" "$command" "$expected"
            command='' expected=''
            if [[ $line == '$ curl '* ]]; then
                command=${line#'$ '}
                [[ $line != *\\ ]] || goes_on=1
            fi
        elif [ -n "$command" ]; then
            expected+=$line
        fi
    done < <(blocks "$file"; echo)
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

go_through README.md incident
go_through server/README.md lesson
printf '%s README examples passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
