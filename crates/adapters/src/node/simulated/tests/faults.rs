use super::{options, simulation, spec, target};
use crate::node::{
    CallOptions, NodeClient, NodeError, ServerTarget,
    simulated::{Ended, Fault},
};
use std::{sync::Arc, time::Duration};
use wire::{
    message::{Failure, FailureKind},
    verb::{PodApply, PodList},
};

#[tokio::test]
async fn the_nth_call_fails_and_the_others_do_not() {
    let (links, target) = (simulation().await, target());
    links.fault_at(2, Fault::Fail(Failure::new(FailureKind::Busy, "busy")));
    assert!(links.call(&target, PodList {}.into(), options()).await.is_ok());
    assert!(matches!(links.call(&target, PodList {}.into(), options()).await, Err(NodeError::Failed(_))));
    assert!(links.call(&target, PodList {}.into(), options()).await.is_ok());
    let ended: Vec<_> = links.heard().into_iter().map(|heard| heard.ended).collect();
    assert_eq!(ended, [Ended::Answered, Ended::Failed, Ended::Answered]);
}

#[tokio::test]
async fn a_lost_answer_is_not_a_lost_effect() {
    let (links, target) = (simulation().await, target());
    let apply = || PodApply { spec: spec("p1", "a.example.com", "A") }.into();
    links.fault_on("PodApply", Fault::LoseBefore);
    links.fault_on("PodApply", Fault::LoseAfter);
    assert!(matches!(links.call(&target, apply(), options()).await, Err(NodeError::Unreachable(_))));
    assert_eq!(links.pods(target.id).len(), 0);
    assert!(matches!(links.call(&target, apply(), options()).await, Err(NodeError::Unreachable(_))));
    assert_eq!(links.pods(target.id), ["p1"]);
}

#[tokio::test]
async fn a_hanging_call_ends_with_its_deadline_or_its_caller() {
    let (links, target) = (Arc::new(simulation().await), target());
    links.fault_at(1, Fault::Hang);
    links.fault_at(2, Fault::Hang);
    let short = CallOptions { deadline: Duration::from_millis(20), ..options() };
    assert!(matches!(links.call(&target, PodList {}.into(), short).await, Err(NodeError::Failed(failure)) if failure.kind == FailureKind::Deadline));
    let (other, there) = (Arc::clone(&links), target.clone());
    let call = tokio::spawn(async move { other.call(&there, PodList {}.into(), options()).await });
    while links.heard().len() < 2 {
        tokio::task::yield_now().await;
    }
    call.abort();
    let _ = call.await;
    assert_eq!(links.heard()[1].ended, Ended::Cancelled);
}

#[tokio::test]
async fn a_machine_with_another_host_key_hears_nothing() {
    let links = simulation().await;
    let key = links.host_key("100.64.0.5").await.unwrap();
    let target = ServerTarget { address: "100.64.0.5".to_owned(), host_key: Some(key.line), simulated: false, ..target() };
    links.call(&target, PodList {}.into(), options()).await.unwrap();
    links.change_host_key("100.64.0.5");
    assert!(matches!(links.call(&target, PodList {}.into(), options()).await, Err(NodeError::HostKeyChanged { .. })));
    assert_eq!(links.heard().len(), 1);
}
