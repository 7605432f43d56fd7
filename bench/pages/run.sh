#!/bin/sh
# Pages per second and the slowest of a hundred, with a session, at 100 and at 10,000 customers (50,000 pods, a million events), in one run
# on one database. Needs: bench/common.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
cd "$ROOT"
. "$ROOT/bench/common.sh"
start_demo 120
make_admin
socket=$(tr '\0' '\n' <"/proc/$(pgrep -P "$panel" postgres | head -n 1)/cmdline" | grep -A1 '^-k$' | tail -n 1)
printf '%-24s %9s %10s %9s\n' page customers pages/s p99/ms
done=0
for tenants in 100 10000; do
  psql -q -v ON_ERROR_STOP=1 -h "$socket" -U mpanel -d mpanel -v tenants="$tenants" -v done="$done" -f "$here/seed.sql"
  done=$tenants
  for page in /admin /admin/cloudpods /admin/customers /admin/jobs /admin/invoices /admin/audit; do
    printf '%-24s %9s %10s %9s\n' "$page" "$tenants" $(node "$here/load.mjs" "$url$page" "$cookie")
  done
done
