//! A pod from nothing to nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wire::message::{Failure, FailureKind};
use wire::observation::PodCondition;
use wire::probe::Capability;
use wire::spec::{PodSpec, PodState};
use wire::verb::{Install, PodApply, PodList, PodObserve, PodPlan, PodRemove, Probe, RemoveMode, Upgrade, Upgraded};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{TITLE, domain, node_pod, php_pod, static_pod, wordpress_pod};

fn title_of(body: &str) -> String {
    let inner = body.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map_or("", |(t, _)| t);
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&#34;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(inner.to_owned(), |text, (name, c)| text.replace(name, c))
}

/// On a host of its own: what other pods' tests do to what all pods share would be something to do.
#[test]
#[ignore = "boots a real host"]
fn every_stack_answers_with_its_title_and_a_second_apply_has_nothing_to_do() {
    let host = Host::boot();
    let session = host.session();
    for spec in [static_pod("l-static"), php_pod("l-php"), node_pod("l-node"), wordpress_pod("l-wp")] {
        let pod = spec.pod.clone();
        let done = session.call(PodApply { spec: spec.clone() }).unwrap();
        assert!(!done.is_noop(), "{pod}");
        let (status, body) = host.fetch(&domain(pod.as_str()), "/");
        assert_eq!((status, title_of(&body).as_str()), (200, TITLE), "{pod}: {body:.400}");
        let again = session.call(PodPlan { spec: spec.clone() }).unwrap();
        assert!(again.is_noop(), "{pod}: {again:?}");
        assert!(session.call(PodApply { spec }).unwrap().is_noop(), "{pod}");
        // btrfs counts what was written when it commits.
        host.script("btrfs filesystem sync /srv/pods");
        let seen = session.call(PodObserve { pod: pod.clone() }).unwrap();
        assert_eq!(seen.standing, PodCondition::Running, "{seen:?}");
        assert_eq!(seen.sites.values().next().unwrap().title.as_deref(), Some(TITLE));
        assert!(seen.usage.disk_bytes.unwrap() > 0 && seen.usage.disk_limit_bytes == Some(200 << 20), "{pod}: {:?}", seen.usage);
        session.call(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces(pod.as_str()), "", "{pod}");
    }
}

#[test]
#[ignore = "boots a real host"]
fn an_answer_that_has_begun_is_not_broken_off_when_nginx_reads_its_configuration_again() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("l-reload");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // The first of what php-fpm writes goes out at once, and fills what nginx reads into by default; the rest comes after nginx' workers were told to leave.
    let page = "<?php touch(\"/tmp/begun\"); echo str_repeat(\"a\", 10000); while (!file_exists(\"/tmp/go\")) { clearstatcache(); usleep(10000); } echo \"the end\";";
    host.script(&format!("echo '{page}' > /srv/pods/l-reload/sites/main/public/index.php"));
    let (name, host_there) = (domain("l-reload"), Arc::clone(&host));
    let visitor = thread::spawn(move || host_there.fetch(&name, "/"));
    host.script(
        "until [ -e /srv/pods/l-reload/tmp/begun ]; do sleep 0.05; done; old=$(pgrep -P $(cat /run/nginx.pid)); systemctl reload nginx; \
         for p in $old; do until [ ! -e /proc/$p ] || grep -qa 'shutting down' /proc/$p/cmdline; do sleep 0.02; done; done",
    );
    host.script("touch /srv/pods/l-reload/tmp/go");
    let (status, body) = visitor.join().unwrap();
    assert!(status == 200 && body.ends_with("the end"), "{status}, {} bytes", body.len());
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
}

#[test]
#[ignore = "boots a real host"]
fn a_held_pod_is_off_and_an_apply_brings_it_back_with_its_files() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("l-held");
    let pod = spec.pod.clone();
    session.call(PodApply { spec: spec.clone() }).unwrap();
    host.script("echo '<?php echo \"my own page\";' > /srv/pods/l-held/sites/main/public/index.php");
    session.call(PodRemove { pod: pod.clone(), mode: RemoveMode::Hold }).unwrap();
    assert_eq!(host.fetch(&domain("l-held"), "/").0, 404);
    assert_eq!(host.script("ps -eo user:40 | grep -c '^p-l-held$'"), "0");
    assert_eq!(session.call(PodObserve { pod: pod.clone() }).unwrap().standing, PodCondition::Held);
    session.call(PodApply { spec }).unwrap();
    host.await_page(&domain("l-held"), "my own page");
    session.call(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("l-held"), "");
    assert!(session.call(PodRemove { pod, mode: RemoveMode::Purge }).unwrap().is_noop());
}

