#!/usr/bin/env bash
# A real Prometheus with deploy/prometheus.yml scrapes the service, and queries get the values.  Is
# skipped where Prometheus is not installed.
#
#   usage: prometheus.sh BUILD
set -euo pipefail

root=$(realpath "$(dirname "$0")/../..")
triaged=$(realpath "$1/triaged")
for tool in prometheus promtool; do
    command -v $tool >/dev/null || { echo "$tool is not installed, test skipped"; exit 0; }
done
. "$root/tests/cli/frame.sh"
prometheus=
trap 'kill_now "$prometheus"; kill_now "$server"; rm -rf "$scratch"' EXIT
cd "$scratch"

promtool check config "$root/deploy/prometheus.yml" >output 2>&1 || { cat output; exit 1; }
about="a start of the service"
serve "$triaged" --listen 127.0.0.1:0 --models "$root/models" --log-level none
target=$address

# The same file with another target and interval.
sed "s/triaged:8080/$target/; s/scrape_interval: .*/scrape_interval: 1s/" \
    "$root/deploy/prometheus.yml" >prometheus.yml
grep -q "$target" prometheus.yml
about="a start of Prometheus"
is_ready_or_has_ended() {
    curl -sf "127.0.0.1:$port/-/ready" >/dev/null || has_ended "$prometheus"
}
for _ in 1 2 3 4 5; do # until a port is free: it ends if another process listens there
    port=$((20000 + RANDOM % 20000))
    prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --log.level=error \
        --web.listen-address="127.0.0.1:$port" >prometheus.log 2>&1 &
    prometheus=$!
    wait_until "Prometheus" is_ready_or_has_ended
    has_ended "$prometheus" || break
done

for _ in 1 2 3; do
    curl -sf -d '{"events":["deploy_started","deploy_finished","error_rate_high"]}' \
        "$target/predict" >/dev/null
done

# expect_value QUERY VALUE: the query gets that value within two minutes.
expect_value() {
    local answer=
    about="the query $1"
    for _ in $(seq 1200); do
        answer=$(curl -sG "127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1")
        [[ $answer != *"\"$2\"]"* ]] || return 0
        sleep 0.1
    done
    printf 'FAILED: query %s, expected %s, received:\n%s\n' "$1" "$2" "$answer"
    cat prometheus.log
    return 1
}

expect_value 'up{job="triage"}' 1
expect_value 'triage_http_requests_total{route="/predict",method="POST",code="200"}' 3
expect_value 'sum by (action) (triage_decisions_total{action="rollback"})' 3
expect_value 'triage_inference_duration_seconds_count{model="incident"}' 3
echo "prometheus: 4 queries have the expected values"
