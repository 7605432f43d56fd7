# shellcheck shell=bash
# The life of one host. Sourced, never run.

# The process that is PID 1 inside: the only one whose end ends the host. A sandbox within the host has a PID 1 of its own, one
# namespace further down; it comes first in the list when this machine's process ids have wrapped.
leader_of() {
  local pid
  for pid in $(ip netns pids "tb-$1" 2>/dev/null); do
    if [ "$(awk '/^NSpid/ { print NF, $NF; exit }' "/proc/$pid/status" 2>/dev/null)" = "3 1" ]; then
      echo "$pid"
      return
    fi
  done
}

host_known() {
  check_name "${1:-}"
  [ -e "$BED_GLOBAL/hosts/$1" ] || die "no host $1 here; 'bed list' says which there are"
}

host_leader() {
  local pid
  host_known "${1:-}"
  pid=$(leader_of "$1")
  [ -n "$pid" ] || die "$1 is not running"
  echo "$pid"
}

host_up() {
  local name=${1:-} address=${2:-auto} image
  check_name "$name"
  [ "$address" = auto ] || check_address "$address"
  preflight ip:iproute2 systemd-nspawn:systemd-container mkfs.btrfs:btrfs-progs nsenter:util-linux flock:util-linux ssh-keygen:openssh-client
  unshare --mount true 2>/dev/null || die "this root may not mount (a container without privileges?); use a machine or a privileged container"
  image=$(image_build)
  locked host_boot "$name" "$address" "$image"
}

