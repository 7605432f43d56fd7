use super::{Yard, static_pod, within};
use mpanel_adapters::node::{NodeClient, NodeError};
use wire::{
    NODE_PATH, PodName,
    observation::PodCondition,
    probe::Capability,
    verb::{PodApply, PodList, PodObserve, PodPlan, PodRemove, Probe, RemoveMode},
};

#[tokio::test]
async fn a_fresh_host_is_enrolled_by_its_line_and_carries_a_site() {
    let Some(yard) = Yard::fresh("enr").await else { return };
    let (links, target, host) = (&yard.links, &yard.target, &yard.host);

    let own = host.must(&["ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub"]).await.unwrap();
    let shown = links.host_key(&target.address).await.unwrap();
    assert!(own.contains(&shown.fingerprint), "{own} {shown:?}");
    let stranger = links.call(target, PodList {}.into(), within(10)).await.unwrap_err();
    assert!(stranger.to_string().contains("run the enrollment command"), "{stranger}");

    host.must(&["sh", "-c", "mkdir -p ~/.ssh; printf %s 'ssh-ed25519 AAAAother somebody' >~/.ssh/authorized_keys"]).await.unwrap();
    yard.run_line().await;
    yard.run_line().await;
    let keys = host.must(&["cat", "/root/.ssh/authorized_keys"]).await.unwrap();
    assert_eq!(keys.lines().count(), 2, "{keys}");
    assert!(keys.starts_with("ssh-ed25519 AAAAother somebody\nrestrict,command="), "{keys}");
    assert_eq!(host.must(&["stat", "-c", "%a %U", "/root/.ssh/authorized_keys"]).await.unwrap().trim(), "600 root");

    let version = links.install_program(target).await.unwrap();
    assert_eq!(host.must(&["stat", "-c", "%a %U", NODE_PATH]).await.unwrap().trim(), "755 root");
    assert_eq!(links.install_program(target).await.unwrap(), version, "a second time there is nothing to send");
    yard.run_line().await;
    assert_eq!(host.must(&["sh", "-c", "ls -A /usr/local/lib/mpanel"]).await.unwrap().trim(), "mpanel-node", "the line keeps a program that starts");

    let report = yard.ask(Probe {}, 30).await;
    assert_eq!(report.version, version);
    assert!(report.storage.enforces_limits, "{report:?}");
    assert!(report.capabilities.iter().any(|state| state.capability == Capability::Static && state.ready), "{:?}", report.capabilities);

    let (spec, pod) = (static_pod("p1", "Ana and Sons"), PodName::new("p1").unwrap());
    assert!(!yard.ask(PodPlan { spec: spec.clone() }, 30).await.is_noop());
    yard.ask(PodApply { spec: spec.clone() }, 60).await;
    let page = yard.page("p1.example.test").await;
    assert!(page.contains("<title>Ana and Sons</title>"), "{page}");
    assert!(yard.ask(PodApply { spec }, 60).await.is_noop());
    assert_eq!(yard.ask(PodObserve { pod: pod.clone() }, 30).await.standing, PodCondition::Running);
    yard.ask(PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }, 60).await;
    assert_eq!(yard.ask(PodObserve { pod }, 30).await.standing, PodCondition::Absent);
}

#[tokio::test]
async fn the_panels_key_starts_the_program_and_no_shell() {
    let Some(yard) = Yard::enrolled("shl").await else { return };
    let ssh = |extra: &[&str], command: &str| {
        let key = yard.keys.join("key");
        let mut ssh = std::process::Command::new("ssh");
        ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i"]);
        let output = ssh.arg(key).args(extra).arg(format!("root@{}", yard.target.address)).arg(command).stdin(std::process::Stdio::null()).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    };
    for command in ["id", "sh -c id", "/bin/bash -i", "cat /etc/shadow", "sftp-server"] {
        let said = ssh(&[], command);
        assert!(said.contains("\"say\":\"hello\"") && !said.contains("uid=0") && !said.contains("root:"), "{command}: {said}");
    }
    let forwarded = ssh(&["-T", "-W", "127.0.0.1:3306"], "");
    assert!(!forwarded.to_lowercase().contains("mariadb"), "no forwarding: {forwarded}");
}

#[tokio::test]
async fn an_older_program_is_replaced_and_a_broken_one_healed_by_the_line() {
    let Some(yard) = Yard::fresh("upg").await else { return };
    yard.run_line().await;
    yard.links.install_program(&yard.target).await.unwrap();
    let sum = async || yard.host.must(&["sha256sum", NODE_PATH]).await.unwrap();
    let current = sum().await;

    // The same program with a byte behind its end: it runs, and is another.
    yard.host.must(&["sh", "-c", "cd /usr/local/lib/mpanel && cp mpanel-node old && printf x >>old && mv old mpanel-node"]).await.unwrap();
    yard.links.forget(yard.target.id).await;
    assert_ne!(sum().await, current);
    yard.links.install_program(&yard.target).await.unwrap();
    assert_eq!(sum().await, current);

    yard.host.must(&["sh", "-c", "cd /usr/local/lib/mpanel && printf broken >new && chmod 755 new && mv new mpanel-node"]).await.unwrap();
    let error = yard.links.install_program(&yard.target).await.unwrap_err();
    assert!(error.to_string().contains("run the enrollment command on the server again"), "{error}");
    yard.run_line().await;
    yard.links.install_program(&yard.target).await.unwrap();
    assert_eq!(sum().await, current);
}

#[tokio::test]
async fn a_host_with_a_new_key_is_sent_nothing() {
    let Some(yard) = Yard::enrolled("key").await else { return };
    yard.ask(PodList {}, 10).await;
    let remake = "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh";
    yard.host.must(&["sh", "-c", remake]).await.unwrap();
    yard.links.forget(yard.target.id).await;
    let asked = std::time::Instant::now();
    let error = yard.links.call(&yard.target, PodList {}.into(), within(10)).await.unwrap_err();
    println!("another host key: refused {:.1?} after the next question", asked.elapsed());
    let own = yard.host.must(&["ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub"]).await.unwrap();
    assert!(matches!(&error, NodeError::HostKeyChanged { shown } if own.contains(shown)), "{error}");
    assert!(matches!(yard.links.install_program(&yard.target).await, Err(NodeError::HostKeyChanged { .. })));
}
