#!/bin/sh
# What the idle panel takes: its memory with its PostgreSQL (proportional set size, so that shared pages count once). Needs: bench/common.sh
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
cd "$ROOT"
. "$ROOT/bench/common.sh"
start_demo 120
sleep 30 # what only the start needs is given back
for pid in $(family "$panel"); do
  awk '/^Pss:/ {pss = $2} /^Pss_Anon/ {anon = $2} END {print pss, anon}' "/proc/$pid/smaps_rollup"
done | awk '{pss += $1; anon += $2} END {printf "memory: %d MB, of them %d MB not backed by a file\n", pss / 1024, anon / 1024}'
