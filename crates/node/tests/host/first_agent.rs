//! A server that the first version of the agent has set up: its pods run on, and the next apply moves them over in place.

use wire::observation::PodCondition;
use wire::verb::{PodApply, PodList, PodObserve, PodPlan, PodRemove, RemoveMode};

use crate::bed::Host;
use crate::specs::{domain, php_pod};

const SETUP: &str = include_str!("first_agent.sh");

fn set_up(host: &Host, pod: &str) {
    let spec = php_pod(pod);
    let sha256 = spec.sites[0].runtime.as_ref().unwrap().sha256.to_string();
    host.script(&format!("cat > /tmp/first.sh <<'SETUP'\n{SETUP}\nSETUP\nbash /tmp/first.sh {pod} {sha256} 2>&1"));
}

#[test]
#[ignore = "boots a real host"]
fn a_pod_of_the_first_agent_runs_on_and_an_apply_gives_it_its_number_its_site_and_its_own_database() {
    let host = Host::boot();
    host.script("systemctl start mariadb");
    let pod = "u-old";
    set_up(&host, pod);
    let page = |uid: &str| (200, format!("my own page [[\"home\",\"4\"],[\"Käse & Brot\",\"17\"]] {uid}"));
    let old_uid = host.script(&format!("id -u p-{pod}"));
    host.await_page(&domain(pod), "my own page");
    assert_eq!(host.fetch(&domain(pod), "/"), page(&old_uid), "as the first agent left it");

    let session = host.session();
    let spec = php_pod(pod);
    let seen = session.call(PodObserve { pod: spec.pod.clone() }).unwrap();
    assert_eq!(seen.standing, PodCondition::Broken, "{seen:?}");
    assert_eq!((seen.parts.len(), seen.parts[0].name.as_str()), (1, "layout"), "it says what is to be done: {seen:?}");
    assert_eq!(seen.sites.values().next().map(|site| site.status), Some(200));
    assert!(session.call(PodList {}).unwrap().iter().any(|listed| listed.pod == spec.pod && listed.sites[0].stack == "php"));

    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.fetch(&domain(pod), "/"), page(&spec.uid.get().to_string()));
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Running);
    // Nothing belongs to the number of before, the shared server has nothing of the pod, and no old unit, socket or log is left.
    assert_eq!(host.script(&format!("find /srv/pods/{pod} -uid {old_uid} -o -gid {old_uid}")), "");
    assert_eq!(
        host.script("stat -c %U:%a /etc/shadow; mariadb -N -e \"show databases like 'u\\\\_old'; select User from mysql.user where User = 'u_old'\""),
        "root:640"
    );
    assert_eq!(host.script(&format!("ls -d /etc/systemd/system/*pod-{pod}-php* /run/pods/{pod}/fpm.sock /var/log/nginx/pod-{pod}.* /etc/nginx/mpanel.d/{pod}.conf /var/lib/mpanel/moves/* 2>/dev/null")), "");

    host.lose_power();
    host.await_page(&domain(pod), "my own page");
    host.session().call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces(pod), "");
}

#[test]
#[ignore = "boots a real host"]
fn moving_a_pod_of_the_first_agent_can_be_killed_at_any_moment_and_loses_nothing() {
    let host = Host::boot();
    host.script("systemctl start mariadb");
    for moment in [50, 150, 300, 500, 800] {
        let pod = format!("u-kill{moment}");
        set_up(&host, &pod);
        let spec = php_pod(&pod);
        let session = host.session();
        let id = session.send(PodApply { spec: spec.clone() }, std::time::Duration::from_secs(60));
        // Not a wait for a state: the moment of the damage is the input of this test.
        std::thread::sleep(std::time::Duration::from_millis(moment));
        host.script("kill -9 $(pgrep -x mpanel-node)");
        // Killed, or done just before.
        let _ = session.wait(id);
        host.session().call(PodApply { spec: spec.clone() }).unwrap_or_else(|failure| panic!("after {moment} ms: {failure}"));
        let (status, body) = host.fetch(&domain(&pod), "/");
        assert!(status == 200 && body.contains("[\"Käse & Brot\",\"17\"]"), "after {moment} ms: {status} {body}");
    }
}
