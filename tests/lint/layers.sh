#!/bin/sh
# Which folder may include which, and which file may include which library.  Prints each include
# that is not allowed and exits 1; prints nothing when there is none.
set -eu
cd "$(dirname "$0")/../.."

# What the folders of data include of the engine.
of_engine="base model/schema.h model/history_reader.h engine.h trainer.h evaluation.h"

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
    models/trainer/data/common)    echo "$of_engine" ;;
    models/trainer/data/tape)      echo "$of_engine data/common" ;;
    models/trainer/data/read)      echo "$of_engine data/common data/tape" ;;
    models/trainer/data/histories) echo "$of_engine data/common data/tape" ;;
    models/trainer/data/schema | models/trainer/data/warnings)
        echo "$of_engine data/common data/tape data/histories" ;;
    models/trainer/data)
        echo "$of_engine data/common data/tape data/read data/histories data/schema data/warnings" ;;
    models/trainer*)
        echo "base engine.h trainer.h evaluation.h data data/common check compare report search simulate ." ;;
    esac
}

# The only file of a program that may include a library.
only_file_for() { # HEADER FILE
    case $1:$2 in
    cblas.h:*)       echo "engine/train/gemm.c" ;;
    lbfgs.h:*)       echo "engine/eval/logistic.c" ;;
    expat.h:*)       echo "models/trainer/data/read/xes.c" ;;
    microhttpd.h:*)  echo "server/http/http.c" ;;
    zlib.h:server/*) echo "server/http/content_coding.c" ;;
    esac
}

violations=$(
    find engine server models -name '*.[ch]' | sort | while read -r file; do
        folder=$(dirname "$file")
        sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file" | while read -r target; do
            case $target in
            */*) layer=${target%/*} ;;
            *)   layer=. ;; # a public header, or a file of the trainer's own folder
            esac
            case /$folder in */"$layer") continue ;; esac
            case " $(allowed_for "$folder") " in
            *" $layer "* | *" $target "*) ;;
            *) echo "$file may not include \"$target\"" ;;
            esac
        done
        sed -n 's/^#include <\([^>]*\)>.*/\1/p' "$file" | while read -r target; do
            only_file=$(only_file_for "$target" "$file")
            [ -z "$only_file" ] || [ "$only_file" = "$file" ] ||
                echo "$file may not include <$target>, only $only_file may"
        done
    done
)
[ -z "$violations" ] || { echo "$violations" >&2; exit 1; }
