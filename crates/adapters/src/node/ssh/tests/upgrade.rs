use super::{Bench, Folder, Host, until, within};
use crate::node::{NodeClient, NodeError};
use std::sync::{Arc, atomic::Ordering};
use wire::{
    PodName,
    verb::{PodList, PodObserve, Verb},
};

const OLD: &[u8] = b"the program, version 1";

/// A host with the old agent, and a panel that ships this one.
fn bench(shipped: &[u8], verbs: Option<Vec<&'static str>>) -> Bench {
    let folder = Folder::new();
    let binary = folder.file("mpanel-node", shipped);
    Bench::with(Host::knowing(OLD, verbs), folder, &binary)
}

#[tokio::test]
async fn an_agent_that_does_not_work_gives_way_to_the_one_before() {
    let bench = bench(b"broken, version 2", Some(Verb::NAMES.to_vec()));
    let error = bench.links.install_program(&bench.target).await.unwrap_err();
    assert!(matches!(&error, NodeError::AgentRolledBack { why } if !why.is_empty()) && !error.is_retryable(), "{error}");
    assert_eq!(bench.host.disk().program.as_deref(), Some(OLD));
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
}

#[tokio::test]
async fn an_agent_that_works_stays_when_the_session_that_brought_it_has_ended() {
    let new = b"the program, version 2";
    let bench = bench(new, Some(Verb::NAMES.to_vec()));
    bench.links.install_program(&bench.target).await.unwrap();
    bench.links.forget(bench.target.id).await;
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    assert_eq!(bench.host.disk().program.as_deref(), Some(new.as_slice()));
}

#[tokio::test]
async fn an_agent_whose_trial_nobody_ends_gives_way_to_the_one_before() {
    let bench = bench(b"the program, version 2", Some(Verb::NAMES.to_vec()));
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let install = tokio::spawn(async move { links.install_program(&target).await });
    until("the new one is in place", || async { bench.host.disk().program.as_deref() != Some(OLD) }).await;
    bench.host.cut();
    // Whichever moment the cable was pulled in: the program there is one that was confirmed, or the one before.
    let kept = install.await.unwrap().is_ok();
    until("the trial is over", || async { (bench.host.disk().program.as_deref() == Some(OLD)) != kept }).await;
}

#[tokio::test]
async fn requests_that_run_go_on_while_the_agent_is_replaced() {
    let bench = bench(b"the program, version 2", Some(Verb::NAMES.to_vec()));
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let endless = PodObserve { pod: PodName::new("p1").unwrap() };
    let running = tokio::spawn(async move { links.call(&target, endless.into(), within(60)).await });
    until("the request runs", || async { bench.host.waiting().load(Ordering::SeqCst) == 1 }).await;
    bench.links.install_program(&bench.target).await.unwrap();
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    assert_eq!(bench.host.waiting().load(Ordering::SeqCst), 1, "it still runs");
    running.abort();
}

#[tokio::test]
async fn an_agent_of_before_is_replaced_for_good() {
    let new = b"the program, version 2";
    let bench = bench(new, None);
    bench.links.install_program(&bench.target).await.unwrap();
    bench.links.forget(bench.target.id).await;
    assert_eq!(bench.host.disk().program.as_deref(), Some(new.as_slice()));
}

#[tokio::test]
async fn an_agent_of_another_exchange_puts_itself_back_too() {
    let bench = bench(b"broken, version 2", Some(Verb::NAMES.to_vec()));
    bench.host.set_protocol(wire::PROTOCOL + 1);
    let error = bench.links.install_program(&bench.target).await.unwrap_err();
    assert!(matches!(error, NodeError::AgentRolledBack { .. }), "{error}");
    assert_eq!(bench.host.disk().program.as_deref(), Some(OLD));
}
