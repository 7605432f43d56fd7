use super::{
    Bench, Host,
    program::{Heard, sum},
    until, within,
};
use crate::node::{NodeClient, NodeError};
use std::sync::Arc;
use wire::{
    ArtifactName, Sha256,
    verb::{ArtifactKind, ArtifactPut, PodList, Reply, Stored, Verb},
};

fn put(bytes: &[u8]) -> Verb {
    let name = ArtifactName::new("php8.2").unwrap();
    ArtifactPut { name, kind: ArtifactKind::Runtime, sha256: Sha256::new(sum(bytes)).unwrap(), size: bytes.len() as u64 }.into()
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

#[tokio::test]
async fn a_file_arrives_whole_beside_other_requests() {
    let bench = Bench::new();
    let content = bytes(9_000_001);
    let path = bench.folder.file("artifact", &content);
    let (links, target, verb) = (Arc::clone(&bench.links), bench.target.clone(), put(&content));
    let upload = tokio::spawn(async move { links.upload(&target, verb, &path, within(60)).await });
    for _ in 0..10 {
        bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    }
    assert_eq!(upload.await.unwrap().unwrap(), Reply::ArtifactPut(Stored { had: false }));
    let expected = Heard::File { name: "ArtifactPut", sha256: sum(&content), size: content.len() };
    assert!(bench.host.heard().contains(&expected));
    assert_eq!(bench.host.connections(), 1);
}

#[tokio::test]
async fn a_file_of_another_length_is_not_announced() {
    let bench = Bench::new();
    let path = bench.folder.file("artifact", b"short");
    assert!(bench.links.upload(&bench.target, put(&bytes(100)), &path, within(5)).await.is_err());
    assert_eq!(bench.host.connections(), 0);
}

#[tokio::test]
async fn a_program_that_is_current_stays() {
    let bench = Bench::new();
    assert_eq!(bench.links.install_program(&bench.target).await.unwrap(), "9.9.9");
    assert!(!bench.host.heard().iter().any(|heard| matches!(heard, Heard::File { .. })));
}

#[tokio::test]
async fn an_older_program_is_replaced_over_its_own_connection() {
    let folder = super::Folder::new();
    let binary = folder.file("mpanel-node", b"the program, version 2");
    let bench = Bench::with(Host::running(b"the program, version 1"), folder, &binary);
    bench.links.install_program(&bench.target).await.unwrap();
    assert_eq!(bench.host.disk().program.as_deref(), Some(b"the program, version 2".as_slice()));
    assert_eq!(bench.host.connections(), 2, "the new program runs in a new session");
}

#[tokio::test]
async fn a_program_of_another_exchange_is_asked_for_nothing_but_its_replacement() {
    let folder = super::Folder::new();
    let binary = folder.file("mpanel-node", b"the program, version 2");
    let bench = Bench::with(Host::speaking(b"ancient", 0), folder, &binary);
    let error = bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap_err();
    assert!(matches!(error, NodeError::AgentOutdated { .. }), "{error}");
    assert_eq!(bench.host.heard(), []);
    bench.links.install_program(&bench.target).await.unwrap();
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_upload_leaves_the_connection_in_order() {
    let bench = Bench::new();
    let content = bytes(40_000_000);
    let path = bench.folder.file("artifact", &content);
    let (links, target, verb) = (Arc::clone(&bench.links), bench.target.clone(), put(&content));
    let upload = tokio::spawn(async move { links.upload(&target, verb, &path, within(60)).await });
    until("the upload has begun", || async { !bench.host.heard().is_empty() }).await;
    upload.abort();
    until("the server hears of it", || async { bench.host.heard().iter().any(|heard| matches!(heard, Heard::Cancel(_))) }).await;
    bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    assert_eq!(bench.host.connections(), 1);
}