#[test]
#[ignore = "boots a real host"]
fn drift_of_a_pod_is_seen_and_repaired() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("l-drift");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    sees_and_repairs(
        &host,
        &session,
        &spec,
        &[
            "systemctl stop pod-l-drift_main.socket pod-l-drift_main.service",
            "systemctl stop pod-l-drift-db.socket",
            "rm /etc/nginx/mpanel.d/l-drift_main.conf; systemctl reload nginx",
            "btrfs qgroup limit none /srv/pods/l-drift",
            "sed -i s/MemoryMax=.*/MemoryMax=infinity/ /etc/systemd/system/pods-l_drift.slice; systemctl daemon-reload",
            "gpasswd -d www-data p-l-drift",
            "mariadb --socket=/run/pods/l-drift/db/mysqld.sock -e \"drop user 'l_drift'@'localhost'\"",
            "chown root /srv/pods/l-drift/sites/main/public",
            "rm /etc/systemd/system/multi-user.target.wants/pod-l-drift_main.service",
        ],
    );
    assert_eq!(host.script("systemctl show pods-l_drift.slice -p MemoryMax --value"), (256 << 20).to_string());
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
}

/// On a host of its own: an apply of any pod repairs what all pods share.
#[test]
#[ignore = "boots a real host"]
fn drift_of_the_pods_network_policy_is_seen_and_repaired() {
    let host = Host::boot();
    let session = host.session();
    let spec = php_pod("l-policy");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // The last are the rules of an agent that knew sites over HTTP only, as it had loaded them.
    let earlier = "sed -i 's/{ 80, 443 }/80/' /etc/mpanel/network.nft && nft -f /etc/mpanel/network.nft && \
                   nft --stateless list table inet mpanel >/var/lib/mpanel/network.loaded";
    sees_and_repairs(&host, &session, &spec, &["nft add rule inet mpanel pod accept", "nft delete table inet mpanel", earlier]);
    assert_eq!(host.script("nft list chain inet mpanel pod | grep -c 'dport { 80, 443 } accept'; grep -c 443 /etc/mpanel/network.nft"), "1\n1");
}

fn sees_and_repairs(host: &Host, session: &Session, spec: &PodSpec, damages: &[&str]) {
    for damage in damages {
        host.script(damage);
        let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
        assert_eq!(seen.standing, PodCondition::Broken, "{damage}");
        assert!(!session.call(PodApply { spec: spec.clone() }).unwrap().is_noop(), "{damage}");
        let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
        assert_eq!(seen.standing, PodCondition::Running, "{damage}: {seen:?}");
    }
}

#[test]
#[ignore = "boots a real host"]
fn what_belongs_to_another_pod_is_refused() {
    let host = Host::shared();
    let session = host.session();
    let first = php_pod("l-first");
    session.call(PodApply { spec: first.clone() }).unwrap();
    let mut second = php_pod("l-second");
    second.sites[0].domains = first.sites[0].domains.clone();
    let failure = session.call(PodApply { spec: second.clone() }).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
    second.sites[0].domains = php_pod("l-second").sites[0].domains.clone();
    second.uid = first.uid;
    assert_eq!(session.call(PodApply { spec: second }).unwrap_err().kind, FailureKind::Refused);
    assert_eq!(host.traces("l-second"), "");
    let listed = session.call(PodList {}).unwrap();
    assert!(listed.iter().any(|p| p.pod == first.pod && !p.unfinished && p.sites[0].stack == "php"), "{listed:?}");
    session.call(PodRemove { pod: first.pod, mode: RemoveMode::Purge }).unwrap();
}

