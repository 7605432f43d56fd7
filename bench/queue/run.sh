#!/bin/sh
# Jobs per second and the time from commit to start of jobs that do nothing, on one PostgreSQL that waits for the disk: mPanel's jobs,
# its queue alone (apalis), graphile-worker, pg-boss; in one run. Needs node and npm; its release build takes 20 minutes from nothing.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
export BENCH_MODULES="$MPANEL_CACHE/bench-queue"
[ -d "$BENCH_MODULES/node_modules/pg-boss" ] || npm install --silent --prefix "$BENCH_MODULES" graphile-worker@0.18.0 pg-boss@12.38.0 pg@8
. "$ROOT/bench/measure.sh"
measure mpanel-engine jobs_per_second | grep 'jobs/s'
