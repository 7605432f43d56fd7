#!/bin/sh
# Makes the wasm32 half of the Rust standard library where the active rustc has none, and prints the flags to compile with (nothing when
# rustc brings its own). `release` makes one in which a panic ends the program without a word: no visitor reads them, and each has to be
# loaded. `dev` keeps them. Idempotent: what is made is keyed by compiler and flags.
set -eu
case "${1:-}" in
  release) flags="-Zunstable-options -Cpanic=immediate-abort" ;;
  dev) flags="" ;;
  *) echo "usage: wasm-std.sh release|dev" >&2; exit 2 ;;
esac
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/env.sh
. "$here/env.sh"

target=wasm32-unknown-unknown
rustc=${RUSTC:-rustc}
cargo=${CARGO:-cargo}
own=$("$rustc" --print sysroot)

if ls "$own/lib/rustlib/$target/lib/"libstd-*.rlib >/dev/null 2>&1; then
  exit 0
fi

key=$({ "$rustc" -vV; echo "$flags"; } | sha256sum | cut -c1-16)
sysroot="$MPANEL_CACHE/wasm-sysroot/$key"
done_already() {
  [ -e "$sysroot/.complete" ] || return 0
  printf '%s\n' "--sysroot=$sysroot $flags"
  exit 0
}
done_already

if [ ! -d "$own/lib/rustlib/src/rust/library/std" ]; then
  echo "wasm-std: $rustc has neither the target $target nor the sources of its standard library." >&2
  echo "wasm-std: run 'rustup target add $target', or install Debian's rustc-web, cargo-web, rust-web-src and lld-22." >&2
  exit 1
fi

# Of two at once the second waits for the first and takes what it has made.
mkdir -p "$MPANEL_CACHE"
exec 9>"$MPANEL_CACHE/wasm-std.lock"
flock 9
done_already

echo "wasm-std: building the standard library for $target (about half a minute)" >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/mpanel-wasm-std.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/std_builder/src"
printf '[package]\nname = "std_builder"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' > "$work/std_builder/Cargo.toml"
# An empty library without std: building it with -Zbuild-std builds the std that it does not use.
printf '#![no_std]\n' > "$work/std_builder/src/lib.rs"
(
  cd "$work/std_builder"
  # Bitcode in the rlibs is what makes lto = "fat" possible for the front half.
  RUSTC="$rustc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Cembed-bitcode=yes $flags" \
    "$cargo" build --quiet --release --target "$target" \
    -Zbuild-std=std,panic_abort,panic_unwind -Zbuild-std-features=optimize_for_size >&2
)

mkdir -p "$MPANEL_CACHE/wasm-sysroot"
staged=$(mktemp -d "$MPANEL_CACHE/wasm-sysroot/.staged.XXXXXX")
mkdir -p "$staged/lib/rustlib/$target/lib"
cp "$work/target/$target/release/deps/"*.rlib "$staged/lib/rustlib/$target/lib/"
rm -f "$staged/lib/rustlib/$target/lib/"libstd_builder*
host=$("$rustc" -vV | sed -n 's/^host: //p')
ln -s "$own/lib/rustlib/$host" "$staged/lib/rustlib/$host"
: > "$staged/.complete"
mv -T "$staged" "$sysroot"
done_already