# Under the lock: takes the address, puts the parts together, starts systemd.
host_boot() {
  local name=$1 address=$2 image=$3 state lower
  if [ -n "$(leader_of "$name")" ]; then
    say "$name is up already"
    record "$name" address
    return
  fi
  net_up
  if [ ! -e "$BED_GLOBAL/hosts/$name" ] && [ -e "$BED_RUN/$name/host" ]; then cp "$BED_RUN/$name/host" "$BED_GLOBAL/hosts/$name"; fi
  state=$(record "$name" state)
  if [ -z "$state" ]; then
    state=$BED_RUN/$name
    [ "$address" = auto ] && address=$(free_address)
    grep -lqx "address=$address" "$BED_GLOBAL"/hosts/* 2>/dev/null && die "$address is taken by another host"
    mkdir -p "$state"
    # Twice: with its disks, where it outlives a restart of this machine, and where all of the bed's hosts are found.
    printf 'address=%s\nstate=%s\nimage=%s\nowner=%s\n' "$address" "$state" "$image" "$(owner_mark)" | tee "$state/host" >"$BED_GLOBAL/hosts/$name"
  else
    # Known already: power was lost, or it was stopped. Same address, same disks, same image.
    address=$(record "$name" address)
    image=$(record "$name" image)
  fi
  lower=$(image_mounted "$image")
  host_disks "$state" "$lower"
  host_identity "$name" "$address" "$state/root"
  host_plug "$name" "$address"
  host_start "$name" "$state"
  printf '%s\n' "$address"
}

free_address() {
  local n
  for n in $(seq 100 250); do
    grep -qsx "address=$BED_PREFIX.$n" "$BED_GLOBAL"/hosts/* || { echo "$BED_PREFIX.$n"; return; }
  done
  die "all addresses of the bed are taken; 'bed reap' removes what dead runs left"
}

# "pid starttime" of the process a host belongs to (MPANEL_BED_OWNER), or nothing: then it stays until it is taken down.
owner_mark() {
  [ -n "${MPANEL_BED_OWNER:-}" ] || return 0
  printf '%s %s' "$MPANEL_BED_OWNER" "$(awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$MPANEL_BED_OWNER/stat")"
}

owner_lives() {
  local pid started now
  read -r pid started <<<"$1"
  now=$(awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$pid/stat" 2>/dev/null) || return 1
  [ "$now" = "$started" ]
}

# One read-only mount of an image serves all hosts.
image_mounted() {
  local mounted
  mounted=$BED_GLOBAL/images/$(basename "$1" .sqfs)
  mkdir -p "$mounted"
  mountpoint -q "$mounted" || mount -t squashfs -o loop,ro "$1" "$mounted"
  echo "$mounted"
}

images_unmount() {
  local mounted
  for mounted in "$BED_GLOBAL"/images/*; do
    [ -d "$mounted" ] || continue
    umount "$mounted" 2>/dev/null || true
    rmdir "$mounted" 2>/dev/null || true
  done
}

# The root: the image below, the host's changes above. The data disk: btrfs in a sparse file, quota on.
host_disks() {
  local state=$1 lower=$2
  mkdir -p "$state/up" "$state/work" "$state/root" "$state/disk"
  mountpoint -q "$state/root" || mount -t overlay overlay -o "lowerdir=$lower,upperdir=$state/up,workdir=$state/work" "$state/root" ||
    die "overlay does not mount on $state; set MPANEL_BED to a folder on ext4, xfs, btrfs or tmpfs"
  if [ ! -e "$state/disk.img" ]; then
    truncate -s "${MPANEL_BED_DISK:-8G}" "$state/disk.img"
    mkfs.btrfs -q "$state/disk.img" >/dev/null 2>&1 || die "mkfs.btrfs failed on $state/disk.img (disk full?)"
  fi
  mountpoint -q "$state/disk" || mount -o loop,noatime "$state/disk.img" "$state/disk"
  btrfs quota enable "$state/disk"
}

# What makes this copy of the image a host of its own. The ssh key is made once and then kept, as on a real server.
host_identity() {
  local name=$1 address=$2 root=$3
  [ -s "$root/etc/machine-id" ] || tr -d '\n-' </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  printf '%s\n' "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$root/etc/hosts"
  : >"$root/etc/resolv.conf"
  [ -e "$root/etc/ssh/ssh_host_ed25519_key" ] || ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
  printf '%s\n' "ListenAddress $address" 'HostKey /etc/ssh/ssh_host_ed25519_key' 'PasswordAuthentication no' \
    'PermitRootLogin prohibit-password' 'UseDNS no' >"$root/etc/ssh/sshd_config.d/bed.conf"
}

# systemd-nspawn inside one child cgroup per controller, so that the host is accounted for and the machine's limits hold.
host_start() {
  local name=$1 state=$2 groups unit=(--keep-unit)
  groups=$(cgroups_make "$name")
  printf '%s\n' "$groups" >"$state/cgroups"
  [ -n "$groups" ] || unit=() # cgroup v2 under a systemd: nspawn asks it for a scope of its own
  # shellcheck disable=SC2016 # expanded by the inner shell
  setsid bash -c 'while read -r d; do [ -z "$d" ] || echo $$ >"$d/cgroup.procs" || exit 1; done <"$1"; shift; exec "$@"' - "$state/cgroups" \
    systemd-nspawn --quiet --directory="$state/root" --machine="$name" --register=no "${unit[@]}" \
    --network-namespace-path="/run/netns/tb-$name" --resolv-conf=off --timezone=off --console=pipe \
    --bind="$state/disk:/srv/pods" --kill-signal=SIGRTMIN+3 --system-call-filter='@keyring bpf perf_event_open' --capability=all \
    /sbin/bed-init </dev/null >"$state/console.log" 2>&1 8>&- 9>&- &
  for _ in $(seq 100); do
    [ -n "$(leader_of "$name")" ] && return
    kill -0 $! 2>/dev/null || die "$name did not start: $(tail -n 3 "$state/console.log")"
    sleep 0.05
  done
  die "$name has no PID 1 after 5 s: $(tail -n 3 "$state/console.log")"
}

# One folder a line. On cgroup v1 below the group that we are in; on pure v2 none is made.
cgroups_make() {
  local controllers path folder
  [ -e /sys/fs/cgroup/cgroup.controllers ] && return
  while IFS=: read -r _ controllers path; do
    [ -n "$controllers" ] || continue
    # systemd's own hierarchy as well: in one that hosts share, what one leaves behind stands in the way of the next with a unit of that name.
    controllers=${controllers#name=}
    [ -d "/sys/fs/cgroup/$controllers" ] || continue
    folder=/sys/fs/cgroup/$controllers$path/tb-$1
    mkdir -p "$folder"
    if [ "$controllers" = cpuset ]; then
      cat "$folder/../cpuset.cpus" >"$folder/cpuset.cpus"
      cat "$folder/../cpuset.mems" >"$folder/cpuset.mems"
    fi
    printf '%s\n' "$folder"
  done </proc/self/cgroup
}

host_wait() {
  local name=${1:-} seconds=${2:-60} address end
  host_known "$name"
  address=$(record "$name" address)
  end=$((SECONDS + seconds))
  while ((SECONDS < end)); do
    # shellcheck disable=SC2016 # expanded by the inner shell
    timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/22" && head -c 4 <&3' - "$address" 2>/dev/null | grep -q '^SSH-' && return
    sleep 0.1
  done
  die "$name ($address) does not answer on its ssh port after $seconds s"
}

host_ready() {
  local name=${1:-} seconds=${2:-120} state='' again='' end
  host_wait "$name" "$seconds"
  end=$((SECONDS + seconds))
  # sshd can answer before systemd's bus does: no answer, or one from the middle of the boot, is not yet one.
  while ((SECONDS < end)); do
    state=$(timeout "$seconds" "$BED_HOME/bed" exec "$name" systemctl is-system-running --wait 2>/dev/null) || true
    case $state in
      running) return ;;
      degraded)
        # On a busy machine one of systemd's own units may lose a race at boot. It is started once more; ours and Debian's are not.
        [ -z "$again" ] || break
        again=$("$BED_HOME/bed" exec "$name" systemctl --failed --no-legend --plain | awk '{print $1}')
        [ -n "$again" ] || continue # it is well by now
        printf '%s\n' "$again" | grep -qv '^systemd-.*\.service$' && break
        echo "bed: $name: started once more: $again" >&2
        # shellcheck disable=SC2086 # words
        "$BED_HOME/bed" exec "$name" systemctl restart $again || true
        ;;
      maintenance | stopping) break ;;
      *) sleep 0.2 ;;
    esac
  done
  die "$name is '$state': $("$BED_HOME/bed" exec "$name" sh -c 'systemctl --failed --no-legend --plain; journalctl -b -p warning -n 12 --no-pager -o cat' || true)"
}

host_exec() {
  local pid name=${1:-} folder
  shift || true
  (($#)) || die "exec NAME CMD..."
  pid=$(host_leader "$name")
  while read -r folder; do [ -z "$folder" ] || echo $$ >"$folder/cgroup.procs"; done <"$(record "$name" state)/cgroups"
  exec nsenter --target "$pid" --mount --uts --ipc --net --pid --root --wd -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

host_copy() {
  if [ ! -f "${2:-}" ] || [ -z "${3:-}" ]; then die "copy NAME FILE PATH: FILE must exist"; fi
  local mode
  mode=$(stat -c %a "$2")
  "$BED_HOME/bed" exec "$1" install -D -m "$mode" /dev/stdin "$3" <"$2"
}

host_kill() {
  local pid
  pid=$(host_leader "${1:-}")
  kill -KILL "$pid"
  host_gone "$1"
}

host_stop() {
  local pid
  pid=$(host_leader "${1:-}")
  kill -RTMIN+3 "$pid"
  host_gone "$1" || host_kill "$1"
}

# Until no process of it is left.
host_gone() {
  for _ in $(seq 600); do
    [ -z "$(ip netns pids "tb-$1" 2>/dev/null)" ] && return
    sleep 0.05
  done
  # shellcheck disable=SC2046 # a word a process
  say "$1 still has processes after 30 s: $(ps -o pid=,stat=,wchan=,args= -p $(ip netns pids "tb-$1" | paste -sd,) || true)"
  return 1
}

host_down() {
  check_name "${1:-}"
  preflight ip:iproute2 flock:util-linux
  locked host_remove "$1"
}

host_remove() {
  local name=$1 state pid folder
  state=$(record "$name" state)
  pid=$(leader_of "$name")
  if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  host_gone "$name" || true
  host_unplug "$name"
  if [ -n "$state" ]; then
    for folder in root disk; do
      mountpoint -q "$state/$folder" && { umount "$state/$folder" 2>/dev/null || umount -l "$state/$folder"; }
    done
    while read -r folder; do
      [ -n "$folder" ] && [ -d "$folder" ] && find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
    done < <(cat "$state/cgroups" 2>/dev/null) || true
    rm -rf --one-file-system "$state"
  fi
  rm -f "$BED_GLOBAL/hosts/$name"
}

host_log() { host_known "${1:-}"; cat "$(record "$1" state)/console.log"; }

host_list() {
  local file name
  for file in "$BED_GLOBAL"/hosts/*; do
    [ -e "$file" ] || continue
    name=$(basename "$file")
    printf '%-12s %-15s %-8s %s\n' "$name" "$(record "$name" address)" "$([ -n "$(leader_of "$name")" ] && echo up || echo off)" "$(record "$name" state)"
  done
}

# Hosts whose owner has died go; hosts without an owner stay until 'bed down', or 'reap --all'.
host_reap() {
  local file name owner
  preflight ip:iproute2 flock:util-linux
  for file in "$BED_GLOBAL"/hosts/*; do
    [ -e "$file" ] || continue
    name=$(basename "$file")
    owner=$(record "$name" owner)
    if [ "${1:-}" = --all ] || { [ -n "$owner" ] && ! owner_lives "$owner"; }; then
      say "removing $name"
      locked host_remove "$name"
    fi
  done
}
