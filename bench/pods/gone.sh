# Takes the named pods of a rival away again.
set -eu
systemctl disable -q --now $(for pod in "$@"; do echo "pod-${pod}_main.socket pod-${pod}_main.service pod-$pod-db.socket pod-$pod-db.service"; done) || true
for pod in "$@"; do
  rm -rf /etc/mpanel/pods/"$pod" /etc/nginx/mpanel.d/"$pod"_main.* /etc/systemd/system/pod-"$pod"_main.* /etc/systemd/system/pod-"$pod"-db.* /etc/systemd/system/pods-"$pod".slice
  btrfs -q subvolume delete /srv/pods/"$pod"
  gpasswd -d www-data "p-$pod" >&2
  userdel "p-$pod"
done
systemctl daemon-reload
nginx -t -q && systemctl reload nginx
