use super::{
    Bench,
    program::{Heard, LOG, sum},
    until, within,
};
use crate::node::{NodeClient, NodeError};
use std::sync::{Arc, atomic::Ordering};
use tokio::sync::mpsc;
use wire::{
    ArtifactName, PodName, Sha256,
    frame::WINDOW,
    verb::{ArtifactKind, ArtifactPut, PodList, PodLog, Reply, Sent, Verb, WebLog},
};

fn log() -> Verb {
    PodLog { pod: PodName::new("p1").unwrap(), log: WebLog::Access }.into()
}

#[tokio::test]
async fn an_upload_waits_for_the_agents_credit_and_nobody_else_does() {
    let bench = Bench::new();
    bench.host.set_withholds(true);
    let content = vec![5; 3 * WINDOW as usize];
    let path = bench.folder.file("artifact", &content);
    let name = ArtifactName::new("php8.2").unwrap();
    let verb = ArtifactPut { name, kind: ArtifactKind::Runtime, sha256: Sha256::new(sum(&content)).unwrap(), size: content.len() as u64 }.into();
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let upload = tokio::spawn(async move { links.upload(&target, verb, &path, within(60)).await });
    until("a window has come", || async { bench.host.came().load(Ordering::SeqCst) == WINDOW as usize }).await;
    for _ in 0..5 {
        bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    }
    assert_eq!(bench.host.came().load(Ordering::SeqCst), WINDOW as usize, "nothing more is sent without credit");
    bench.host.set_withholds(false);
    bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    assert!(matches!(upload.await.unwrap(), Ok(Reply::ArtifactPut(_))));
    assert_eq!(bench.host.came().load(Ordering::SeqCst), content.len());
}

#[tokio::test]
async fn a_download_goes_as_fast_as_it_is_taken_several_at_once_beside_other_requests() {
    let bench = Bench::new();
    let mut downloads = Vec::new();
    for _ in 0..2 {
        let ((to, from), links, target) = (mpsc::channel(1), Arc::clone(&bench.links), bench.target.clone());
        downloads.push((from, tokio::spawn(async move { links.download(&target, log(), to, within(60)).await })));
    }
    // Nobody takes anything yet: of each, what fits into its window and no more.
    until("two windows were sent", || async { bench.host.went().load(Ordering::SeqCst) >= 2 * WINDOW as usize }).await;
    for _ in 0..5 {
        bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    }
    assert_eq!(bench.host.went().load(Ordering::SeqCst), 2 * WINDOW as usize);
    for (mut from, answer) in downloads {
        let mut length = 0;
        while let Some(chunk) = from.recv().await {
            length += chunk.len() as u64;
        }
        assert_eq!((length, answer.await.unwrap().unwrap()), (LOG, Reply::PodLog(Sent { bytes: LOG })));
    }
    assert_eq!(bench.host.connections(), 1);
}

#[tokio::test]
async fn a_download_that_nobody_takes_any_more_is_stopped_on_the_server() {
    let bench = Bench::new();
    let ((to, mut from), links, target) = (mpsc::channel(1), Arc::clone(&bench.links), bench.target.clone());
    let download = tokio::spawn(async move { links.download(&target, log(), to, within(60)).await });
    assert!(from.recv().await.is_some());
    drop(from);
    assert!(download.await.unwrap().is_err());
    until("the server hears of it", || async { bench.host.heard().iter().any(|heard| matches!(heard, Heard::Cancel(_))) }).await;
    bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    assert_eq!(bench.host.connections(), 1, "the connection lives on");
}

#[tokio::test]
async fn an_agent_that_sends_more_than_there_is_room_for_loses_the_connection() {
    let bench = Bench::new();
    bench.host.set_greedy();
    let (to, _from) = mpsc::channel(1);
    let error = bench.links.download(&bench.target, log(), to, within(10)).await.unwrap_err();
    assert!(matches!(&error, NodeError::Unreachable(why) if why.contains("more than there was room for")), "{error}");
}
