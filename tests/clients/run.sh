#!/usr/bin/env bash
# Two generators make clients from the OpenAPI document of a running service; the compiler accepts
# them with all strict checks, and they ask the service.  Is skipped without node, npm or a registry
# of packages.  The versions are those of package-lock.json, which names no registry.
#
#   usage: run.sh BUILD
set -euo pipefail

source=$(realpath "$(dirname "$0")")
root=$(realpath "$source/../..")
. "$root/tests/cli/frame.sh"
triaged=$(realpath "$1/triaged")
for tool in node npm; do
    command -v $tool >/dev/null || { echo "$tool is not installed, test skipped"; exit 0; }
done

# The packages stay in BUILD until the lock file changes.
mkdir -p "$1/clients"
cd "$1/clients"
if ! cmp -s "$source/package-lock.json" installed; then
    about="an answer of the registry"
    if ! npm view --fetch-retries=0 --fetch-timeout=10000 typescript version >log 2>&1; then
        echo "no registry of npm packages can be reached, test skipped"
        exit 0
    fi
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" .
    about="the packages of the generators"
    npm ci --ignore-scripts --no-audit --no-fund >log 2>&1 || { cat log; exit 1; }
    cp package-lock.json installed
fi
rm -rf out orval.ts types.ts
cp "$source"/{package.json,ask.ts,tsconfig.json,orval.config.cjs} .

about="a start of the service"
mkdir "$scratch/models" # the shipped ones, and one that predicts events
ln -s "$root"/models/*.safetensors "$root"/tests/http/models/*.safetensors "$scratch/models"
serve "$triaged" --listen 127.0.0.1:0 --models "$scratch/models" --log-level none
curl -sSf "$url/openapi.json" >openapi.json

# Sends nothing but what is asked for.
export DO_NOT_TRACK=1
about="openapi-typescript"
npx --no-install openapi-typescript openapi.json -o types.ts >log 2>&1 || { cat log; exit 1; }
about="orval"
npx --no-install orval --config orval.config.cjs >log 2>&1 || { cat log; exit 1; }
about="the compiler and the generated client"
npx --no-install tsc
node out/ask.js "$url"
