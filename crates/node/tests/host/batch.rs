//! Many pods at once.

use std::time::{Duration, Instant};

use wire::message::FailureKind;
use wire::verb::{PodApply, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, php_pod, static_pod, wordpress_pod};

#[test]
#[ignore = "boots a real host"]
fn ten_pods_at_once_all_answer_share_a_reload_of_nginx_and_need_none_of_systemd() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: php_pod("warm") }).unwrap();
    let count = |word: &str| host.script(&format!("journalctl -b -o cat | grep -c '{word}'")).parse::<u32>().unwrap();
    let before = (count("^Reloading\\.$"), count("^Reloaded nginx"));
    let pods: Vec<String> = (0..10).map(|n| format!("b{n}")).collect();
    let ids: Vec<u64> = pods.iter().map(|pod| session.send(PodApply { spec: php_pod(pod) }, Duration::from_secs(100))).collect();
    for id in ids {
        session.wait(id).unwrap();
    }
    for pod in &pods {
        assert_eq!(host.fetch(&domain(pod), "/").0, 200, "{pod}");
    }
    let (units, sites) = (count("^Reloading\\.$") - before.0, count("^Reloaded nginx") - before.1);
    assert_eq!(units, 0, "no pod makes systemd read the unit files of all others again");
    assert!((1..=4).contains(&sites), "{sites} reloads of nginx for ten pods");
    let ids: Vec<u64> =
        pods.iter().map(|pod| session.send(PodRemove { pod: pod.parse().unwrap(), mode: RemoveMode::Purge }, Duration::from_secs(100))).collect();
    for id in ids {
        session.wait(id).unwrap();
    }
    for pod in &pods {
        assert_eq!(host.traces(pod), "");
    }
}

#[test]
#[ignore = "boots a real host"]
fn a_pod_that_starts_slowly_or_not_at_all_keeps_none_waiting_that_is_made_with_it() {
    let host = Host::boot();
    let session = host.session();
    let apply = |pod: &str| session.send(PodApply { spec: php_pod(pod) }, Duration::from_secs(100));
    session.call(PodApply { spec: php_pod("warm") }).unwrap();
    // What is read together is started together.
    host.script(
        "for pod in slow broken; do mkdir -p /etc/systemd/system/pod-${pod}_main.service.d; done
         printf '[Service]\\nExecStartPre=/bin/sleep 1000\\nTimeoutStartSec=1100\\n' >/etc/systemd/system/pod-slow_main.service.d/late.conf
         printf '[Service]\\nExecStartPre=/bin/false\\n' >/etc/systemd/system/pod-broken_main.service.d/never.conf",
    );
    let begun = Instant::now();
    let (slow, broken) = (apply("slow"), apply("broken"));
    let pods: Vec<String> = (0..8).map(|n| format!("s{n}")).collect();
    let ids: Vec<u64> = pods.iter().map(|pod| apply(pod)).collect();
    for id in ids {
        session.wait(id).unwrap();
    }
    let made = begun.elapsed();
    for pod in &pods {
        assert_eq!(host.fetch(&domain(pod), "/").0, 200, "{pod}");
    }
    let failure = session.wait(broken).unwrap_err();
    assert!(failure.message.contains("pod-broken_main.service did not start"), "{failure}");
    assert_eq!(host.script("systemctl is-active pod-slow_main.service || true").trim(), "activating");
    session.cancel(slow);
    assert_eq!(session.wait(slow).unwrap_err().kind, FailureKind::Cancelled);
    println!("beside one that hangs at its start and one that fails, eight pods were made in {made:.1?}");
}

#[test]
#[ignore = "boots a real host"]
fn of_many_wordpress_pods_no_more_are_installed_at_once_than_there_are_processors() {
    let host = Host::shared();
    let session = host.session();
    let pods: Vec<String> = (0..6).map(|n| format!("w{n}")).collect();
    let ids: Vec<u64> = pods.iter().map(|pod| session.send(PodApply { spec: wordpress_pod(pod) }, Duration::from_secs(300))).collect();
    for id in ids {
        session.wait(id).unwrap();
    }
    // As systemd has written it down: begins and ends of the installations, in their order.
    let journal = host.script("journalctl -b -o cat | grep -E '^Started pod-w.-task|^pod-w.-task.*Deactivated'");
    let (mut running, mut most, mut begun) = (0, 0, 0);
    for line in journal.lines() {
        let begins = line.starts_with("Started");
        running += if begins { 1 } else { -1 };
        begun += i32::from(begins);
        most = most.max(running);
    }
    let processors: i32 = host.script("nproc").trim().parse().unwrap();
    assert_eq!((begun, running), (6, 0), "{journal}");
    assert!(most <= processors, "{most} at once on {processors}:\n{journal}");
    for pod in &pods {
        assert_eq!(host.fetch(&domain(pod), "/").0, 200, "{pod}");
    }
    let ids: Vec<u64> =
        pods.iter().map(|pod| session.send(PodRemove { pod: pod.parse().unwrap(), mode: RemoveMode::Purge }, Duration::from_secs(100))).collect();
    for id in ids {
        session.wait(id).unwrap();
    }
    for pod in &pods {
        assert_eq!(host.traces(pod), "");
    }
}

#[test]
#[ignore = "boots a real host"]
fn once_a_request_is_answered_no_visitor_meets_the_configuration_of_before() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: php_pod("warm") }).unwrap();
    // Visitors who come together are shared out among all of nginx's workers.
    let visitors = |domain: &str| {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..24).map(|_| scope.spawn(|| host.fetch(domain, "/").0)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<u16>>()
        })
    };
    for n in 0..8 {
        let pod = format!("v{n}");
        session.call(PodApply { spec: static_pod(&pod) }).unwrap();
        assert_eq!(visitors(&domain(&pod)), [200; 24], "{pod} is made");
        session.call(PodRemove { pod: pod.parse().unwrap(), mode: RemoveMode::Purge }).unwrap();
        assert_eq!(visitors(&domain(&pod)), [404; 24], "{pod} is gone");
    }
}
