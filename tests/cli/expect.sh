# shellcheck shell=sh
# For the tests of the programs at a shell: source it after frame.sh, in an empty scratch folder.
passed=0
failed=0

# expect ABOUT CODE PATTERN COMMAND...: the command exits with CODE, and a line of its output
# matches PATTERN ("": any output).
expect() {
    about=$1 code=$2 pattern=$3
    shift 3
    "$@" >output 2>&1 </dev/null
    got=$?
    if [ "$got" = "$code" ] && { [ -z "$pattern" ] || grep -qE -- "$pattern" output; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: exit %s, expected %s and "%s" in:\n' "$about" "$got" "$code" "$pattern"
        sed 's/^/    /' output
    fi
}
