# shellcheck shell=bash
# The tests' tailnet: a bridge with Tailscale's interface name. A second bridge plays the public internet, on 198.18.0.0/15.
# Nothing of either can leave the machine. Sourced, never run.

net() {
  case ${1:-} in
    up) preflight ip:iproute2 flock:util-linux && locked net_up ;;
    down) preflight ip:iproute2 flock:util-linux && locked net_down ;;
    *) die "net up, or net down" ;;
  esac
}

net_up() {
  if ip link show "$BED_BRIDGE" >/dev/null 2>&1; then
    ip -d link show "$BED_BRIDGE" | grep -q ' bridge ' ||
      die "this machine has a real $BED_BRIDGE interface (Tailscale); stop it first (systemctl stop tailscaled) or use another machine"
  else
    # A fixed hardware address: else the bridge takes a new one whenever a host comes or goes, and all others look for it.
    ip link add "$BED_BRIDGE" address 02:00:64:40:00:01 type bridge
  fi
  ip addr replace "$BED_GATEWAY/24" dev "$BED_BRIDGE"
  ip link set "$BED_BRIDGE" up
  # An address of the tailnet without a host here fails at once, and is never sent out by another interface.
  ip route replace unreachable 100.64.0.0/10 metric 4096
  ip link show "$BED_INTERNET" >/dev/null 2>&1 || ip link add "$BED_INTERNET" address 02:00:c6:12:00:01 type bridge
  ip addr replace "$BED_INTERNET_PREFIX.1/24" dev "$BED_INTERNET"
  ip link set "$BED_INTERNET" up
  ip route replace unreachable 198.18.0.0/15 metric 4096
}

net_down() {
  local left=("$BED_GLOBAL"/hosts/*)
  [ ! -e "${left[0]}" ] || die "hosts still stand: ${left[*]##*/}; take them down first (bed down NAME, or bed reap --all)"
  ip route del unreachable 100.64.0.0/10 metric 4096 2>/dev/null || true
  ip route del unreachable 198.18.0.0/15 metric 4096 2>/dev/null || true
  ip link del "$BED_INTERNET" 2>/dev/null || true
  ip link del "$BED_BRIDGE" 2>/dev/null || true
  images_unmount
}

# Every host has a network namespace and a cable into each bridge. The inner end of the tailnet's is called like the bridge.
# The outer ends have no address: a browser on this machine breaks off what it is loading when one comes or goes.
host_plug() {
  local name=$1 address=$2 namespace=tb-$1 cable=vt-$1 public=vi-$1
  if [ ! -e "/run/netns/$namespace" ]; then
    ip netns add "$namespace"
    # The hardware address follows from the tailnet address: a host that comes back is found at once.
    ip link add "$cable" type veth peer name "$BED_BRIDGE" address "$(printf '02:00:64:40:00:%02x' "${address##*.}")" netns "$namespace"
    ip link set "$cable" addrgenmode none master "$BED_BRIDGE" up
  fi
  if ! ip link show "$public" >/dev/null 2>&1; then
    ip link add "$public" type veth peer name eth0 address "$(printf '02:00:c6:12:00:%02x' "${address##*.}")" netns "$namespace"
    ip link set "$public" addrgenmode none master "$BED_INTERNET" up
  fi
  ip -n "$namespace" addr replace "$BED_INTERNET_PREFIX.${address##*.}/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" link set lo up
  ip -n "$namespace" addr replace "$address/24" dev "$BED_BRIDGE"
  ip -n "$namespace" link set "$BED_BRIDGE" up
}

host_unplug() {
  host_filter_clear "$1"
  ip netns del "tb-$1" 2>/dev/null || true
  ip link del "vt-$1" 2>/dev/null || true
  ip link del "vi-$1" 2>/dev/null || true
}

host_cut() { host_known "$1"; ip link set "vt-$1" down; }
host_mend() { host_known "$1"; ip link set "vt-$1" up; }

# Packets dropped in the bridge, both ways, by a table of the host's own.
host_filter() {
  local name=$1 table=tb_${1//-/_} direction
  shift
  preflight nft:nftables
  host_filter_clear "$name"
  nft add table bridge "$table"
  nft add chain bridge "$table" in '{ type filter hook input priority 0; }'
  nft add chain bridge "$table" forwarded '{ type filter hook forward priority 0; }'
  nft add chain bridge "$table" out '{ type filter hook output priority 0; }'
  nft add rule bridge "$table" in iifname "vt-$name" "$@" drop
  for direction in iifname oifname; do nft add rule bridge "$table" forwarded "$direction" "vt-$name" "$@" drop; done
  nft add rule bridge "$table" out oifname "vt-$name" "$@" drop
}

host_filter_clear() { nft delete table bridge "tb_${1//-/_}" 2>/dev/null || true; }

host_blackhole() { host_known "$1"; host_filter "$1"; }
host_unhole() { host_known "$1"; host_filter_clear "$1"; }

host_loss() {
  host_known "$1"
  [[ ${2:-} =~ ^([0-9]|[1-9][0-9]|100)$ ]] || die "loss NAME PERCENT, 0 to 100"
  if (($2 == 0)); then host_filter_clear "$1"; else host_filter "$1" numgen random mod 100 lt "$2"; fi
}
