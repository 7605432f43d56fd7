#!/bin/sh
# A month's end: 3,000 of 100,000 subscriptions are renewed by two workers. And a year of 100 customers (or as many as are named) with everything that
# can go wrong. One PostgreSQL beside each. Usage: sh bench/billing/run.sh [CUSTOMERS]
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/bench/measure.sh"
cd "$ROOT"
measure mpanel-core-billing three_thousand_renewals | grep -E 'subscriptions:|whole path'
MPANEL_SEED=${MPANEL_SEED:-1} MPANEL_CUSTOMERS=${1:-100} measure mpanel-core-billing a_year_of_many_customers | grep '^A year'
