#!/usr/bin/env bash
# `make install` is complete: a program outside the source tree builds with the installed headers,
# library and triage.pc, and loads an installed model.  The library exports only triage_... symbols.
#
#   usage: install.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

env -u MAKEFLAGS -u MAKELEVEL make BUILD="$build" DESTDIR="$scratch" PREFIX=/usr install >/dev/null
prefix=$scratch/usr

foreign=$(nm -g --defined-only "$prefix/lib/libtriage.a" | awk 'NF == 3 && $3 !~ /^triage_/')
[ -z "$foreign" ] || { printf 'FAILED: libtriage.a exports\n%s\n' "$foreign"; exit 1; }

cat >"$scratch/program.c" <<'C'
#include <engine.h>
#include <evaluation.h>
#include <stdio.h>
#include <trainer.h>

int main(int argc, char **argv)
{
    struct error err = {STATUS_OK};
    struct model *model = argc > 1 ? triage_model_load(argv[1], &err) : NULL;
    if (!model) {
        fprintf(stderr, "%s: %s\n", err.where, err.text);
        return 1;
    }
    printf("%zu %s %s\n", triage_model_actions(model), triage_model_action(model, 0),
           triage_task_names[triage_model_task(model)]);
    triage_model_free(model);
    return 0;
}
C
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=
# shellcheck disable=SC2046 # lists of words
${CC:-cc} -std=c11 -Wall -Wextra -Werror $(pkg-config --define-variable=prefix="$prefix" --cflags triage) \
    -o "$scratch/program" "$scratch/program.c" $(pkg-config --define-variable=prefix="$prefix" --libs triage)
output=$("$scratch/program" "$prefix/share/triage/models/lesson.safetensors")
[ "$output" = "3 ignore last" ] || { echo "FAILED: the program printed \"$output\""; exit 1; }
echo "install: a program builds with libtriage.a and loads a model; every exported symbol begins with triage_"
