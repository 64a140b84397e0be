#!/bin/sh
# Who may include whom, and which files may include which library.  Prints what breaks the
# table and exits 1; prints nothing when it holds.
set -eu
cd "$(dirname "$0")/../.."

# The folders and public headers that a folder may include, besides itself.
allowed_for() {
    case $1 in
    engine)       echo "base/status.h model/spec.h engine.h trainer.h" ;; # the public headers
    engine/base)  echo "" ;;
    engine/model) echo "base engine.h trainer.h" ;;
    engine/infer) echo "base model engine.h trainer.h" ;;
    engine/train) echo "base model infer engine.h trainer.h" ;;
    engine/eval)  echo "base model infer engine.h trainer.h evaluation.h" ;;
    server)         echo "loop service engine.h base" ;;
    server/loop)    echo "http api service engine.h base" ;;
    server/http)    echo "service engine.h base" ;;
    server/api)     echo "service engine.h base" ;;
    server/service) echo "engine.h base" ;;
    models/trainer*) echo "base engine.h trainer.h evaluation.h data check simulate ." ;;
    esac
}

# The only files that include a library.
owners_of() {
    case $1 in
    cblas.h)      echo "engine/train/gemm.c" ;;
    lbfgs.h)      echo "engine/eval/logistic.c" ;;
    microhttpd.h) echo "server/http/http.c" ;;
    esac
}

complaints=$(
    find engine server models -name '*.[ch]' | sort | while read -r file; do
        folder=$(dirname "$file")
        sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file" | while read -r target; do
            case $target in
            */*) layer=${target%%/*} ;;
            *)   layer=. ;; # a public header, or a file of the trainer's own folder
            esac
            [ "$layer" = "${folder##*/}" ] && continue
            case " $(allowed_for "$folder") " in
            *" $layer "* | *" $target "*) ;;
            *) echo "$file may not include \"$target\"" ;;
            esac
        done
        sed -n 's/^#include <\([^>]*\)>.*/\1/p' "$file" | while read -r target; do
            owners=$(owners_of "$target")
            [ -z "$owners" ] && continue
            case " $owners " in
            *" $file "*) ;;
            *) echo "$file may not include <$target>, only $owners may" ;;
            esac
        done
    done
)
[ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
