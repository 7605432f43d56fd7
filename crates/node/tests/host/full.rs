//! A disk without space, a program without file handles.

use std::time::{Duration, Instant};

use wire::environment::{Variable, VariableName, VariableValue};
use wire::verb::{PodApply, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod, wordpress_pod};

#[test]
#[ignore = "boots a real host"]
fn on_a_full_disk_a_pod_is_refused_others_go_on_and_with_space_it_is_made() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: static_pod("f-old") }).unwrap();
    let said = host.script("cat /dev/zero 2>&1 >/srv/pods/ballast; sync; df --output=avail /srv/pods | tail -1");
    assert!(said.contains("No space left"), "{said}");
    let spec = wordpress_pod("f-new");
    let began = Instant::now();
    let failure = session.call(PodApply { spec: spec.clone() }).unwrap_err();
    assert!(failure.to_string().contains("No space left"), "{failure}");
    assert_eq!(host.fetch(&domain("f-old"), "/").0, 200, "who is there goes on");
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("f-new"), "", "what was begun is undone without space, too");
    let undone = began.elapsed();
    host.script("rm /srv/pods/ballast; sync");
    let space = Instant::now();
    session.call(PodApply { spec }).unwrap();
    host.await_page(&domain("f-new"), "Ana &amp; Sons");
    println!("a full disk: refused and undone after {undone:.1?}; with space the pod answers after {:.1?}", space.elapsed());
}

#[test]
#[ignore = "boots a real host"]
fn a_host_without_space_for_its_own_files_refuses_a_pod_keeps_nothing_of_it_and_others_go_on() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: static_pod("f-old") }).unwrap();
    let spec = php_pod("f-new");
    let mut longest = Duration::ZERO;
    for folder in ["/etc/nginx/mpanel.d", "/var/lib/mpanel/pods", "/etc/systemd/system"] {
        // What is there, on a file system that is as large as that.
        host.script(&format!(
            "mount -t tmpfs -o size=256k full /mnt; cp -a {folder}/. /mnt; cat /dev/zero >/mnt/ballast 2>/dev/null; mount --bind /mnt {folder}"
        ));
        let began = Instant::now();
        let failure = session.call(PodApply { spec: spec.clone() }).err().unwrap_or_else(|| panic!("{folder} is full"));
        assert!(failure.to_string().contains("No space left"), "{folder}: {failure} {}", host.script("df -k /etc/nginx/mpanel.d /mnt; mount | tail -5; ls -la /etc/nginx/mpanel.d; journalctl -u nginx --no-pager -n 20; tail -5 /var/log/nginx/error.log"));
        assert_eq!(host.fetch(&domain("f-old"), "/").0, 200, "who is there goes on");
        session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces("f-new"), "", "{folder}");
        longest = longest.max(began.elapsed());
        host.script(&format!("umount {folder}; umount /mnt; true"));
    }
    let space = Instant::now();
    session.call(PodApply { spec }).unwrap();
    host.await_page(&domain("f-new"), "is ready");
    println!(
        "no space for the host's own files: refused and undone after at most {longest:.1?}; with space the pod answers after {:.1?}",
        space.elapsed()
    );
}

#[test]
#[ignore = "boots a real host"]
fn a_program_without_file_handles_refuses_a_pod_and_with_handles_it_is_made_or_removed() {
    let host = Host::boot();
    let plenty = host.session();
    plenty.call(PodApply { spec: static_pod("f-old") }).unwrap();
    let (mut refused, mut longest) = (0, Duration::ZERO);
    for handles in [8, 9, 10, 12, 14, 16, 20] {
        let spec = static_pod("f-new");
        let few = host.session_with_handles(handles);
        let began = Instant::now();
        if let Err(failure) = few.call(PodApply { spec: spec.clone() }) {
            refused += 1;
            assert!(failure.to_string().contains("Too many open files"), "{handles}: {failure}");
        }
        drop(few);
        assert_eq!(host.fetch(&domain("f-old"), "/").0, 200, "who is there goes on");
        plenty.call(PodApply { spec: spec.clone() }).unwrap();
        assert_eq!(host.fetch(&domain("f-new"), "/").0, 200);
        longest = longest.max(began.elapsed());
        plenty.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces("f-new"), "", "{handles}");
    }
    assert!(refused > 0, "eight handles are too few");
    println!("without file handles: at most {longest:.1?} from the first request to the pod that the second one made");
}

/// As the pod's user, to its last bytes: not even an empty file can be made afterwards.
fn fill(host: &Host, pod: &str) {
    let said = host.script(&format!(
        r#"cd /srv/pods/{pod}/tmp; setpriv --reuid p-{pod} --regid p-{pod} --clear-groups sh -c 'for size in 64k 4k; do dd if=/dev/zero of=fill$size bs=$size; done; touch one' 2>&1 | tail -1"#
    ));
    assert!(said.contains("quota exceeded"), "{said}");
}

#[test]
#[ignore = "boots a real host"]
fn logs_of_a_full_pod_are_rotated_without_harm_to_nginx_and_its_other_pods() {
    let host = Host::boot();
    let session = host.session();
    let mut spec = static_pod("f-log");
    spec.limits.disk_mb = 40;
    session.call(PodApply { spec }).unwrap();
    host.fetch(&domain("f-log"), "/before-it-is-full");
    fill(&host, "f-log");
    // Nobody else rotates meanwhile. A rotated log is named by its second.
    host.script("systemctl stop mpanel-logs.timer mpanel-logs.service");
    let rotate = "now=$(date +%s); while [ $(date +%s) = $now ]; do sleep 0.02; done; logrotate --force --state /var/lib/mpanel/logrotate.state /var/lib/mpanel/logrotate.conf";
    for round in 0..3 {
        host.script(rotate);
        assert_eq!(host.script("nginx -t -q && systemctl reload nginx && systemctl restart nginx && echo well"), "well", "{round}");
        assert_eq!(host.fetch(&domain("f-log"), "/").0, 200, "{round}");
        session.call(PodApply { spec: static_pod(&format!("f-other{round}")) }).unwrap();
    }
    // With room, its log goes on and is rotated.
    host.script("rm /srv/pods/f-log/tmp/fill*; sync");
    let written = |name: &str, log: &str| {
        host.script(&format!(
            "cd /srv/pods/f-log/web; for n in $(seq 100); do grep -qh {name} {log} && break; sleep 0.05; done; cat {log} | grep -c {name}"
        ))
    };
    host.fetch(&domain("f-log"), "/there-is-room");
    assert_eq!(written("there-is-room", "main.access.log"), "1");
    host.script(rotate);
    assert_eq!(written("there-is-room", "main.access.log-*[0-9]"), "1");
    host.fetch(&domain("f-log"), "/after-the-rotation");
    assert_eq!(written("after-the-rotation", "main.access.log"), "1");
}

#[test]
#[ignore = "boots a real host"]
fn in_a_full_pod_a_program_starts_that_has_no_log_yet() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = node_pod("f-prog");
    spec.limits.disk_mb = 40;
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // As a pod that an older agent made.
    let log = "/srv/pods/f-prog/web/main.application.log";
    host.script(&format!("rm {log}; sync"));
    fill(&host, "f-prog");
    let variable = Variable { name: VariableName::new("NEW").unwrap(), value: VariableValue::new("1").unwrap() };
    spec.sites[0].environment = vec![variable];
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.script(&format!("systemctl is-active pod-f-prog_main.service; stat -c '%U %a' {log}")), "active\nroot 640");
    assert_eq!(host.fetch(&domain("f-prog"), "/").0, 200);
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop(), "its limit is as it was");
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("f-prog"), "");
}
