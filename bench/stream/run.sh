#!/bin/sh
# A gigabyte from a real test host to the panel's side and back over the agent's streams, and the same over plain ssh (with a checksum on
# both ways, as the agent makes one): three rounds, one after the other. As root: sh bench/stream/run.sh
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
cargo build --locked --workspace --exclude frontend --release --bin mpanel-node
MPANEL_BED_REQUIRED=1 MPANEL_NODE_BINARY="$CARGO_TARGET_DIR/release/mpanel-node" \
  cargo test --locked --release -p mpanel -p xtask -p mpanel-adapters --test hosts -- --ignored --nocapture a_gigabyte_each_way | grep '^round'
