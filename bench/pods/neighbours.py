#!/usr/bin/env python3
"""Making one PHP pod on an empty host, and beside many. As root, with the artifacts built:
python3 bench/pods/neighbours.py target/debug/mpanel-node [PODS=100]"""
import json, os, struct, subprocess, sys, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BED = ROOT + "/end2end/bed/bed"
CACHE = os.environ.get("MPANEL_CACHE", os.path.expanduser("~/.cache/mpanel")) + "/artifacts/"
PROGRAM, PODS, HOST = sys.argv[1], int((sys.argv + ["100"])[2]), "neighbours"
AT_ONCE = 10


class Session:
    def __init__(self):
        self.child = subprocess.Popen([BED, "exec", HOST, "/usr/local/lib/mpanel/mpanel-node", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next = 0

    def frame(self, kind, body):
        self.child.stdin.write(struct.pack(">IB", len(body) + 1, kind) + body)
        self.child.stdin.flush()

    def send(self, verb):
        self.next += 1
        request = {"say": "request", "id": self.next, "deadline_ms": 600_000, "key": f"bench:{self.next}", "verb": verb}
        self.frame(0, json.dumps(request).encode())
        return self.next

    def wait(self, ids):
        left = set(ids)
        while left:
            (length,) = struct.unpack(">I", self.child.stdout.read(4))
            body = self.child.stdout.read(length)
            message = json.loads(body[1:]) if body[0] == 0 else {}
            if "result" in message:
                assert "Ok" in message["result"], message
                left.discard(message["id"])

    def put(self, name, kind):
        described = json.load(open(CACHE + name + ".json"))
        path = CACHE + described["file"]
        put = {"name": name, "kind": kind, "sha256": described["sha256"], "size": os.path.getsize(path)}
        number = self.send({"artifact_put": put})
        with open(path, "rb") as file:
            while piece := file.read(256 << 10):
                self.frame(1, struct.pack(">Q", number) + piece)
        self.wait([number])
        return {"name": name, "sha256": described["sha256"]}


def bed(*args):
    subprocess.run([BED, *args], check=True, stdout=subprocess.DEVNULL)


def spec(runtime, number):
    name = f"pod{number}"
    site = {"name": "main", "stack": {"kind": "php", "title": name}, "runtime": runtime, "domains": [f"{name}.example.test"], "source": None}
    return {
        "pod": name, "uid": 1_900_000_000 + number, "network": "internet", "state": "running", "sites": [site],
        "limits": {"cpu_millis": 1000, "memory_mb": 256, "disk_mb": 100, "tasks": 60},
        "databases": [{"name": name, "user": name, "password": "0123456789abcdef"}],
    }


def timed(session, runtime, number):
    """Median of five pods, made and purged one after the other."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        session.wait([session.send({"pod_apply": {"spec": spec(runtime, number)}})])
        times.append(time.monotonic() - began)
        session.wait([session.send({"pod_remove": {"pod": f"pod{number}", "mode": "purge"}})])
    return sorted(times)[2]


bed("up", HOST, "auto")
try:
    bed("ready", HOST, "120")
    bed("copy", HOST, PROGRAM, "/usr/local/lib/mpanel/mpanel-node")
    session = Session()
    runtime = session.put("php8.2", "runtime")
    session.wait([session.send({"pod_apply": {"spec": spec(runtime, 0)}})])
    print(f"beside one: {timed(session, runtime, 99_999):.2f} s", flush=True)
    for first in range(1, PODS + 1, AT_ONCE):
        session.wait([session.send({"pod_apply": {"spec": spec(runtime, number)}}) for number in range(first, min(first + AT_ONCE, PODS + 1))])
    print(f"beside {PODS + 1}: {timed(session, runtime, 99_999):.2f} s")
finally:
    bed("down", HOST)
