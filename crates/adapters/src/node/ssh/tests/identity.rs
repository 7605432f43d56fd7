use super::{Bench, Folder, within};
use crate::node::{NodeClient, NodeError, fingerprint, ssh::key};
use std::os::unix::fs::PermissionsExt;
use wire::verb::PodList;

#[tokio::test]
async fn a_changed_host_key_is_named_and_nothing_is_sent() {
    let bench = Bench::new();
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    let (signed_in, heard) = (bench.host.sign_ins(), bench.host.heard());
    bench.host.change_key();
    bench.links.forget(bench.target.id).await;

    let error = bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap_err();

    let expected = fingerprint(&bench.host.public_key()).unwrap();
    assert!(matches!(&error, NodeError::HostKeyChanged { shown } if *shown == expected), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(bench.host.sign_ins(), signed_in, "not even a sign-in");
    assert_eq!(bench.host.heard(), heard);
}

#[tokio::test]
async fn an_unpinned_server_is_not_spoken_to() {
    let bench = Bench::new();
    let mut target = bench.target.clone();
    target.host_key = None;
    assert!(bench.links.call(&target, PodList {}.into(), within(5)).await.is_err());
    assert_eq!(bench.host.connections(), 0);
}

#[tokio::test]
async fn looking_at_a_host_key_signs_in_nowhere() {
    let bench = Bench::new();
    let key = bench.links.host_key("100.64.0.9").await.unwrap();
    assert_eq!(key.line, bench.host.public_key());
    assert_eq!(Some(key.fingerprint), fingerprint(&key.line));
    assert_eq!(bench.host.sign_ins(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_know_the_panel_says_so_with_a_remedy() {
    let bench = Bench::new();
    bench.host.admit("ssh-ed25519 AAAA".to_owned());
    let error = bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap_err();
    assert!(matches!(&error, NodeError::Failed(failure) if failure.remedy.as_deref().unwrap_or_default().contains("enrollment command")), "{error}");
}

#[test]
fn the_key_is_made_once_and_is_its_owners_alone() {
    let folder = Folder::new();
    let path = folder.0.join("deep/key");
    let first = key::load_or_make(&path).unwrap();
    let again = key::load_or_make(&path).unwrap();
    assert_eq!(first.public_key(), again.public_key());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(key::load_or_make(&path).unwrap_err().to_string().contains("chmod 600"));
}
