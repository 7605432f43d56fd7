#!/bin/sh
# Everything that CI runs, in the order of what fails fastest. One selection of packages for every cargo call: features are the same, nothing compiles twice.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
NATIVE="--locked --workspace --exclude frontend"

# A failure shows what failed, not a page of frames; ask for them with RUST_BACKTRACE=1 on a single test.
export RUST_BACKTRACE=0

part() { printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

# What the tests printed is kept: at the end each claim must find its test there.
log="$MPANEL_CACHE/last-test.log"
: >"$log"
kept() {
  { if "$@" 2>&1; then echo 0 >"$log.end"; else echo $? >"$log.end"; fi; } | tee -a "$log"
  return "$(cat "$log.end")"
}

part "format"
cargo fmt --all --check
part "build"
cargo build $NATIVE --bins --tests
part "repository checks: sizes, layers, operations, writers, names, licenses, claims"
"$CARGO_TARGET_DIR/debug/xtask" check
part "use cases against real PostgreSQL, with the browser half and the runtimes beside them"
MPANEL_ARTIFACTS_DIR="$MPANEL_CACHE/artifacts" "$CARGO_TARGET_DIR/debug/mpanel" runtime build all >"$MPANEL_CACHE/runtimes.log" 2>&1 &
runtimes=$!
# Its last minutes keep one processor busy.
"$CARGO_TARGET_DIR/debug/xtask" front >"$MPANEL_CACHE/front.log" 2>&1 &
front=$!
trap 'kill "$runtimes" "$front" 2>/dev/null || true' EXIT
export MPANEL_NODE_BINARY="$CARGO_TARGET_DIR/debug/mpanel-node"
if [ "$(id -u)" = 0 ]; then export MPANEL_BED_REQUIRED=1; fi
TAX_PEERS_PYTHON=$(sh scripts/tax-peers.sh); export TAX_PEERS_PYTHON
FACTUR_X_PYTHON=$(sh scripts/factur-x.sh); export FACTUR_X_PYTHON
# Most tests wait for PostgreSQL or a reconciler most of the time: twice as many at a time as two processors would get.
export RUST_TEST_THREADS=4
# No example in the documentation is a program, so its compiler is not asked.
kept cargo test $NATIVE --lib --no-fail-fast
part "the rest of the browser half and of the runtimes"
wait "$runtimes" || { cat "$MPANEL_CACHE/runtimes.log"; exit 1; }
wait "$front" || { cat "$MPANEL_CACHE/front.log"; exit 1; }
trap - EXIT
part "programs against real PostgreSQL and real hosts"
kept cargo test $NATIVE --bins --test '*' --no-fail-fast
unset RUST_TEST_THREADS
part "jobs and the agent on real hosts; the browser tests run in the background"
# The browser tests mostly wait and take the longest.
sh scripts/end2end.sh >"$MPANEL_CACHE/story.log" 2>&1 &
story=$!
trap 'kill "$story" 2>/dev/null || true' EXIT
kept cargo test $NATIVE --no-fail-fast --lib real_ -- --ignored
kept cargo test $NATIVE --no-fail-fast --test host -- --ignored --test-threads=2
part "random words to every reader"
kept sh scripts/fuzz.sh 4
part "generated requests to every operation"
sh scripts/api-fuzz.sh 10
part "the stand-in for Stripe against Stripe's own client and description"
sh scripts/stripe-check.sh
part "results of the browser tests"
told=0
wait "$story" || told=$?
trap - EXIT
kept cat "$MPANEL_CACHE/story.log"
[ "$told" = 0 ] || exit "$told"
# It replaces the binary that the browser tests run.
part "one file to ship"
kept cargo test $NATIVE --features mpanel/one-file --test panel one_file
part "claims"
"$CARGO_TARGET_DIR/debug/xtask" claims "$log"
