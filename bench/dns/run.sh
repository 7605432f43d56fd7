#!/bin/sh
# Speed of DNS: how long until two real name servers answer a change of one record, how long an import of 5,000 records takes, and how long the
# panel needs to check 10,000 zones on one core (with its PostgreSQL on the same one). As root, for the two test hosts: sh bench/dns/run.sh
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
. "$ROOT/bench/measure.sh"
cargo build --locked --workspace --exclude frontend --release --bin mpanel-node
measure mpanel-core-hosting ten_thousand_zones_are_checked taskset -c 0 | grep '^dns:'
export MPANEL_BED_REQUIRED=1 MPANEL_NODE_BINARY="$CARGO_TARGET_DIR/release/mpanel-node"
measure mpanel-core-hosting a_change_and_an_import_on_two_name_servers | grep '^dns:'
