#!/bin/sh
# The tests of one module, AREA/MODULE: its use cases in PostgreSQL, on a real host where root may start one, and its pages in a browser there.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
area=${1%%/*} module=${1#*/}
# A module has a folder in its area; some stand inside another, and have pages of their own: hosting/websites is in cloudpods.
modules() {
  for folder in crates/core/*/src/*/ crates/core/*/src/*/*/; do
    name=$(basename "$folder") of=${folder#crates/core/} of=${of%%/*}
    case $folder in */src/testing/ | */src/tests/ | */tests/*) continue ;; */src/*/*/) [ -d "app/$of/src/$name" ] || continue ;; esac
    echo "$of/$name"
  done | sort -u
}
modules | grep -qx "$1" || {
  echo "There is no module $1. Modules:" >&2
  modules >&2
  exit 2
}
# The packages that CI builds, so that nothing compiles twice with other features.
NATIVE="--locked --workspace --exclude frontend"
pages=$(grep -l "^// Pages of.* $1\b" end2end/tests/*.spec.js | xargs -rn1 basename)
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
cd "$ROOT"
[ -n "$pages" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "Its pages are not looked at: a test server needs root."; exit 0; }
"$CARGO_TARGET_DIR/debug/xtask" front
MPANEL_ARTIFACTS_DIR="$MPANEL_CACHE/artifacts" "$CARGO_TARGET_DIR/debug/mpanel" runtime build all
# What the others stand on comes first: a customer with a site, a domain with a zone.
# shellcheck disable=SC2086
sh scripts/end2end.sh 0-set-up 1-purchase 2-plans 2-domains 2-zones $pages
