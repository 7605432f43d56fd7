#!/usr/bin/env python3
"""First byte of WordPress sites that are asleep, while others are awake, where all pods together may have 4 GB. As root, with the artifacts built:
python3 bench/pods/sleep.py target/release/mpanel-node [PODS=500] [AWAKE=30] [SAMPLES=200]
A pod takes about 100 MB of the test host's disk."""
import json, os, random, socket, struct, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BED = ROOT + "/end2end/bed/bed"
CACHE = os.environ.get("MPANEL_CACHE", os.path.expanduser("~/.cache/mpanel")) + "/artifacts/"
NODE = "/usr/local/lib/mpanel/mpanel-node"
PROGRAM = sys.argv[1]
PODS, AWAKE, SAMPLES = (int(number) for number in (sys.argv[2:] + ["500", "30", "200"][len(sys.argv) - 2 :]))
HOST, AT_ONCE, MEMORY = "sleepers", 5, "4G"


class Session:
    def __init__(self):
        self.child = subprocess.Popen([BED, "exec", HOST, NODE, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
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
    return subprocess.run([BED, *args], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def script(text):
    return subprocess.run([BED, "exec", HOST, "bash", "-s"], input=text, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def spec(runtime, source, number):
    name = f"pod{number}"
    stack = {
        "kind": "wordpress", "title": name, "admin_email": "ana@example.test", "admin_user": "ana", "admin_password": "a very good one",
        "url": f"http://{name}.example.test", "database": name,
    }
    site = {
        "name": "main", "stack": stack, "runtime": runtime, "domains": [f"{name}.example.test"], "source": source, "sleep_after_minutes": 5,
    }
    return {
        "pod": name, "uid": 1_900_000_000 + number, "network": "internet", "state": "running", "sites": [site],
        "limits": {"cpu_millis": 1000, "memory_mb": 256, "disk_mb": 300, "tasks": 60},
        "databases": [{"name": name, "user": name, "password": "0123456789abcdef"}],
    }


def put_to_sleep(numbers):
    """As if their last visitors had come an hour ago; waits until their programs and databases are stopped."""
    sockets = " ".join(f"/run/pods/pod{number}/main.sock" for number in numbers)
    units = " ".join(f"pod-pod{number}_main.service pod-pod{number}-db.service" for number in numbers)
    look = f"touch -c -d '1 hour ago' {sockets}; {NODE} sleep"
    script(f"for try in $(seq 60); do {look}; systemctl is-active --quiet {units} || exit 0; sleep 1; done; exit 1")


def first_byte(address, number):
    """Seconds from the first byte of the request to the first byte of a page that is the site's own."""
    began = time.monotonic()
    with socket.create_connection((address, 80), timeout=60) as visitor:
        visitor.sendall(f"GET / HTTP/1.0\r\nHost: pod{number}.example.test\r\n\r\n".encode())
        answer = visitor.recv(65536)
        took = time.monotonic() - began
        while piece := visitor.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ") and f"pod{number}".encode() in answer, answer[:300]
    return took


def show(name, times):
    times = sorted(times)
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000
    print(f"{name}: median {at(0.5):.0f} ms, 95 % {at(0.95):.0f} ms, 99 % {at(0.99):.0f} ms, most {times[-1] * 1000:.0f} ms ({len(times)})", flush=True)


def memory():
    return int(script("systemctl show pods.slice --property=MemoryCurrent --value")) / (1 << 20)


address = bed("up", HOST, "auto").splitlines()[-1]
try:
    bed("ready", HOST, "120")
    bed("copy", HOST, PROGRAM, NODE)
    session = Session()
    runtime, source = session.put("php8.2", "runtime"), session.put("wordpress", "archive")
    script(f"systemctl set-property pods.slice MemoryMax={MEMORY}")
    for first in range(0, PODS, AT_ONCE):
        batch = range(first, min(first + AT_ONCE, PODS))
        session.wait([session.send({"pod_apply": {"spec": spec(runtime, source, number)}}) for number in batch])
        put_to_sleep(batch)
    print(f"{PODS} WordPress pods asleep: {memory():.0f} MiB", flush=True)
    script("sync; echo 1 >/proc/sys/vm/drop_caches")
    awake, sleeping = range(AWAKE), list(range(AWAKE, PODS))
    stop, known = threading.Event(), []

    def visitors():
        while not stop.is_set():
            for number in awake:
                known.append(first_byte(address, number))
            stop.wait(1)

    for number in awake:
        first_byte(address, number)
    print(f"{AWAKE} of them awake: {memory():.0f} MiB", flush=True)
    began = time.monotonic()
    script(f"{NODE} sleep")
    print(f"a look through all of them: {(time.monotonic() - began) * 1000:.0f} ms", flush=True)
    others = threading.Thread(target=visitors)
    others.start()
    woken = []
    try:
        for number in random.sample(sleeping, min(SAMPLES, len(sleeping))):
            woken.append(first_byte(address, number))
            # So that no more than those are awake.
            put_to_sleep([number])
    finally:
        stop.set()
        others.join()
    show("first byte, asleep", woken)
    show("first byte, awake", known)
finally:
    bed("down", HOST)
