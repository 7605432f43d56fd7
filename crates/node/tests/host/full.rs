//! A disk without space.

use wire::verb::{PodApply, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, static_pod, wordpress_pod};

#[test]
#[ignore = "boots a real host"]
fn on_a_full_disk_a_pod_is_refused_others_go_on_and_with_space_it_is_made() {
    let host = Host::boot();
    let session = host.session();
    session.call(PodApply { spec: static_pod("f-old") }).unwrap();
    let said = host.script("cat /dev/zero 2>&1 >/srv/pods/ballast; sync; df --output=avail /srv/pods | tail -1");
    assert!(said.contains("No space left"), "{said}");
    let spec = wordpress_pod("f-new");
    let failure = session.call(PodApply { spec: spec.clone() }).unwrap_err();
    assert!(failure.to_string().contains("No space left"), "{failure}");
    assert_eq!(host.fetch(&domain("f-old"), "/").0, 200, "who is there goes on");
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("f-new"), "", "what was begun is undone without space, too");
    host.script("rm /srv/pods/ballast; sync");
    session.call(PodApply { spec }).unwrap();
    host.await_page(&domain("f-new"), "Ana &amp; Sons");
}
