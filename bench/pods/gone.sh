# Takes the named pods of a rival away again.
set -eu
systemctl disable -q --now $(printf 'pod-%s-php.service ' "$@") || true
for pod in "$@"; do
  db=$(printf %s "$pod" | tr - _)
  rm -rf /etc/mpanel/pods/"$pod" /etc/nginx/mpanel.d/"$pod".conf /etc/systemd/system/pod-"$pod"-php.service /etc/systemd/system/pods-"$db".slice
  btrfs -q subvolume delete /srv/pods/"$pod"
  gpasswd -d www-data "p-$pod" >&2
  userdel "p-$pod"
  echo "drop database \`$db\`; drop user '$db'@'localhost';"
done | mariadb
systemctl daemon-reload
nginx -t -q && systemctl reload nginx
