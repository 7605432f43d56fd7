# What the first version of the agent left on a server for one PHP pod with a database, recorded from a server that it had set up.
# Arguments of the shell that reads this: POD, the runtime's checksum, the pod's limits and names are those of the test.
set -e
POD=$1 SHA=$2
RUNTIME=php8.2-${SHA:0:8}
SLICE=pods-${POD//-/_}.slice
DATABASE=${POD//-/_}
HEAD='# Written by mPanel. Changes made here are undone.'

systemd-sysusers --inline "r - 20000-59999" "u p-$POD - \"CloudPod $POD\" /srv/pods/$POD /usr/sbin/nologin" "m www-data p-$POD"
btrfs subvolume create "/srv/pods/$POD" >/dev/null
btrfs qgroup limit 209715200 "/srv/pods/$POD"
chown "root:p-$POD" "/srv/pods/$POD"
chmod 750 "/srv/pods/$POD"
for folder in public:750 app:750 private:700 tmp:700 logs:750; do
  install -d -o "p-$POD" -g "p-$POD" -m "${folder#*:}" "/srv/pods/$POD/${folder%:*}"
done
mkdir -p "/etc/mpanel/pods/$POD" /etc/nginx/mpanel.d /var/lib/mpanel/pods "/srv/runtimes/$RUNTIME"

cat >"/etc/systemd/system/$SLICE" <<TEXT
$HEAD

[Unit]
Description=CloudPod $POD

[Slice]
CPUAccounting=yes
MemoryAccounting=yes
TasksAccounting=yes
CPUQuota=100%
MemoryMax=256M
TasksMax=60
TEXT
MOUNT="srv-runtimes-php8.2\\x2d${SHA:0:8}.mount"
cat >"/etc/systemd/system/$MOUNT" <<TEXT
$HEAD

[Unit]
Description=Runtime /srv/runtimes/$RUNTIME

[Mount]
What=/var/lib/mpanel/artifacts/$SHA.sqfs
Where=/srv/runtimes/$RUNTIME
Type=squashfs
Options=loop,ro,nosuid,nodev

[Install]
WantedBy=multi-user.target
TEXT
cat >"/etc/systemd/system/pod-$POD-php.service" <<TEXT
$HEAD

[Unit]
Description=CloudPod $POD
After=network.target mariadb.service
RequiresMountsFor=/srv/pods /srv/runtimes/$RUNTIME
StartLimitIntervalSec=0
Wants=mariadb.service

[Service]
User=p-$POD
Group=p-$POD
Slice=$SLICE
RootDirectory=/srv/runtimes/$RUNTIME
MountAPIVFS=yes
TemporaryFileSystem=/srv:ro /run:mode=0755
BindPaths=/srv/pods/$POD -/run/pods/$POD /srv/pods/$POD/tmp:/tmp /srv/pods/$POD/tmp:/var/tmp
BindReadOnlyPaths=/etc/mpanel/pods/$POD:/run/pod /etc/mpanel/pods/$POD/passwd:/etc/passwd /etc/mpanel/pods/$POD/group:/etc/group /etc/mpanel/pods/$POD/hosts:/etc/hosts -/etc/resolv.conf /run/mysqld
ReadWritePaths=/srv/pods/$POD -/run/pods/$POD /tmp /var/tmp
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallFilter=@system-service
NoNewPrivileges=yes
PrivateDevices=yes
ProtectSystem=strict
RuntimeDirectory=pods/$POD
RuntimeDirectoryMode=0750
RestartSec=1
Type=notify
ExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config /run/pod/fpm.conf
Restart=always
UMask=0027

[Install]
WantedBy=multi-user.target
TEXT
USER_NUMBER=$(id -u "p-$POD")
printf 'root:x:0:0::/root:/usr/sbin/nologin\np-%s:x:%s:%s::/srv/pods/%s:/usr/sbin/nologin\n' "$POD" "$USER_NUMBER" "$USER_NUMBER" "$POD" >"/etc/mpanel/pods/$POD/passwd"
printf 'root:x:0:\np-%s:x:%s:\n' "$POD" "$USER_NUMBER" >"/etc/mpanel/pods/$POD/group"
printf '127.0.0.1 localhost\n::1 localhost\n127.0.0.1 %s.example.test\n' "$POD" >"/etc/mpanel/pods/$POD/hosts"
cat >"/etc/mpanel/pods/$POD/fpm.conf" <<TEXT
; Written by mPanel. Changes made here are undone.

[global]
error_log=/srv/pods/$POD/logs/fpm.log
daemonize=no

[pod]
listen=/run/pods/$POD/fpm.sock
listen.mode=0660
pm=ondemand
pm.max_children=5
chdir=/srv/pods/$POD/public
TEXT
cat >/etc/nginx/conf.d/mpanel.conf <<TEXT
$HEAD
server_tokens off;
map \$http_upgrade \$mpanel_connection {
  default upgrade;
  "" "";
}
server {
  listen 80 default_server;
  listen [::]:80 default_server;
  server_name _;
  return 404;
}
include /etc/nginx/mpanel.d/*.conf;
TEXT
rm -f /etc/nginx/sites-enabled/default
cat >"/etc/nginx/mpanel.d/$POD.conf" <<TEXT
$HEAD
server {
  listen 80;
  listen [::]:80;
  server_name $POD.example.test;
  root /srv/pods/$POD/public;
  access_log /var/log/nginx/pod-$POD.access.log;
  error_log /var/log/nginx/pod-$POD.error.log;
  location = /.well-known/mpanel-config {
    default_type text/plain;
    access_log off;
    return 200 af45d9de6df67c2e85bea124;
  }
  index index.php index.html;
  location / {
    try_files \$uri \$uri/ /index.php?\$args;
  }
  location ~ "\\.php\$" {
    try_files \$uri =404;
    include /etc/nginx/fastcgi_params;
    fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    fastcgi_pass unix:/run/pods/$POD/fpm.sock;
  }
}
TEXT
printf '{"spec":{"pod":"%s","domains":["%s.example.test"],"stack":{"kind":"php","title":"Old"},"runtime":{"name":"php8.2","sha256":"%s"},"app":null,"limits":{"cpu_millis":1000,"memory_mb":256,"disk_mb":200,"tasks":60},"database":{"name":"%s","user":"%s","password":"secret-of-%s-0123456789"},"state":"running"},"unfinished":false,"held":false,"starter":true,"unpacked":null,"installed":false}' \
  "$POD" "$POD" "$SHA" "$DATABASE" "$DATABASE" "$POD" >"/var/lib/mpanel/pods/$POD.json"
chmod 600 "/var/lib/mpanel/pods/$POD.json"
for unit in "pod-$POD-php.service" "$MOUNT"; do ln -sf "../$unit" "/etc/systemd/system/multi-user.target.wants/$unit"; done

mariadb <<SQL
create database if not exists $DATABASE character set utf8mb4 collate utf8mb4_unicode_ci;
create user if not exists '$DATABASE'@'localhost' identified by 'secret-of-$POD-0123456789';
grant all on \`${DATABASE//_/\\_}\`.* to '$DATABASE'@'localhost';
use $DATABASE;
create table visits (page varchar(40), people int);
insert into visits values ('Käse & Brot', 17), ('home', 4);
SQL
# What the tenant has put there: a page that names its files by their full path, and a link of its own.
cat >"/srv/pods/$POD/public/index.php" <<PHP
<?php
require '/srv/pods/$POD/private/words.php';
\$db = new mysqli('localhost', '$DATABASE', 'secret-of-$POD-0123456789', '$DATABASE');
\$rows = \$db->query('select page, people from visits order by people')->fetch_all();
echo WORDS, ' ', json_encode(\$rows, JSON_UNESCAPED_UNICODE), ' ', posix_getuid();
PHP
echo "<?php const WORDS = 'my own page';" >"/srv/pods/$POD/private/words.php"
ln -s /etc/shadow "/srv/pods/$POD/public/link"
chown -hR "p-$POD:" "/srv/pods/$POD/public" "/srv/pods/$POD/private"
systemctl daemon-reload
systemctl start "$MOUNT" "pod-$POD-php.service"
systemctl reload nginx
