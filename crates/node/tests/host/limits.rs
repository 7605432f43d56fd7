//! What a pod may take, in PHP and in Node: counted by the kernel, not by a clock of ours.

use std::time::{Duration, Instant};

use wire::spec::{Limits, PodSpec};
use wire::verb::PodApply;

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod, wordpress_pod};

const PHP: &str = r#"<?php
set_time_limit(0);
while (!file_exists('/srv/pods/l-php/sites/main/private/enough')) { for ($i = 0; $i < 100000; $i++); clearstatcache(); }
echo 'enough';
"#;

const NODE: &str = r#"'use strict';
const http = require('http'), fs = require('fs'), { spawn } = require('child_process');
const answers = {
  '/burn.php': () => { while (!fs.existsSync('/srv/pods/l-node/sites/main/private/enough')) for (let i = 0; i < 100000; i++); return 'enough'; },
  '/memory': () => { const all = []; for (let i = 0; i < 600; i++) all.push(Buffer.alloc(1 << 20, 1 + i % 255)); return 'took all'; },
  '/disk': () => {
    const file = fs.openSync('/srv/pods/l-node/sites/main/private/fill', 'w'), block = require('crypto').randomBytes(1 << 20);
    let written = 0;
    try { while (written < 400 && fs.writeSync(file, block) === block.length) written++; } catch {}
    return String(written);
  },
};
http.createServer(async (request, response) => {
  if (request.url === '/tasks') {
    const begun = (child) => new Promise((done) => { child.on('spawn', () => done(child)); child.on('error', () => done()); });
    const children = [];
    for (let i = 0; i < 200; i++) { try { children.push(await begun(spawn('sleep', ['5']))); } catch {} }
    const started = children.filter(Boolean);
    for (const child of started) child.kill('SIGKILL');
    response.end(String(started.length));
  } else response.end((answers[request.url] || (() => 'is ready'))());
}).listen(process.env.PORT);
"#;

/// Pods of both kinds with programs of ours in them, and a calm one beside.
fn prepared(host: &Host, cpu_millis: u32) {
    let session = host.session();
    let limited = |spec: PodSpec| PodSpec { limits: Limits { cpu_millis, ..spec.limits.clone() }, ..spec };
    for spec in [limited(php_pod("l-php")), limited(node_pod("l-node")), static_pod("l-calm")] {
        session.call(PodApply { spec }).unwrap();
    }
    for (pod, file, text) in [("l-php", "public/burn.php", PHP), ("l-node", "app/server.js", NODE)] {
        host.script(&format!("cat > /srv/pods/{pod}/sites/main/{file} <<'TEXT'\n{text}\nTEXT\nchown p-{pod}: /srv/pods/{pod}/sites/main/{file}"));
    }
    host.script("systemctl restart pod-l-node_main.service");
    host.await_page(&domain("l-node"), "is ready");
}

/// Processor time and time that went by, in seconds, while the kernel has held the pod back in twenty periods. Nothing when it never does.
fn held_back(host: &Host, pod: &str) -> Option<(f64, f64)> {
    let slice = pod.replace('-', "_");
    let said = host.script(&format!(
        r#"place=$(systemctl show -P ControlGroup pods-{slice}.slice)
cd /sys/fs/cgroup/cpu$place 2>/dev/null || cd /sys/fs/cgroup$place || exit
held() {{ awk '$1 == "nr_throttled" {{ print $2 }}' cpu.stat; }}
used() {{ for id in $(pgrep -u p-{pod}); do cat /proc/$id/stat; done | awk -v hz=$(getconf CLK_TCK) '{{ sub(/.*\) /, ""); sum += $12 + $13 }} END {{ print sum / hz }}'; }}
moment() {{ echo "$(used) $(cut -d' ' -f1 /proc/uptime)"; }}
until_held() {{ until [ "$(held)" -ge "$1" ]; do [ $SECONDS -lt 50 ] || exit; sleep 0.02; done; }}
until_held 1
before=$(held)
begin=$(moment)
until_held $((before + 20))
echo "$begin $(moment)""#
    ));
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [used, at, used_then, then] = numbers[..] else { return None };
    Some((used_then - used, then - at))
}

