#!/usr/bin/env python3
"""Requests per second of one static file, one PHP page and WordPress' front page on one test host: as mPanel serves them, and by an nginx and a
php-fpm that were set up by hand for the same files, the same PHP and the same database. Round by round, one after the other; prints the medians and
mPanel's share (goal: at least 0.97). As root, with the artifacts built and wrk installed (apt-get install wrk):
python3 bench/sites/run.py target/release/mpanel-node [ROUNDS=5] [SECONDS=5]"""
import json, os, re, shutil, struct, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BED = ROOT + "/end2end/bed/bed"
CACHE = os.environ.get("MPANEL_CACHE", os.path.expanduser("~/.cache/mpanel")) + "/artifacts/"
PROGRAM, ROUNDS, SECONDS = sys.argv[1], int(sys.argv[2] if len(sys.argv) > 2 else 5), int(sys.argv[3] if len(sys.argv) > 3 else 5)
HOST, PORT, CHILDREN = "sites", 8080, 40
PAGE = """<?php
$rows = [];
foreach (range(1, 200) as $number) $rows[] = ['number' => $number, 'word' => md5((string) $number)];
usort($rows, fn($a, $b) => $a['word'] <=> $b['word']);
echo '<title>page</title><ul>';
foreach ($rows as $row) echo '<li>', htmlspecialchars($row['word']), '</li>';
"""
# By hand, as the manuals have it.
NGINX = """user www-data; worker_processes auto; pid /run/bare.pid; error_log /var/log/nginx/bare.error.log;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types; default_type application/octet-stream; sendfile on; tcp_nopush on; gzip on; access_log /var/log/nginx/bare.log;
  server_names_hash_bucket_size 128;
%s}
"""
SERVER = """  server {
    listen %(port)d; server_name %(pod)s.example.test; root /srv/pods/%(pod)s/sites/main/public; index index.php index.html;
    location / { try_files $uri $uri/ /index.php?$args; }
    location ~ \\.php$ {
      try_files $uri =404; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:/srv/pods/%(pod)s/web/bare.sock;
    }
  }
"""
POOL = """[global]
error_log = /srv/pods/%(pod)s/web/bare.log
[www]
user = p-%(pod)s
group = p-%(pod)s
listen = /srv/pods/%(pod)s/web/bare.sock
listen.mode = 0666
pm = dynamic
pm.max_children = %(children)d
pm.start_servers = 8
pm.min_spare_servers = 4
pm.max_spare_servers = 16
"""
UNIT = """[Service]
RootDirectory=%(root)s
MountAPIVFS=yes
TemporaryFileSystem=/srv:ro /run:mode=0755
BindPaths=/srv/pods/%(pod)s /srv/pods/%(pod)s/tmp:/tmp
BindReadOnlyPaths=/etc/mpanel/pods/%(pod)s/main/passwd:/etc/passwd /etc/mpanel/pods/%(pod)s/main/group:/etc/group /run/pods/%(pod)s/db:/run/mysqld
ExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config /srv/pods/%(pod)s/web/bare.conf
"""


