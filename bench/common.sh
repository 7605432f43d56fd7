# Sourced by the benchmarks behind scripts/env.sh and scripts/demo.sh. They need what ./test installs (node, python3-venv, curl) and the
# site and the runtimes that it builds. Another mpanel than the release build: program=PATH before the command.
# The release build embeds the site and fails without it, after twenty minutes.
[ -d "$ROOT/site/pkg" ] || { echo "The site is not built yet: cargo xtask front" >&2; exit 1; }
if [ -z "${program:-}" ]; then
  cargo build --locked --workspace --exclude frontend --release --bin mpanel --bin mpanel-node
  program="$CARGO_TARGET_DIR/release/mpanel"
fi

# The process and everything that it has started.
family() { echo "$1"; for child in $(pgrep -P "$1"); do family "$child"; done; }
