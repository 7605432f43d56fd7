# Sourced by every command of this repository: which Rust, which target folder.
# One toolchain for both halves: a rustup toolchain that has wasm32, else Debian's rustc-web with a std built by scripts/wasm-std.sh.
MPANEL_CACHE="${MPANEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mpanel}"
export MPANEL_CACHE
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$MPANEL_CACHE/target}"
if [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ]; then
  export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo
  PATH="/usr/bin:$PATH"; export PATH
  # Linking is more than half of what a small change costs with GNU ld; the lld that the browser half needs anyway is four times as fast.
  for lld in /usr/lib/llvm-*/bin/ld.lld; do
    [ ! -x "$lld" ] || export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=lld -Clink-arg=-B${lld%/*}"
  done
fi
