//! Changes made by hand to files that the agent writes: seen, kept or replaced as the pod's description says, and never lost.

use wire::observation::PodCondition;
use wire::plan::Plan;
use wire::spec::{HandEdits, Limits, PodSpec};
use wire::verb::{PodApply, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{domain, php_pod, suspended};

/// A header that says that the virtual host is the changed one.
const MINE: &str = "X-Mine: yes";

fn paths(plan: &Plan, kept: bool) -> Vec<&str> {
    let mut paths: Vec<&str> = plan.edits.iter().filter(|edit| edit.kept == kept).map(|edit| edit.path.as_str()).collect();
    paths.sort_unstable();
    paths
}

/// A pod with a changed virtual host, PHP pool and slice; the places of the changes, in order.
fn edited(host: &Host, session: &Session, pod: &str) -> (PodSpec, [String; 3]) {
    let spec = PodSpec { hand_edits: HandEdits::Keep, ..php_pod(pod) };
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(session.call(PodPlan { spec: spec.clone() }).unwrap().edits, []);
    let (vhost, pool) = (format!("/etc/nginx/mpanel.d/{pod}_main.conf"), format!("/etc/mpanel/pods/{pod}/main/fpm.conf"));
    let slice = format!("pods-{}.slice", pod.replace('-', "_"));
    host.script(&format!(
        "sed -i 's/client_max_body_size 64m;/client_max_body_size 65m; add_header X-Mine yes always;/' {vhost} && systemctl reload nginx
         sed -i s/pm.max_requests=500/pm.max_requests=77/ {pool} && systemctl restart pod-{pod}_main.service
         systemctl set-property {slice} MemoryMax=384M"
    ));
    await_header(host, pod, true);
    (spec, [format!("/etc/mpanel/pods/{pod}/main/fpm.conf"), vhost, format!("/etc/systemd/system.control/{slice}.d/50-MemoryMax.conf")])
}

/// nginx takes the new configuration up a moment after it was told to.
fn await_header(host: &Host, pod: &str, there: bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while host.fetch_raw(&domain(pod), "/").contains(MINE) != there {
        assert!(std::time::Instant::now() < end, "the header of {pod} is there: {}", !there);
    }
}

#[test]
#[ignore = "boots a real host"]
fn what_was_changed_by_hand_is_seen_and_kept_until_it_is_to_be_replaced_and_then_a_copy_stays() {
    let host = Host::shared();
    let session = host.session();
    let (spec, [pool, vhost, drop_in]) = edited(&host, &session, "e-kept");
    let plan = session.call(PodPlan { spec: spec.clone() }).unwrap();
    assert_eq!(paths(&plan, true), [pool.as_str(), vhost.as_str(), drop_in.as_str()]);
    assert!(plan.is_noop(), "{plan:?}");
    assert_eq!(plan.found.unwrap().memory_mb, 384, "the limits are those that hold");
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Running);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(session.call(PodPlan { spec: spec.clone() }).unwrap().edits, plan.edits, "an apply leaves them");

    // The slice has to change for another reason; nothing else has.
    let more = PodSpec { limits: Limits { cpu_millis: 1500, ..spec.limits }, ..spec.clone() };
    session.call(PodApply { spec: more.clone() }).unwrap();
    let plan = session.call(PodPlan { spec: more.clone() }).unwrap();
    assert!(plan.is_noop(), "{plan:?}");
    assert_eq!(paths(&plan, true), [pool.as_str(), vhost.as_str()]);
    assert_eq!(
        (plan.found, host.script("cat /var/lib/mpanel/edits/e-kept/*50-MemoryMax.conf | grep MemoryMax")),
        (Some(more.limits), "MemoryMax=402653184".into())
    );
    await_header(&host, "e-kept", true);

    let strict = PodSpec { hand_edits: HandEdits::Replace, ..more };
    let plan = session.call(PodPlan { spec: strict.clone() }).unwrap();
    assert_eq!(paths(&plan, false), [pool.as_str(), vhost.as_str()]);
    assert!(!plan.is_noop());
    assert_eq!(
        session.call(PodObserve { pod: strict.pod.clone() }).unwrap().standing,
        PodCondition::Running,
        "described before as one that keeps them"
    );
    session.call(PodApply { spec: strict.clone() }).unwrap();
    await_header(&host, "e-kept", false);
    let plan = session.call(PodPlan { spec: strict.clone() }).unwrap();
    assert!(plan.is_noop() && plan.edits.is_empty(), "{plan:?}");
    assert_eq!(host.script("grep -l 'X-Mine yes' /var/lib/mpanel/edits/e-kept/*vhost* /var/lib/mpanel/edits/e-kept/*_main.conf 2>/dev/null | wc -l; grep -l max_requests=77 /var/lib/mpanel/edits/e-kept/* | wc -l"), "1\n1");
    session.call(PodRemove { pod: strict.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("e-kept"), "");
}

#[test]
#[ignore = "boots a real host"]
fn a_changed_virtual_host_keeps_no_pod_from_being_closed_and_what_was_changed_goes_with_its_pod() {
    let host = Host::shared();
    let session = host.session();
    let (spec, [pool, vhost, drop_in]) = edited(&host, &session, "e-closed");
    // This one does not ask whether the pod is suspended.
    host.script(&format!("sed -i '/if (-f/,/}}/d' {vhost} && systemctl reload nginx"));
    session.call(PodApply { spec: suspended(&spec) }).unwrap();
    assert_eq!(host.fetch(&domain("e-closed"), "/").0, 503);
    let plan = session.call(PodPlan { spec: suspended(&spec) }).unwrap();
    assert!(plan.is_noop(), "{plan:?}");
    assert_eq!(paths(&plan, true), [pool.as_str(), drop_in.as_str()], "what lets nobody in is kept");
    assert_eq!(host.script("grep -l 'X-Mine yes' /var/lib/mpanel/edits/e-closed/* | wc -l"), "1");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.fetch(&domain("e-closed"), "/").0, 200);
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("e-closed"), "");
}
