#!/bin/sh
# Throws random words at every reader and builder that meets words from outside: scripts/fuzz.sh [seconds per target] [target ..]
# Installs what is missing. Fails on the first fault of a target, keeps the words that led to it and says how to see it again.
set -eu
HERE=$(cd "$(dirname "$0")/.." && pwd)
. "$HERE/scripts/env.sh"
. "$HERE/scripts/setup.sh"
cd "$HERE/fuzz"

seconds=${1:-10}
case "$seconds" in '' | *[!0-9]*) die "fuzz: the first argument is the seconds that each target runs, as in: scripts/fuzz.sh 60" ;; esac
[ $# -eq 0 ] || shift

# One version, so that every machine builds the same way.
VERSION=0.13.2
tools="$MPANEL_CACHE/tools"
kept="$MPANEL_CACHE/fuzz"
log="$kept/build.log"
mkdir -p "$kept"
CARGO=${CARGO:-cargo}

# libFuzzer is written in C++ and comes as source with the crate.
command -v c++ >/dev/null 2>&1 || want_packages g++ libc6-dev
if [ "$("$tools/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $VERSION" ]; then
  say "installing cargo-fuzz $VERSION"
  # Unoptimized: it only starts the compiler, and is itself compiled in a sixth of the time.
  CARGO_TARGET_DIR="$kept/tools-build" "$CARGO" install cargo-fuzz --locked --debug --version "$VERSION" --root "$tools" >"$log" 2>&1 ||
    die "fuzz: cargo-fuzz could not be installed from the crate registry. Its last words: $(tail -n 4 "$log" | tr '\n' ' ')"
  rm -rf "$kept/tools-build"
fi

# Without a sanitizer: Debian's compiler comes without its runtime, and our code has no unsafe blocks for it to look at.
# A panic, an overflow and a broken promise are found all the same.
say "building the targets"
CARGO_TARGET_DIR="$kept/target" PATH="$tools/bin:$PATH" "$CARGO" fuzz build --fuzz-dir . --sanitizer none --release --debug-assertions \
  >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "fuzz: the targets could not be built; everything the compiler said is in $log"; }

host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' Cargo.toml)
count=0 all=0
for target in "$@"; do
  corpus="$kept/corpus/$target" found="$kept/found/$target" said="$kept/$target.log"
  program="$kept/target/$host/release/$target"
  [ -x "$program" ] || die "fuzz: there is no target $target"
  mkdir -p "$corpus" "$found"
  seeds="seeds/$target"
  [ -d "$seeds" ] || seeds=""
  # shellcheck disable=SC2086
  if ! "$program" "$corpus" $seeds -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -dict=words.dict -artifact_prefix="$found/" -print_final_stats=1 >"$said" 2>&1; then
    grep -aE 'panicked at|ERROR|SUMMARY|Test unit written' -A 4 "$said" | tail -n 30 >&2
    die "fuzz: $target met a fault. The words are kept in $found; see it again with: $program FILE"
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")
  [ "${runs:-0}" -gt 0 ] || die "fuzz: $target ran nothing; see $said"
  printf 'ok fuzz %-16s %12s inputs in %s s, %s kept\n' "$target" "$runs" "$seconds" "$(ls "$corpus" | wc -l)"
  count=$((count + 1)) all=$((all + runs))
done
printf 'ok fuzz: %s inputs over %s targets, no fault\n' "$all" "$count"
