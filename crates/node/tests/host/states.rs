//! Pods that are suspended, and what the agent remembers of its pods.

use wire::message::FailureKind;
use wire::observation::PodCondition;
use wire::verb::{PodApply, PodList, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, node_pod, php_pod, static_pod, suspended, wordpress_pod};
use crate::walls::put;

#[test]
#[ignore = "boots a real host"]
fn a_suspended_pod_shows_a_neutral_page_runs_nothing_is_started_by_nobody_and_comes_back_with_everything() {
    let host = Host::boot();
    let session = host.session();
    let specs = [php_pod("p-php"), node_pod("p-node"), static_pod("p-static")];
    for spec in &specs {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    put(
        &host,
        "p-php",
        "db.php",
        "<?php $d = new mysqli('localhost', 'p_php', 'secret-of-p-php-0123456789', 'p_php'); $d->query('create table if not exists t (n int)'); $d->query('insert into t values (1)'); echo $d->query('select count(*) from t')->fetch_row()[0];",
    );
    assert_eq!(host.fetch(&domain("p-php"), "/db.php").1, "1");
    let is_off = |when: &str| {
        for spec in &specs {
            let pod = spec.pod.as_str();
            for path in ["/", "/index.php", "/x/y"] {
                let answer = host.fetch_raw(&domain(pod), path);
                assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Temporarily unavailable"), "{when}: {pod}{path}: {answer:.400}");
                assert!(answer.contains("Retry-After: 600"), "{when}: {pod}{path}: {answer:.400}");
            }
            assert_eq!(host.script(&format!("pgrep -c -u p-{pod}; ls /run/pods/{pod} 2>/dev/null | grep sock; true")), "0", "{when}: {pod}");
            assert_eq!(session_of(&host, spec), PodCondition::Suspended, "{when}: {pod}");
        }
    };
    for spec in &specs {
        session.call(PodApply { spec: suspended(spec) }).unwrap();
        assert!(session.call(PodPlan { spec: suspended(spec) }).unwrap().is_noop());
    }
    is_off("suspended");
    host.lose_power();
    is_off("after a power loss");
    let session = host.session();
    for spec in &specs {
        session.call(PodApply { spec: spec.clone() }).unwrap();
        assert_eq!(host.fetch(&domain(spec.pod.as_str()), "/").0, 200);
        assert_eq!(session_of(&host, spec), PodCondition::Running);
    }
    assert_eq!(host.fetch(&domain("p-php"), "/db.php").1, "2", "its database is as it was");
}

fn session_of(host: &Host, spec: &wire::spec::PodSpec) -> PodCondition {
    host.session().call(PodObserve { pod: spec.pod.clone() }).unwrap().standing
}

#[test]
#[ignore = "boots a real host"]
fn a_state_file_that_cannot_be_read_stops_what_needs_all_pods_and_is_named() {
    let host = Host::boot();
    let session = host.session();
    let (first, second) = (static_pod("r-first"), static_pod("r-second"));
    for spec in [&first, &second] {
        session.call(PodApply { spec: spec.clone() }).unwrap();
    }
    let file = "/var/lib/mpanel/pods/r-first.json";
    let whole = host.script(&format!("cat {file}"));
    for damage in ["truncate -s 20 FILE", "truncate -s 0 FILE", "sed -i 's/\"version\":3/\"version\":9/' FILE"] {
        host.script(&damage.replace("FILE", file));
        // Its domain would look free, and its runtime unused.
        let mut thief = static_pod("r-thief");
        thief.sites[0].domains = first.sites[0].domains.clone();
        let failures = [
            session.call(PodApply { spec: thief.clone() }).unwrap_err(),
            session.call(PodPlan { spec: thief }).unwrap_err(),
            session.call(PodList {}).unwrap_err(),
            session.call(PodRemove { pod: second.pod.clone(), mode: RemoveMode::Purge }).unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::Refused, "{damage}: {failure}");
            assert!(failure.to_string().contains(file), "{damage}: {failure}");
        }
        assert_eq!((host.fetch(&domain("r-first"), "/").0, host.fetch(&domain("r-second"), "/").0), (200, 200), "{damage}");
        host.script(&format!("cat >{file} <<'TEXT'\n{whole}\nTEXT"));
    }
    session.call(PodRemove { pod: second.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(session.call(PodList {}).unwrap().len(), 1);
}

#[test]
#[ignore = "boots a real host"]
fn nothing_that_a_tenant_does_to_its_files_keeps_its_pod_from_being_suspended() {
    let host = Host::shared();
    let session = host.session();
    let spec = wordpress_pod("r-defiant");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    host.await_page(&domain("r-defiant"), "Bakery");
    for defiance in [
        "chmod 000 /srv/pods/r-defiant/sites/main/public/wp-config.php",
        "chmod 000 /srv/pods/r-defiant/sites/main/public",
        "runuser -u p-r-defiant -- dd if=/dev/zero of=/srv/pods/r-defiant/tmp/full bs=1M 2>/dev/null || true",
    ] {
        host.script(defiance);
        session.call(PodApply { spec: suspended(&spec) }).unwrap();
        assert_eq!(host.fetch(&domain("r-defiant"), "/").0, 503, "{defiance}");
        assert_eq!(host.script("ps -eo user:40 | grep -c '^p-r-defiant$'"), "0", "{defiance}");
        host.script("rm -f /srv/pods/r-defiant/tmp/full; chmod 750 /srv/pods/r-defiant/sites/main/public; chmod 640 /srv/pods/r-defiant/sites/main/public/wp-config.php");
        session.call(PodApply { spec: spec.clone() }).unwrap();
        host.await_page(&domain("r-defiant"), "Bakery");
    }
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("r-defiant"), "");
}
