# shellcheck shell=bash
# The image of a test host: Debian as a squashfs file, built once per recipe. Sourced, never run.

image_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$BED_HOME/packages.txt"; }

# The recipe's hash: package list, build script and the files put in.
image_key() {
  { image_packages; declare -f image_make; cat "$BED_HOME/guest/bed-init"; } | sha256sum | cut -c1-16
}

image_file() { printf '%s/%s.sqfs' "$BED_CACHE" "$(image_key)"; }

# Builds the image unless it is there, and prints its path.
image_build() {
  local file started
  file=$(image_file)
  if [ ! -s "$file" ]; then
    preflight mmdebstrap:mmdebstrap mksquashfs:squashfs-tools flock:util-linux
    mkdir -p "$BED_CACHE"
    exec 8>"$BED_CACHE/image.lock"
    flock 8
    if [ ! -s "$file" ]; then # nobody built it while we waited
      started=$SECONDS
      (($(df --output=avail -m "$BED_CACHE" | tail -n 1) > 2500)) || die "the image needs 2.5 GB free in $BED_CACHE; free some, or set MPANEL_CACHE"
      image_make "$file"
      image_prune "$file"
      say "image ready after $((SECONDS - started)) s, $(du -h "$file" | cut -f1): $file"
    fi
    exec 8>&-
  fi
  printf '%s\n' "$file"
}

image_make() {
  local file=$1 work sources options packages
  work=$(mktemp -d "$BED_CACHE/build.XXXXXX")
  # shellcheck disable=SC2064 # the folder's name is fixed now
  trap "rm -rf --one-file-system '$work'" EXIT
  sources=$(apt_sources)
  mapfile -t options < <(apt_options)
  packages=$(image_packages | paste -sd,)
  say "building the host image ($(image_packages | wc -l) packages and what they need; once, a few minutes)"
  # The hooks are run by mmdebstrap's own shell; they are constant.
  # shellcheck disable=SC2016
  printf '%s\n' "$sources" | mmdebstrap --variant=apt --mode=root --format=directory --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/mysql/*/errmsg.txt' --dpkgopt='path-exclude=/usr/bin/mariadb-embedded*' --dpkgopt='path-exclude=/usr/bin/mariadb-test*' \
    --setup-hook='mkdir -p "$1/usr/sbin"; printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --customize-hook='rm -f "$1/usr/sbin/policy-rc.d" "$1"/etc/ssh/ssh_host_* "$1/etc/machine-id" "$1/var/lib/dbus/machine-id"' \
    --customize-hook='systemctl --root="$1" enable ssh.service nginx.service mariadb.service' \
    --customize-hook='systemctl --root="$1" mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer getty@.service console-getty.service pdns.service' \
    bookworm "$work/root" - >&2
  install -m 755 "$BED_HOME/guest/bed-init" "$work/root/sbin/bed-init"
  # Whatever mirror built it, the host keeps no address of it.
  rm -rf "$work"/root/var/lib/apt/lists/* "$work"/root/var/cache/apt/* "$work"/root/var/log/*.log "$work"/root/etc/apt/sources.list
  mkdir -p "$work/root/srv/pods"
  say "packing"
  mksquashfs "$work/root" "$work/image.sqfs" -comp zstd -Xcompression-level 3 -noappend -no-progress -quiet >&2
  mv "$work/image.sqfs" "$file"
  rm -rf --one-file-system "$work"
  trap - EXIT
}

# Images of older recipes go, unless a host still stands on one.
image_prune() {
  local old
  for old in "$BED_CACHE"/*.sqfs; do
    [ "$old" = "$1" ] || grep -qsx "image=$old" "$BED_GLOBAL"/hosts/* "$BED_RUN"/*/host || rm -f "$old"
  done
}
