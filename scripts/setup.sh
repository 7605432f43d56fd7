# Sourced by ./run and ./test: looks at the machine first, then installs what is missing. POSIX shell.
set -eu
ROOT=$(cd "$(dirname "$0")" && pwd)
cd "$ROOT"

say() { printf '%s\n' "mpanel: $*"; }
die() { printf '%s\n' "mpanel: $*" >&2; exit 1; }

AS_ROOT=""
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then AS_ROOT="sudo"
  elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then AS_ROOT="sudo"; fi
fi
can_be_root() { [ "$(id -u)" = 0 ] || [ -n "$AS_ROOT" ]; }

# ── looks before it touches anything ──────────────────────────────────────────────────────────────
preflight() {
  need_mib=$1 need_disk_mib=$2
  if [ -r /proc/meminfo ]; then
    have=$(awk '/^MemAvailable/{print int($2/1024)}' /proc/meminfo)
    [ "$have" -ge "$need_mib" ] || die "$need_mib MiB of free memory are needed, $have are there. Close something or add memory."
  fi
  mkdir -p "$MPANEL_CACHE" 2>/dev/null || die "$MPANEL_CACHE cannot be made. Set MPANEL_CACHE to a folder that you may write."
  have=$(df -Pm "$MPANEL_CACHE" | awk 'NR==2{print $4}')
  [ "$have" -ge "$need_disk_mib" ] || die "$need_disk_mib MiB are needed in $MPANEL_CACHE, $have are free. Free some or set MPANEL_CACHE."
}

# ── packages ──────────────────────────────────────────────────────────────────────────────────────
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

want_packages() {
  missing=""
  for package in "$@"; do installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 || die "this needs Debian's packages:$missing. On another system install their like by hand."
  can_be_root || die "these packages are missing and this user may not install them:$missing. Run as root, or with sudo."
  say "installing$missing"
  case " $missing " in *" postgresql "*)
    # Debian starts a cluster of its own at installation; mPanel brings its own and leaves that alone.
    $AS_ROOT mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || printf 'create_main_cluster = false\n' | $AS_ROOT tee /etc/postgresql-common/createcluster.conf >/dev/null ;;
  esac
  log="$MPANEL_CACHE/apt.log"
  { $AS_ROOT apt-get update && $AS_ROOT env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 ||
    die "apt-get could not install$missing. Its words: $(tail -n 3 "$log" | tr '\n' ' ')"
}

# ── Rust for both halves ──────────────────────────────────────────────────────────────────────────
rust_is_new_enough() { "$1" --version 2>/dev/null | awk '{split($2,v,"."); exit !(v[1]>1 || v[2]>=94)}'; }

want_rust() {
  if command -v rustup >/dev/null 2>&1 && rust_is_new_enough rustc && rustup target list --installed 2>/dev/null | grep -q wasm32-unknown-unknown; then
    want_packages gcc libc6-dev binaryen
    return 0
  fi
  want_packages gcc libc6-dev rustc-web cargo-web rust-web-src lld-22 binaryen
  rust_is_new_enough /usr/bin/rustc || die "Rust 1.94 or newer is needed and Debian's rustc-web here is older: $(/usr/bin/rustc --version). Add Debian's security archive to apt's sources, or use rustup with: rustup target add wasm32-unknown-unknown."
  . "$ROOT/scripts/env.sh"
  # Little of it runs on two cores at once; who needs it waits for it.
  beside browser-std browser_std
}

# What it prints besides its progress are flags for the compiler, which no one has to read.
browser_std() { sh "$ROOT/scripts/wasm-std.sh" release >/dev/null; }

# ── slow parts, made beside the compiler ──────────────────────────────────────────────────────────
BESIDE=""
beside() {
  name=$1; shift
  "$@" >"$MPANEL_CACHE/$name.log" 2>&1 &
  BESIDE="$BESIDE $!:$name"
  # Nothing of it outlives this command.
  trap 'for part in $BESIDE; do kill "${part%%:*}" 2>/dev/null || true; done' EXIT
}

# Waits for all of them, and shows what the one that is waited for says.
besides_are_done() {
  for part in $BESIDE; do
    name=${part#*:}
    say "waiting for the $name"
    tail -n 1 -f "$MPANEL_CACHE/$name.log" --pid="${part%%:*}" || true
    wait "${part%%:*}" || die "the $name could not be made. Its words: $(tail -n 3 "$MPANEL_CACHE/$name.log" | tr '\n' ' ')"
  done
  BESIDE=""
  trap - EXIT
}

# ── build ─────────────────────────────────────────────────────────────────────────────────────────
# The browser half ends with minutes that only one core works in; what its other core then does comes after the server half.
build_server_half() {
  say "building the server half"
  compiler_is_free debug
  cargo build --locked --workspace --exclude frontend --bins
}

# Cargo builds one thing at a time in a target folder: whoever waits for another build says so. $1: the folder, from the target folder.
compiler_is_free() {
  lock="$CARGO_TARGET_DIR/$1/.cargo-lock"
  [ -e "$lock" ] && ! flock -n "$lock" true || return 0
  say "another build of mPanel is running in $CARGO_TARGET_DIR; waiting for it"
}

build_browser_half() {
  say "building the browser half"
  compiler_is_free wasm32-unknown-unknown/wasm-release
  "$CARGO_TARGET_DIR/debug/xtask" front
}
