use super::{Yard, program, within};
use mpanel_adapters::node::{NodeClient, NodeError, SshConfig, SshNodeClient};
use std::{os::unix::fs::PermissionsExt, path::PathBuf};
use wire::{NODE_PATH, verb::PodList};

/// The same panel, which ships another agent.
fn shipping(yard: &Yard, agent: PathBuf) -> SshNodeClient {
    SshNodeClient::new(SshConfig::new(yard.keys.join("key"), Some("tailscale0".to_owned()), agent)).unwrap()
}

async fn sum(yard: &Yard) -> String {
    yard.host.must(&["sha256sum", NODE_PATH]).await.unwrap()
}

#[tokio::test]
async fn a_new_agent_comes_in_and_one_that_does_not_work_gives_way_to_the_one_before() {
    let Some(yard) = Yard::enrolled("rol").await else { return };
    yard.ask(PodList {}, 10).await;
    let first = sum(&yard).await;

    // A newer agent: the same one with a byte behind its end.
    let newer = yard.keys.join("newer");
    let mut bytes = std::fs::read(program().unwrap()).unwrap();
    bytes.push(b'x');
    std::fs::write(&newer, bytes).unwrap();
    let next = shipping(&yard, newer);
    next.install_program(&yard.target).await.unwrap();
    let second = sum(&yard).await;
    assert_ne!(second, first);
    next.forget(yard.target.id).await;
    next.call(&yard.target, PodList {}.into(), within(10)).await.unwrap();
    assert_eq!(sum(&yard).await, second, "it stays when the session that brought it has ended");

    // Agents that start and are good for nothing: one is silent, one ends, one speaks another language.
    for (name, serve) in [("ends", "exit 3"), ("silent", "sleep 60"), ("babbles", "printf '\\000\\000\\000\\003\\000{}'; sleep 60")] {
        let broken = yard.keys.join(name);
        let script = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then echo mpanel-node 9.9.9; exit; fi\n{serve}\n");
        std::fs::write(&broken, script).unwrap();
        std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = shipping(&yard, broken).install_program(&yard.target).await.unwrap_err();
        assert!(matches!(error, NodeError::AgentRolledBack { .. }), "{name}: {error}");
        println!("{name}: {error}");
        assert_eq!(sum(&yard).await, second, "{name}");
        next.call(&yard.target, PodList {}.into(), within(10)).await.unwrap();
    }
}
