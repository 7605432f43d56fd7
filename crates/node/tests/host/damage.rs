//! The program killed, the link closed, the power lost, a service that hangs.

use std::thread;
use std::time::{Duration, Instant};

use wire::message::FailureKind;
use wire::verb::{PodApply, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod, wordpress_pod};

const KILL: &str = "kill -9 $(pgrep -x mpanel-node)";

#[test]
#[ignore = "boots a real host"]
fn an_apply_killed_at_any_moment_is_finished_by_the_next_and_a_removal_too() {
    let host = Host::boot();
    let spec = wordpress_pod("d-kill");
    let pod = spec.pod.clone();
    let (mut made, mut removed) = (Duration::ZERO, Duration::ZERO);
    for moment in [100, 300, 500, 700, 900, 1200, 1600, 2200, 3000] {
        let session = host.session();
        let id = session.send(PodApply { spec: spec.clone() }, Duration::from_secs(60));
        // Not a wait for a state: the moment of the damage is the input of this test.
        thread::sleep(Duration::from_millis(moment));
        let killed = Instant::now();
        host.script(KILL);
        // Killed, or done just before.
        let _ = session.wait(id);
        let session = host.session();
        session.call(PodApply { spec: spec.clone() }).unwrap_or_else(|f| panic!("after {moment} ms: {f}"));
        host.await_page(&domain("d-kill"), "Ana &amp; Sons");
        made = made.max(killed.elapsed());
        assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
        let id = session.send(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }, Duration::from_secs(60));
        thread::sleep(Duration::from_millis(moment / 2));
        let killed = Instant::now();
        host.script(KILL);
        let _ = session.wait(id);
        host.session().call(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(host.traces("d-kill"), "", "after {moment} ms");
        removed = removed.max(killed.elapsed());
        assert_eq!(host.script("grep runtimes /proc/mounts; ls /srv/runtimes"), "", "after {moment} ms");
    }
    println!("the program killed: at most {made:.1?} until the next request had made the pod, {removed:.1?} until nothing was left of it");
}

#[test]
#[ignore = "boots a real host"]
fn after_a_power_loss_each_of_ten_pods_answers_again_without_help() {
    let host = Host::boot();
    let session = host.session();
    let mut specs = vec![wordpress_pod("d-wp")];
    for n in 0..3 {
        specs.extend([static_pod(&format!("d-static{n}")), php_pod(&format!("d-php{n}")), node_pod(&format!("d-node{n}"))]);
    }
    let sent: Vec<u64> = specs.iter().map(|spec| session.send(PodApply { spec: spec.clone() }, Duration::from_secs(100))).collect();
    for id in sent {
        session.wait(id).unwrap();
    }
    // At once: what was answered must be on the disk.
    let lost = Instant::now();
    host.lose_power();
    for spec in &specs {
        host.await_page(spec.sites[0].domains[0].as_str(), "Ana &");
    }
    println!("power lost: all {} pods answer again after {:.1?}, the start of the machine included", specs.len(), lost.elapsed());
    let session = host.session();
    for spec in specs {
        let plan = session.call(PodPlan { spec }).unwrap();
        assert!(plan.is_noop(), "{plan:?}");
    }
}

/// Lines of the process list that belong to a session's work.
fn left_running(host: &Host) -> String {
    host.script("ps -eo args | grep -E '^(mariadb --no-defaults|/usr/local/lib/mpanel/mpanel-node|unshare --pid)'")
}

fn await_nothing_running(host: &Host) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let left = left_running(host);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "still running: {left}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "boots a real host"]
fn work_that_hangs_ends_at_its_deadline_on_cancel_and_with_the_link() {
    let host = Host::boot();
    let spec = php_pod("d-hang");
    host.script("mv /usr/bin/mariadb /usr/bin/mariadb.real; printf '#!/bin/bash\\nexec -a \"mariadb --no-defaults\" sleep 1000\\n' >/usr/bin/mariadb; chmod 755 /usr/bin/mariadb");

    let session = host.session();
    let begun = Instant::now();
    let late = session.wait(session.send(PodApply { spec: spec.clone() }, Duration::from_secs(2))).unwrap_err();
    assert_eq!(late.kind, FailureKind::Deadline, "{late}");
    assert!(begun.elapsed() < Duration::from_secs(15));

    let over = begun.elapsed();

    let id = session.send(PodApply { spec: spec.clone() }, Duration::from_secs(100));
    let begun = Instant::now();
    session.cancel(id);
    assert_eq!(session.wait(id).unwrap_err().kind, FailureKind::Cancelled);
    let cancelled = begun.elapsed();

    session.send(PodApply { spec: spec.clone() }, Duration::from_secs(100));
    let begun = Instant::now();
    session.close();
    await_nothing_running(&host);
    println!(
        "work that hangs: stopped {over:.1?} after it began when it has 2 s, {cancelled:.1?} after a cancel, {:.1?} after its link was lost",
        begun.elapsed()
    );

    let session = host.session();
    session.send(PodApply { spec: spec.clone() }, Duration::from_secs(100));
    let end = Instant::now() + Duration::from_secs(20);
    while !left_running(&host).contains("mariadb") {
        assert!(Instant::now() < end, "the apply reaches the database");
        thread::sleep(Duration::from_millis(20));
    }
    host.script(KILL);
    await_nothing_running(&host);

    host.script("mv /usr/bin/mariadb.real /usr/bin/mariadb");
    host.session().call(PodApply { spec }).unwrap();
    host.await_page(&domain("d-hang"), "Ana &amp; Sons");
}

#[test]
#[ignore = "boots a real host"]
fn a_removal_follows_nothing_that_a_tenant_put_into_its_tree() {
    let host = Host::shared();
    let session = host.session();
    let spec = php_pod("d-odd");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    // Another pod, which the name of a subvolume will name as if it were inside this one.
    let other = static_pod("d-other");
    session.call(PodApply { spec: other.clone() }).unwrap();
    host.script(
        r#"mkdir /srv/outside; echo kept > /srv/outside/file; cd /srv/pods/d-odd/sites/main/public
ln -s /srv/outside out; ln -s / root; ln -s loop loop; mkfifo pipe; touch -- -rf "$(printf 'a\nb')" "$(printf '\xff')"
mkdir -p $(printf 'd/%.0s' $(seq 500)); ln index.php hard
btrfs subvolume create nest; btrfs subvolume create nest/deeper; ln -s /srv/outside nest/deeper/out
own=$(btrfs inspect-internal rootid /srv/pods/d-odd); its=$(btrfs inspect-internal rootid /srv/pods/d-other)
btrfs subvolume create "$(printf 'n\nID %s gen 9 top level %s path y' "$its" "$own")"; chown -hR p-d-odd: ."#,
    );
    let seen = session.call(wire::verb::PodObserve { pod: spec.pod.clone() }).unwrap();
    assert!(seen.parts.iter().any(|part| part.name == "storage inside"), "{seen:?}");
    let began = Instant::now();
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("d-odd"), "");
    println!("a tree of links and odd names: nothing left after {:.1?}", began.elapsed());
    // Of its subvolumes, whatever their names, there is none left; the other pod has its own.
    let left = "cat /srv/outside/file; btrfs subvolume list /srv/pods | grep -c -E 'd-odd|d-other| path y$'; rm -r /srv/outside";
    assert_eq!(host.script(left), "kept\n1");
    host.await_page(&domain("d-other"), "Ana &amp; Sons");
    session.call(PodRemove { pod: other.pod, mode: RemoveMode::Purge }).unwrap();
}