/// The most memory that the pod's programs were seen with, in KiB, until they stand still at it or were ended and started again.
fn most_memory(host: &Host, pod: &str) -> u32 {
    let said = host.script(&format!(
        r#"most=0; same=0
while [ $same -lt 50 ] && [ $SECONDS -lt 60 ]; do
  now=$(ps -o rss= -u p-{pod} | awk '{{ sum += $1 }} END {{ print sum + 0 }}')
  same=$((same + 1))
  [ $now -le $most ] || {{ most=$now; same=0; }}
  [ $most -ge 200000 ] || same=0
  sleep 0.02
done
echo $most"#
    ));
    said.parse().unwrap()
}

#[test]
#[ignore = "boots a real host"]
fn a_php_and_a_node_pod_get_no_more_of_the_processor_than_their_limit_and_the_neighbour_goes_on() {
    let host = Host::boot();
    // Little enough to be less than what a busy machine has left for it.
    let limit = 120;
    prepared(&host, limit);
    for pod in ["l-php", "l-node"] {
        std::thread::scope(|scope| {
            let burning = scope.spawn(|| host.fetch(&domain(pod), "/burn.php"));
            let held = held_back(&host, pod);
            let neighbour = host.fetch(&domain("l-calm"), "/").0;
            host.script(&format!("touch /srv/pods/{pod}/sites/main/private/enough"));
            assert_eq!(burning.join().unwrap(), (200, "enough".to_owned()), "{pod} has worked all the time");
            let (used, went_by) = held.unwrap_or_else(|| panic!("{pod} was never held back"));
            let most = f64::from(limit) / 1000.0 * 1.2;
            assert!(used > 0.0 && used <= went_by * most, "{pod} took {used} s in {went_by} s");
            assert_eq!(neighbour, 200);
        });
    }
}

#[test]
#[ignore = "boots a real host"]
fn memory_tasks_and_disk_of_a_node_pod_end_at_its_limits_and_the_neighbour_goes_on() {
    let host = Host::boot();
    prepared(&host, 2000);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| host.fetch(&domain("l-node"), "/memory").0);
        let most = most_memory(&host, "l-node");
        assert_eq!(host.fetch(&domain("l-calm"), "/").0, 200);
        // Where the kernel finds nothing to take back it ends the program; where it finds a little again and again, the program stands still.
        let restarted = Instant::now();
        host.script("systemctl restart pod-l-node_main.service");
        host.await_page(&domain("l-node"), "is ready");
        println!("a Node pod stands still at its memory: answers {:.1?} after it was started again", restarted.elapsed());
        assert_ne!(asking.join().unwrap(), 200, "it got all that it wanted");
        assert!((200_000..270_000).contains(&most), "{most} KiB of at most 256 MiB");
    });
    let started: u32 = host.fetch(&domain("l-node"), "/tasks").1.parse().unwrap();
    assert!((10..60).contains(&started), "{started} of at most 60 tasks");
    let written: u32 = host.fetch(&domain("l-node"), "/disk").1.parse().unwrap();
    assert!((150..=200).contains(&written), "{written} of at most 200 MiB");
    assert_eq!(host.fetch(&domain("l-calm"), "/").0, 200);
}

#[test]
#[ignore = "boots a real host"]
fn an_application_is_unpacked_in_its_pods_slice() {
    let host = Host::boot();
    let session = host.session();
    let id = session.send(PodApply { spec: wordpress_pod("l-wp") }, Duration::from_secs(100));
    let groups = host.script(
        "until helper=$(pgrep -o -f '^/proc/[0-9]+/exe as-tenant unpack'); do [ $SECONDS -lt 60 ] || exit; done; grep -E ':(memory|pids|cpu,cpuacct|):' /proc/$helper/cgroup",
    );
    assert!(!groups.is_empty(), "it was seen");
    for group in groups.lines() {
        assert!(group.ends_with("/pods.slice/pods-l_wp.slice/pod-l-wp-unpack.scope"), "{groups}");
    }
    session.wait(id).unwrap();
    host.await_page(&domain("l-wp"), "Ana &amp; Sons");
    assert_eq!(host.script("systemctl list-units --all --no-legend 'pod-l-wp-*.scope'"), "");
}
