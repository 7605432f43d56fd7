# The floor, in bash: runs on the server, fed over one ssh connection. Makes the named pods as mPanel has made the one whose files lie in
# /var/lib/template (its name, uid and the template of databases in /var/lib/template/facts), with one daemon-reload and one nginx reload for all.
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
  install -d -g "p-$pod" -m 750 "$home/web" "$home/sites" "$home/sites/main"
  install -d -o www-data -m 700 "$home/web/body"
  install -d -o "p-$pod" -g "p-$pod" -m 700 "$home/tmp" "$home/sites/main/private"
  install -d -o "p-$pod" -g "p-$pod" -m 750 "$home/sites/main/public" "$home/sites/main/app" "$home/sites/main/logs"
  cp -a --reflink=auto "$TEMPLATE" "$home/db"
  chown -R "p-$pod:p-$pod" "$home/db"
  (cd /var/lib/template/files && find . -type f) | while read -r file; do
    to=$(printf %s "${file#.}" | sed "s/$SAMPLE/$pod/g")
    mkdir -p "$(dirname "$to")"
    sed "s/$SAMPLE_TITLE/Title $pod/g; s/$SAMPLE/$pod/g; s/$SAMPLE_UID/$uid/g" "/var/lib/template/files/$file" >"$to"
  done
  chown -R "p-$pod:p-$pod" "$home/sites/main/public"; chmod 640 "$home/sites/main/public/"*
done
systemctl daemon-reload
systemctl enable -q --now $(for pod in "$@"; do echo "pod-${pod}_main.socket pod-${pod}_main.service pod-$pod-db.socket"; done)
for pod in "$@"; do
  echo "create database \`pod_$pod\` character set utf8mb4; create user 'pod_$pod'@'localhost' identified by 'pw-$pod'; grant all on \`pod\\_$pod\`.* to 'pod_$pod'@'localhost';" |
    mariadb --no-defaults --socket="/run/pods/$pod/db/mysqld.sock" --user=root
done
nginx -t -q
systemctl reload nginx
page() { exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\r\nHost: %s.example.test\r\n\r\n' "$1" >&3; cat <&3; exec 3>&-; }
for pod in "$@"; do
  until page "$pod" | grep -q "Title $pod"; do sleep 0.02; done
done
