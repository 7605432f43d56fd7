# shellcheck shell=bash disable=SC2034 # used by the other parts
# Words and paths that every verb of the bed shares. Sourced, never run.

MPANEL_CACHE="${MPANEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mpanel}"
BED_CACHE="$MPANEL_CACHE/bed"              # images, kept
BED_RUN="${MPANEL_BED:-$BED_CACHE/run}"    # one folder per host: its changes and its data disk
BED_GLOBAL=/run/mpanel-bed                 # what the whole machine shares: lock, addresses taken, mounted images
BED_BRIDGE=tailscale0
BED_GATEWAY=100.64.0.1
BED_PREFIX=100.64.0
BED_INTERNET=bed-internet                  # the bridge that plays the public internet, for what pods may reach
BED_INTERNET_PREFIX=198.18.0

say() { printf 'bed: %s\n' "$*" >&2; }
die() { printf 'bed: %s\n' "$*" >&2; exit 1; }

# Names become part of interface names, which end at 15 characters.
check_name() {
  [[ ${1:-} =~ ^[a-z0-9][a-z0-9-]{0,11}$ ]] || die "a host's name is 1 to 12 of a-z, 0-9 and '-', not '${1:-}'"
}

check_address() {
  if [[ ${1:-} =~ ^100\.64\.0\.([1-9][0-9]{0,2})$ ]] && ((BASH_REMATCH[1] >= 2 && BASH_REMATCH[1] <= 254)); then return; fi
  die "an address of the bed is $BED_PREFIX.2 to $BED_PREFIX.254, not '${1:-}'"
}

# Runs a function while holding the machine-wide lock. File descriptor 9 must not leak into a host.
locked() {
  mkdir -p "$BED_GLOBAL/hosts" "$BED_GLOBAL/images"
  exec 9>"$BED_GLOBAL/lock"
  flock -w 120 9 || die "another bed command has held $BED_GLOBAL/lock for two minutes"
  "$@"
  exec 9>&-
}

# Fails early, with the reason and the remedy. Arguments: the programs needed.
preflight() {
  [ "$(uname -s)" = Linux ] || die "real test hosts need Linux; this is $(uname -s)"
  [ "$(id -u)" = 0 ] || die "real test hosts need root (network namespaces, mounts); run this as root or by sudo"
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if ((${#missing[@]})); then
    die "missing: ${missing[*]} - install them: apt-get install -y --no-install-recommends $(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')"
  fi
}

# The global record of a host, a file of KEY=VALUE lines: address, state folder, owner.
record() { sed -n "s/^$2=//p" "$BED_GLOBAL/hosts/$1" 2>/dev/null || true; }
