#!/bin/sh
# A rush of purchases over two real test hosts: from the first payment to the last site that answers, and how quick the panel's pages are
# meanwhile, beside how quick they were before. Usage, as root: sh bench/rush/run.sh [COUNT]. Needs: bench/common.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
count=${1:-100}
bed="$ROOT/end2end/bed/bed"
cd "$ROOT"
. "$ROOT/bench/common.sh"

host="rush$$"
second="rushb$$"
start_demo 300 --bed "$bed" --host "$host"
trap '"$bed" down "$second" >/dev/null 2>&1 || true; stop_demo' EXIT
"$bed" up "$second" auto >/dev/null
"$bed" ready "$second"
address() { "$bed" exec "$1" hostname -I | tr ' ' '\n' | grep '^100\.'; }
export BENCH_HOST="$(address "$host") $(address "$second")" BENCH_URL="$url" BENCH_SETUP="$setup"
cookie=$(node bench/panel.mjs sell)
node bench/panel.mjs enroll "$cookie" "$second" "$(address "$second")" "$bed" >/dev/null

look() { node bench/pages/load.mjs "$url$1" "$cookie" 1 "$2"; }
printf '%-26s %-20s %9s %7s\n' when page pages/s p99/ms
for page in /admin/cloudpods /; do printf '%-26s %-20s %9s %7s\n' "nothing to do" "$page" $(look "$page" 5); done
node bench/panel.mjs order "$count" rush >"$data/orders"
node bench/panel.mjs pay "$data/orders" >"$data/wall" &
buyer=$!
# The orders are taken first, then all are paid at once.
until [ "$(curl -fsS -H "cookie: $cookie" -H 'content-type: application/json' -d '{"request":{}}' "$url/api/admin/hosting/cloudpods/list" | grep -c '"id"')" != 0 ]; do sleep 0.1; done
for page in /admin/cloudpods /; do printf '%-26s %-20s %9s %7s\n' "while pods are made" "$page" $(look "$page" 4); done
wait "$buyer"
awk -v count="$count" '{printf "%d pods on two hosts answer after %s s: %.0f pods a minute\n", count, $1, count / $1 * 60}' "$data/wall"
page=$(curl -fsS -H "cookie: $cookie" -H 'content-type: application/json' -d '{}' "$url/api/admin/overview/dashboard")
echo "jobs that failed: $(printf '%s' "$page" | sed 's/.*"jobs_failed_24h":\([0-9]*\).*/\1/')"
