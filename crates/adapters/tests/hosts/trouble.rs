use super::{Yard, static_pod, within, wordpress_pod};
use mpanel_adapters::node::{CallOptions, NodeClient, NodeError};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinHandle};
use wire::{
    message::FailureKind,
    spec::PodSpec,
    verb::{ArtifactKind, PodApply, PodList, Reply},
};

/// Begins to make a pod, and comes back as soon as the host says its first line about it.
async fn begin(yard: &Yard, spec: PodSpec) -> JoinHandle<Result<Reply, NodeError>> {
    let (lines, mut said) = mpsc::unbounded_channel();
    let (links, target) = (Arc::clone(&yard.links), yard.target.clone());
    let options = CallOptions { lines: Some(lines), ..within(120) };
    let call = tokio::spawn(async move { links.call(&target, PodApply { spec }.into(), options).await });
    tokio::time::timeout(Duration::from_secs(60), said.recv()).await.unwrap().expect("the host says something");
    call
}

async fn wordpress(yard: &Yard) -> Option<PodSpec> {
    let runtime = yard.ship("php8.2", ArtifactKind::Runtime).await?;
    let app = yard.ship("wordpress", ArtifactKind::Archive).await?;
    Some(wordpress_pod("blog", "A blog", runtime, app))
}

/// Waits until the host has nothing of its own running any more for this pod, and says whether it was left unfinished.
async fn unfinished(yard: &Yard) -> Option<bool> {
    yard.ask(PodList {}, 10).await.into_iter().find(|pod| pod.pod.as_str() == "blog").map(|pod| pod.unfinished)
}

#[tokio::test]
async fn a_dropped_call_stops_the_work_on_the_host_and_a_repeat_ends_it() {
    let Some(yard) = Yard::enrolled("cnc").await else { return };
    let Some(spec) = wordpress(&yard).await else { return };
    let call = begin(&yard, spec.clone()).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // Whatever was running was killed: nothing completes the pod behind our back.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(unfinished(&yard).await, Some(true));
    yard.ask(PodApply { spec }, 120).await;
    assert_eq!(unfinished(&yard).await, Some(false));
    assert!(yard.page("blog.example.test").await.contains("A blog"));
}

#[tokio::test]
async fn a_deadline_ends_the_work_on_the_host() {
    let Some(yard) = Yard::enrolled("dln").await else { return };
    let Some(spec) = wordpress(&yard).await else { return };
    let options = CallOptions { deadline: Duration::from_millis(300), ..within(1) };
    let began = Instant::now();
    let error = yard.links.call(&yard.target, PodApply { spec }.into(), options).await.unwrap_err();
    assert!(matches!(&error, NodeError::Failed(failure) if failure.kind == FailureKind::Deadline), "{error}");
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_ne!(unfinished(&yard).await, Some(false));
}

#[tokio::test]
async fn a_cut_cable_is_noticed_and_the_next_call_after_it_works() {
    let Some(yard) = Yard::enrolled("cut").await else { return };
    let Some(spec) = wordpress(&yard).await else { return };
    let call = begin(&yard, spec.clone()).await;
    yard.host.blackhole().await.unwrap();
    let began = Instant::now();
    let error = call.await.unwrap().unwrap_err();
    println!("the cut was noticed after {:?}", began.elapsed());
    assert!(matches!(error, NodeError::Unreachable(_)) && error.is_retryable(), "{error}");
    assert!(began.elapsed() < Duration::from_secs(45));
    assert!(matches!(yard.links.call(&yard.target, PodList {}.into(), within(3)).await, Err(NodeError::Unreachable(_) | NodeError::Failed(_))));
    yard.host.unhole().await.unwrap();
    yard.ask(PodApply { spec }, 120).await;
    assert!(yard.page("blog.example.test").await.contains("A blog"));
}

#[tokio::test]
async fn a_power_loss_ends_requests_and_the_pods_come_back() {
    let Some(mut yard) = Yard::enrolled("pwr").await else { return };
    yard.ask(PodApply { spec: static_pod("p1", "Still here") }, 60).await;
    yard.host.kill().await.unwrap();
    let gone = yard.links.call(&yard.target, PodList {}.into(), within(10)).await.unwrap_err();
    assert!(gone.is_retryable(), "{gone}");
    yard.host.up().await.unwrap();
    yard.host.ready().await.unwrap();
    assert_eq!(yard.ask(PodList {}, 20).await.len(), 1);
    assert!(yard.page("p1.example.test").await.contains("Still here"));
}
