#!/bin/sh
# The plan of the house, checked: who may include whom, and which file is the door to
# which library.  Silence means it holds.
set -eu
cd "$(dirname "$0")/../.."

floors_for() {
    case $1 in
    engine/base)  echo "base" ;;
    engine/math)  echo "base math engine.h" ;;
    engine/model) echo "base math model engine.h trainer.h" ;;
    engine/net)   echo "base math model net engine.h" ;;
    engine/learn) echo "base math model net learn engine.h trainer.h" ;;
    engine/judge) echo "base math model net learn judge engine.h trainer.h judge.h" ;;
    engine)       echo "base engine.h trainer.h model/spec.h" ;; # the doors; spec is the caller's to fill
    server*)      echo "base engine.h" ;;
    models*)      echo "base engine.h trainer.h judge.h" ;;
    esac
}

doors_of() {
    case $1 in
    cblas.h)      echo "engine/math/gemm.c" ;;
    lbfgs.h)      echo "engine/judge/logistic.c" ;;
    microhttpd.h) echo "server/http.c" ;;
    esac
}

complaints=$(
    find engine server models -name '*.[ch]' | while read -r file; do
        dir=$(dirname "$file")
        sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file" | while read -r target; do
            [ -e "$dir/$target" ] && continue # a neighbour in the same folder
            case " $(floors_for "$dir") " in
            *" ${target%%/*} "* | *" $target "*) ;;
            *) echo "$file may not include \"$target\"" ;;
            esac
        done
        sed -n 's/^#include <\([^>]*\)>.*/\1/p' "$file" | while read -r target; do
            door=$(doors_of "$target")
            [ -z "$door" ] && continue
            case " $door " in
            *" $file "*) ;;
            *) echo "$file may not include <$target>, only $door may" ;;
            esac
        done
    done
)
[ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