#[test]
#[ignore = "boots a real host"]
fn a_server_that_cannot_enforce_storage_limits_takes_no_pods_until_that_is_mended() {
    let host = Host::boot();
    let session = host.session();
    host.script("btrfs quota disable /srv/pods");
    let failure = session.call(PodApply { spec: static_pod("l-full") }).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.remedy.unwrap().contains("quota"));
    let probe = session.call(Probe {}).unwrap();
    assert!(probe.capabilities.iter().all(|c| !c.ready && c.missing[0].installable), "{probe:?}");
    let probe = session.call(Install { capability: Capability::Web }).unwrap();
    assert!(probe.capabilities.iter().all(|c| c.ready || c.capability == Capability::Dns), "{probe:?}");
    // Turned on anew, it counts first; until then new pods are refused for now.
    host.script("btrfs quota rescan -W /srv/pods");
    session.call(PodApply { spec: static_pod("l-full") }).unwrap();
}

#[test]
#[ignore = "boots a real host"]
fn what_is_used_is_counted_anew_where_btrfs_doubts_its_figures() {
    let host = Host::boot();
    let session = host.session();
    let pod = static_pod("l-count");
    session.call(PodApply { spec: pod.clone() }).unwrap();
    // What two subvolumes share cannot be given to a group of one of them without counting.
    host.script(
        "cd /srv/pods && head -c 5M /dev/urandom > l-count/shared && btrfs subvolume snapshot -r l-count copy && btrfs filesystem sync . &&
         btrfs qgroup create 1/7 . && btrfs qgroup assign --no-rescan 0/$(btrfs inspect-internal rootid l-count) 1/7 .",
    );
    let doubts = || host.script("btrfs qgroup show /srv/pods 2>&1").contains("inconsistent");
    assert!(doubts());
    let failure = session.call(PodApply { spec: static_pod("l-later") }).unwrap_err();
    assert!(failure.kind == FailureKind::Busy && failure.message.contains("counts anew"), "{failure}");
    session.call(PodApply { spec: PodSpec { state: PodState::Suspended, ..pod } }).unwrap();
    host.script("btrfs quota rescan -W /srv/pods; btrfs filesystem sync /srv/pods");
    assert!(!doubts() && session.call(Probe {}).unwrap().storage.enforces_limits);
    session.call(PodApply { spec: static_pod("l-later") }).unwrap();
}

/// Offers the host this file as its next program.
fn offer(host: &Host, file: &[u8], seconds: u64) -> Result<Upgraded, Failure> {
    let path = std::env::temp_dir().join(format!("mpanel-next-{}", std::process::id()));
    fs::write(&path, file).unwrap();
    let upgrade = Upgrade { sha256: hex::encode(Sha256::digest(file)).parse().unwrap(), size: file.len() as u64, trial: false };
    let answer = host.session().upload(upgrade, Duration::from_secs(seconds), &path);
    fs::remove_file(path).unwrap();
    answer
}

#[test]
#[ignore = "boots a real host"]
fn a_program_that_does_not_start_is_refused_and_one_that_is_only_late_is_not() {
    let host = Host::boot();
    let sum = || host.script(&format!("sha256sum {0}; ls {0}*", wire::NODE_PATH));
    let before = sum();
    for useless in ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho another program\n", "#!/no/such/program\n", "neither"] {
        let failure = offer(&host, useless.as_bytes(), 60).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{useless:?}: {failure}");
    }
    let failure = offer(&host, b"#!/bin/sh\nexec sleep 100\n", 2).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Deadline, "{failure}");
    assert_eq!(sum(), before, "nothing was put in place, and nothing lies beside it");
    let program = fs::read(env!("CARGO_BIN_EXE_mpanel-node")).unwrap();
    assert!(!offer(&host, &program, 60).unwrap().version.is_empty());
    assert_eq!(sum(), format!("{before}\n{}.previous", wire::NODE_PATH), "the one before is kept beside it");
}

#[test]
fn a_program_that_is_still_open_for_writing_is_started_once_it_is_not() {
    let path = std::env::temp_dir().join(format!("mpanel-busy-{}", std::process::id()));
    fs::write(&path, "#!/bin/sh\necho started\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let written = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let mut guard = Command::new(env!("CARGO_BIN_EXE_mpanel-node"));
    let guard = guard.arg("guard").arg(std::process::id().to_string()).arg(&path).stdout(Stdio::piped()).spawn().unwrap();
    // Into the middle of its tries.
    thread::sleep(Duration::from_millis(100));
    drop(written);
    assert_eq!(guard.wait_with_output().unwrap().stdout, b"started\n");
    fs::remove_file(path).unwrap();
}