class Session:
    def __init__(self):
        self.child = subprocess.Popen([BED, "exec", HOST, "/usr/local/lib/mpanel/mpanel-node", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next = 0

    def frame(self, kind, body):
        self.child.stdin.write(struct.pack(">IB", len(body) + 1, kind) + body)
        self.child.stdin.flush()

    def send(self, verb):
        self.next += 1
        self.frame(0, json.dumps({"say": "request", "id": self.next, "deadline_ms": 600_000, "key": f"bench:{self.next}", "verb": verb}).encode())
        return self.next

    def wait(self, number):
        while True:
            (length,) = struct.unpack(">I", self.child.stdout.read(4))
            body = self.child.stdout.read(length)
            message = json.loads(body[1:]) if body[0] == 0 else {}
            if "result" in message and message["id"] == number:
                assert "Ok" in message["result"], message
                return

    def put(self, name, kind):
        described = json.load(open(CACHE + name + ".json"))
        path = CACHE + described["file"]
        number = self.send({"artifact_put": {"name": name, "kind": kind, "sha256": described["sha256"], "size": os.path.getsize(path)}})
        with open(path, "rb") as file:
            while piece := file.read(256 << 10):
                self.frame(1, struct.pack(">Q", number) + piece)
        self.wait(number)
        return {"name": name, "sha256": described["sha256"]}


def bed(*args):
    subprocess.run([BED, *args], check=True, stdout=subprocess.DEVNULL)


def script(text):
    return subprocess.run([BED, "exec", HOST, "bash", "-seu"], input=text, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def spec(pod, number, runtime, stack, source=None):
    site = {"name": "main", "stack": stack, "runtime": runtime, "domains": [f"{pod}.example.test"], "source": source}
    return {
        "pod": pod, "uid": 1_900_000_000 + number, "network": "internet", "state": "running", "sites": [site],
        "limits": {"cpu_millis": 1000 * os.cpu_count(), "memory_mb": 2048, "disk_mb": 1000, "tasks": 200},
        "databases": [{"name": pod, "user": pod, "password": "0123456789abcdef"}],
    }


def write(path, text):
    script(f"cat > {path} <<'TEXT'\n{text}\nTEXT")


def load(address, port, pod, path):
    command = ["wrk", "-t", "2", "-c", "16", "-d", f"{SECONDS}s", "-H", f"Host: {pod}.example.test", f"http://{address}:{port}{path}"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", said).group(1))


if not shutil.which("wrk"):
    sys.exit("wrk is not installed (apt-get install wrk)")
bed("up", HOST, "auto")
try:
    bed("ready", HOST, "120")
    bed("copy", HOST, PROGRAM, "/usr/local/lib/mpanel/mpanel-node")
    session = Session()
    runtime, source = session.put("php8.2", "runtime"), session.put("wordpress", "archive")
    blog = {
        "kind": "wordpress", "title": "blog", "admin_email": "ana@example.test", "admin_user": "ana", "admin_password": "a very good one",
        "url": "http://blog.example.test", "database": "blog",
    }
    for made in [spec("pages", 1, runtime, {"kind": "php", "title": "pages"}), spec("blog", 2, runtime, blog, source)]:
        session.wait(session.send({"pod_apply": {"spec": made}}))
    public = "/srv/pods/pages/sites/main/public"
    write(f"{public}/page.php", PAGE)
    script(f"head -c 20000 /dev/urandom | base64 > {public}/file.txt; chown p-pages: {public}/page.php {public}/file.txt")
    root = script("ls -d /srv/runtimes/php8.2-*")
    for pod in ["pages", "blog"]:
        write(f"/srv/pods/{pod}/web/bare.conf", POOL % {"pod": pod, "children": CHILDREN})
        write(f"/etc/systemd/system/bare-{pod}.service", UNIT % {"pod": pod, "root": root})
    write("/etc/nginx/bare.conf", NGINX % "".join(SERVER % {"pod": pod, "port": PORT} for pod in ["pages", "blog"]))
    script("systemctl daemon-reload; systemctl start bare-pages bare-blog; nginx -c /etc/nginx/bare.conf")
    address = next(one for one in script("hostname -I").split() if one.startswith("100."))
    print(f"{'what':<24} {'mPanel/s':>10} {'by hand/s':>10} {'share':>6}")
    for what, pod, path in [("static file, 27 kB", "pages", "/file.txt"), ("PHP page", "pages", "/page.php"), ("WordPress, front page", "blog", "/")]:
        for port in [80, PORT]:
            load(address, port, pod, path)
        rounds = [(load(address, 80, pod, path), load(address, PORT, pod, path)) for _ in range(ROUNDS)]
        ours, theirs = (sorted(figures)[ROUNDS // 2] for figures in zip(*rounds))
        print(f"{what:<24} {ours:>10.0f} {theirs:>10.0f} {ours / theirs:>6.2f}", flush=True)
finally:
    bed("down", HOST)
