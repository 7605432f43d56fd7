#!/bin/sh
# Pages per second and the slowest of a hundred, with a session, at 100 and at 10,000 customers (50,000 pods, a million events), in one run
# on one database; beside mPanel's list of pods a plain Django page with the same rows. Needs: bench/common.sh
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
venv="$MPANEL_CACHE/bench-django"
[ -x "$venv/bin/gunicorn" ] || { python3 -m venv "$venv" && "$venv/bin/pip" -q install django==5.2.8 gunicorn==23.0.0 'psycopg[binary]==3.2.13'; }
export BENCH_SOCKET="$socket" PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1
session=$("$venv/bin/python" "$here/plain_django.py")
# As many processes as there are cores; connections are kept, as mPanel keeps them.
"$venv/bin/gunicorn" -w "$(nproc)" -k gthread --threads 2 -b "127.0.0.1:$((port + 2))" plain_django:application >"$data/django.log" 2>&1 &
django=$!
trap 'kill "$django" 2>/dev/null || true; stop_demo' EXIT
printf '%-24s %9s %10s %9s\n' page customers pages/s p99/ms
done=0
for tenants in 100 10000; do
  psql -q -v ON_ERROR_STOP=1 -h "$socket" -U mpanel -d mpanel -v tenants="$tenants" -v done="$done" -f "$here/seed.sql"
  done=$tenants
  for page in /admin /admin/cloudpods /admin/customers /admin/jobs /admin/invoices /admin/audit; do
    printf '%-24s %9s %10s %9s\n' "$page" "$tenants" $(node "$here/load.mjs" "$url$page" "$cookie")
  done
  printf '%-24s %9s %10s %9s\n' "Django: pods" "$tenants" $(node "$here/load.mjs" "http://localhost:$((port + 2))/" "$session")
done
