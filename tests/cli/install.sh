#!/usr/bin/env bash
# `make install` is complete: a program outside the source tree builds with the installed headers,
# library and triage.pc, and answers like triage predict.  The library exports only triage_... symbols.
#
#   usage: install.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
. tests/cli/frame.sh

env -u MAKEFLAGS -u MAKELEVEL make BUILD="$build" DESTDIR="$scratch" PREFIX=/usr install >/dev/null
prefix=$scratch/usr

foreign=$(nm -g --defined-only "$prefix/lib/libtriage.a" | awk 'NF == 3 && $3 !~ /^triage_/')
[ -z "$foreign" ] || { printf 'FAILED: libtriage.a exports\n%s\n' "$foreign"; exit 1; }

cat >"$scratch/program.c" <<'C'
#include <engine.h>
#include <evaluation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trainer.h>

int main(int argc, char **argv)
{
    struct error err = {.status = STATUS_OK};
    triage_init();
    struct model *model = argc > 2 ? triage_model_load(argv[1], &err) : NULL;
    char *answer =
        model ? triage_answer_json(model, "lesson", argv[2], strlen(argv[2]), &err) : NULL;
    if (answer)
        puts(answer);
    else
        fprintf(stderr, "%s: %s\n", err.where, err.text);
    free(answer);
    triage_model_free(model);
    return answer ? 0 : 1;
}
C
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=
flags() { pkg-config --define-variable=prefix="${prefix// /\\ }" "$@" triage; } # quoted for a shell
eval "${CC:-cc} -std=c11 -Wall -Wextra -Werror $(flags --cflags) \
    -o \"\$scratch/program\" \"\$scratch/program.c\" $(flags --libs)"
history='{"id": "INC-7", "events": ["error logged", "reproduction confirmed", "rollback requested"]}'
model=$prefix/share/triage/models/lesson.safetensors
answer=$("$scratch/program" "$model" "$history")
expected=$("$build/triage" predict "$model" - <<<"$history")
[ "$answer" = "$expected" ] ||
    { printf 'FAILED: the program answered\n%s\ninstead of\n%s\n' "$answer" "$expected"; exit 1; }
error=$("$scratch/program" "$model" '{"events": [7]}' 2>&1) || true
[[ $error == "/events/0: "* ]] || { echo "FAILED: the error \"$error\" does not name its place"; exit 1; }

# A path with spaces: everything is there, the service finds the models, nothing is left or elsewhere.
spaces="$scratch/a place"
env -u MAKEFLAGS -u MAKELEVEL make BUILD="$build" PREFIX="$spaces" install >/dev/null
(cd / && "$spaces/bin/triaged" --check-config >/dev/null) ||
    { echo "FAILED: the service in \"$spaces\" does not find its models"; exit 1; }
PKG_CONFIG_PATH="$spaces/lib/pkgconfig" pkg-config --cflags triage | grep -qF 'a\ place/include/triage' ||
    { echo "FAILED: triage.pc does not name the folder of the headers"; exit 1; }
env -u MAKEFLAGS -u MAKELEVEL make BUILD="$build" PREFIX="$spaces" uninstall >/dev/null
if [ -n "$(find "$spaces" -type f)" ] || [ -e "$scratch/a" ]; then
    echo "FAILED: uninstall leaves files"
    exit 1
fi
echo "install: a program builds with libtriage.a and answers like triage predict; every exported symbol begins with triage_"
