use super::{Bench, program::Heard, until, within};
use crate::node::{CallOptions, NodeClient, NodeError};
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use wire::{
    PodName,
    message::FailureKind,
    verb::{MovePart, PodList, PodObserve, PodReceive, PodRemove, RemoveMode, Reply, Verb},
};

/// A request that the host in these tests never answers.
fn endless() -> Verb {
    PodObserve { pod: PodName::new("p1").unwrap() }.into()
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let bench = Bench::new();
    let calls = (0..50).map(|_| {
        let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
        tokio::spawn(async move { links.call(&target, PodList {}.into(), within(10)).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), Reply::PodList(Vec::new()));
    }
    assert_eq!(bench.host.connections(), 1);
    assert_eq!(bench.host.heard().len(), 50);
}

#[tokio::test]
async fn a_long_request_does_not_hold_up_the_others() {
    let bench = Bench::new();
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let long = tokio::spawn(async move { links.call(&target, endless(), within(60)).await });
    until("the long one runs", || async { bench.host.waiting().load(Ordering::SeqCst) == 1 }).await;
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    long.abort();
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_on_the_server() {
    let bench = Bench::new();
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let call = tokio::spawn(async move { links.call(&target, endless(), within(60)).await });
    until("the request runs", || async { bench.host.waiting().load(Ordering::SeqCst) == 1 }).await;

    call.abort();

    until("the server hears of it", || async { bench.host.heard().iter().any(|heard| matches!(heard, Heard::Cancel(_))) }).await;
    until("the work stops", || async { bench.host.waiting().load(Ordering::SeqCst) == 0 }).await;
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    assert_eq!(bench.host.connections(), 1, "the connection lives on");
}

#[tokio::test]
async fn the_deadline_is_told_to_the_server_and_kept_here() {
    let bench = Bench::new();
    // A connection may take longer than this deadline on a busy machine; it is not what is looked at here.
    bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    let began = Instant::now();
    let options = CallOptions { deadline: Duration::from_millis(300), key: "k".to_owned(), lines: None };
    let error = bench.links.call(&bench.target, endless(), options).await.unwrap_err();
    assert!(matches!(&error, NodeError::Failed(failure) if failure.kind == FailureKind::Deadline), "{error}");
    assert!(began.elapsed() < Duration::from_secs(3));
    let heard = bench.host.heard();
    assert!(matches!(heard[1], Heard::Request { deadline_ms: 1..=300, .. }), "{heard:?}");
    until("the work is stopped", || async { bench.host.waiting().load(Ordering::SeqCst) == 0 }).await;
}

#[tokio::test]
async fn a_lost_connection_ends_its_requests_and_the_next_call_makes_a_new_one() {
    let bench = Bench::new();
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let call = tokio::spawn(async move { links.call(&target, endless(), within(60)).await });
    until("the request runs", || async { bench.host.waiting().load(Ordering::SeqCst) == 1 }).await;

    bench.host.cut();

    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, NodeError::Unreachable(_)) && error.is_retryable(), "{error}");
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    assert_eq!(bench.host.connections(), 2);
}

#[tokio::test]
async fn those_who_wait_for_a_connection_share_its_failure() {
    let bench = Bench::new();
    bench.host.set_off(true);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
            tokio::spawn(async move { links.call(&target, PodList {}.into(), within(10)).await })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(NodeError::Unreachable(_))));
    }
    assert_eq!(bench.host.connections(), 1, "one attempt for all of them");
    bench.host.set_off(false);
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
}

#[tokio::test]
async fn no_more_requests_run_at_once_than_the_server_takes() {
    let bench = Bench::new();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
            tokio::spawn(async move { links.call(&target, endless(), within(60)).await })
        })
        .collect();
    until("the room is full", || async { bench.host.waiting().load(Ordering::SeqCst) == 64 }).await;
    let requests = |host: &super::Host| host.heard().iter().filter(|heard| matches!(heard, Heard::Request { .. })).count();
    assert_eq!(requests(&bench.host), 64);
    calls.iter().take(40).for_each(tokio::task::JoinHandle::abort);
    until("others get their turn", || async { requests(&bench.host) > 64 }).await;
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn streams_that_do_not_go_on_leave_room_for_other_requests() {
    let bench = Bench::new();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let ((to, from), links, target) = (mpsc::channel(1), Arc::clone(&bench.links), bench.target.clone());
            let verb = PodReceive { pod: PodName::new("p1").unwrap(), part: MovePart::Whole, disk_mb: 1 };
            tokio::spawn(async move {
                let _nothing_comes = to;
                links.feed(&target, verb.into(), from, within(60)).await
            })
        })
        .collect();
    until("as many run as may", || async { bench.host.waiting().load(Ordering::SeqCst) == 48 }).await;
    bench.links.call(&bench.target, PodList {}.into(), within(10)).await.unwrap();
    assert_eq!(bench.host.waiting().load(Ordering::SeqCst), 48);
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn the_servers_lines_reach_the_caller_in_order() {
    let bench = Bench::new();
    let (lines, mut read) = mpsc::unbounded_channel();
    let verb = PodRemove { pod: PodName::new("p1").unwrap(), mode: RemoveMode::Hold };
    bench.links.call(&bench.target, verb.into(), CallOptions { lines: Some(lines), ..within(5) }).await.unwrap();
    let mut said = Vec::new();
    while let Some(line) = read.recv().await {
        said.push(line.line);
    }
    assert_eq!(said, ["line 1", "line 2", "line 3"]);
}

#[tokio::test]
async fn forgetting_a_server_ends_what_runs_there() {
    let bench = Bench::new();
    let (links, target) = (Arc::clone(&bench.links), bench.target.clone());
    let call = tokio::spawn(async move { links.call(&target, endless(), within(60)).await });
    until("the request runs", || async { bench.host.waiting().load(Ordering::SeqCst) == 1 }).await;
    bench.links.forget(bench.target.id).await;
    assert!(matches!(call.await.unwrap(), Err(NodeError::Unreachable(_))));
    until("the server sees the end", || async { bench.host.waiting().load(Ordering::SeqCst) == 0 }).await;
}
