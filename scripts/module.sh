#!/bin/sh
# The tests of one module, AREA/MODULE: its use cases in PostgreSQL, and on a real host where root may start one. Its pages are in the story.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
area=${1%%/*} module=${1#*/}
[ -d "crates/core/$area/src/$module" ] || {
  echo "There is no module $1. Modules:" >&2
  (cd crates/core && find */src -mindepth 1 -maxdepth 1 -type d ! -name testing | sed 's|/src/|/|' | sort) >&2
  exit 2
}
# The packages that CI builds, so that nothing compiles twice with other features.
NATIVE="--locked --workspace --exclude frontend"
cargo test $NATIVE --no-run --bins --lib
export MPANEL_NODE_BINARY="$CARGO_TARGET_DIR/debug/mpanel-node" RUST_BACKTRACE=0
binary=$(cargo test $NATIVE --no-run --lib --message-format json 2>/dev/null | sed -n "s|.*\"executable\":\"\([^\"]*/core_$area-[^\"]*\)\".*|\1|p" | tail -n 1)
case $1 in
  billing/tax) TAX_PEERS_PYTHON=$(sh scripts/tax-peers.sh); export TAX_PEERS_PYTHON ;;
  billing/documents) FACTUR_X_PYTHON=$(sh scripts/factur-x.sh); export FACTUR_X_PYTHON ;;
esac
cd "crates/core/$area"
"$binary" "$module::"
[ "$(id -u)" != 0 ] || MPANEL_BED_REQUIRED=1 "$binary" --ignored "$module::" --test-threads=1
