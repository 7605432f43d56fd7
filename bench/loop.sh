#!/bin/sh
# Development: seconds from an edit to the compiler's word on the whole house, and to the word of one room's tests. Each edit adds a
# public function (or a line to the newest migration), so that whatever depends on the file is looked at again; then it is taken back.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
NATIVE="--locked --workspace --exclude frontend"
before=$(mktemp)
edited=""
back() { [ -z "$edited" ] || cp "$before" "$edited"; edited=""; }
trap 'back; rm -f "$before"' EXIT
trap 'exit 130' INT TERM

# after FILE LINE WORD...: appends the line, and says how long the words take.
after() {
  file=$1 line=$2; shift 2
  cp "$file" "$before"
  edited=$file
  printf '%s\n' "$line" >>"$file"
  began=$(date +%s.%N)
  "$@" >/dev/null 2>&1 || { echo "failed: $*"; exit 1; }
  printf '%-48s %-62s %5.1f s\n' "$file" "$*" "$(date +%s.%N | awk -v began="$began" '{print $1 - began}')"
  back
}

function='/// Of a benchmark.
pub fn edited() {}'
page=app/hosting/src/cloudpods/pages.rs
core=crates/core/hosting/src/cloudpods/rules.rs
migration=$(ls migrations/*.sql | tail -n 1)
for file in "$page" "$core" "$migration"; do
  line=$function
  [ "$file" != "$migration" ] || line='-- of a benchmark'
  # Once for the state of before, which is not measured.
  cargo check $NATIVE >/dev/null 2>&1
  after "$file" "$line" cargo check $NATIVE
done
# The others are named for their features only, and have no library to test: so the room is built as the whole house builds it, and alone.
MODULE="--locked -p mpanel -p xtask -p mpanel-core-hosting --lib cloudpods"
cargo test $MODULE >/dev/null 2>&1
after "$core" "$function" cargo test $MODULE
