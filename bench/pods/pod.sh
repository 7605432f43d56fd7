# The floor, in bash: runs on the server, fed over one ssh connection. Makes the named pods as mPanel has made the one whose files lie in
# /var/lib/template (its name and uid in /var/lib/template/facts), with one daemon-reload and one nginx reload for all.
set -euo pipefail
. /var/lib/template/facts
for pod in "$@"; do
  home=/srv/pods/$pod
  useradd --system --user-group --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "p-$pod"
  uid=$(id -u "p-$pod")
  usermod --append --groups "p-$pod" www-data
  btrfs -q subvolume create "$home"
  btrfs qgroup limit 256M "$home"
  chown "root:p-$pod" "$home"; chmod 750 "$home"
  install -d -o "p-$pod" -g "p-$pod" -m 750 "$home/public" "$home/tmp" "$home/logs"
  (cd /var/lib/template/files && find . -type f) | while read -r file; do
    to=$(printf %s "${file#.}" | sed "s/$SAMPLE/$pod/g")
    mkdir -p "$(dirname "$to")"
    sed "s/$SAMPLE_TITLE/Title $pod/g; s/$SAMPLE/$pod/g; s/:$SAMPLE_UID:/:$uid:/g" "/var/lib/template/files/$file" >"$to"
  done
  chown -R "p-$pod:p-$pod" "$home/public"; chmod 640 "$home/public/"*
  db=$(printf %s "$pod" | tr - _)
  echo "create database \`$db\`; create user '$db'@'localhost' identified by 'pw-$pod'; grant all on \`$db\`.* to '$db'@'localhost';"
done | mariadb
systemctl daemon-reload
systemctl enable -q --now $(printf 'pod-%s-php.service ' "$@")
nginx -t -q
systemctl reload nginx
page() { exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\r\nHost: %s.example.test\r\n\r\n' "$1" >&3; cat <&3; exec 3>&-; }
for pod in "$@"; do
  until page "$pod" | grep -q "Title $pod"; do sleep 0.02; done
done
