use super::{fetch, options, simulation, spec, target};
use crate::node::{NodeClient, SimulatedNodeClient, simulated::SimulatedConfig};
use std::time::Duration;
use wire::{
    PodName,
    observation::PodCondition,
    plan::Op,
    verb::{Call, PodApply, PodObserve, PodPlan, PodRemove, RemoveMode},
};

#[tokio::test]
async fn a_pod_answers_by_its_name_with_its_title() {
    let (links, target) = (simulation().await, target());
    let spec = spec("p1", "bakery.example.com", "Ana <& Sons>");
    links.call(&target, PodApply { spec }.into(), options()).await.unwrap();
    let (status, body) = fetch(&links, "bakery.example.com").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("<title>Ana &lt;&amp; Sons&gt;</title>"), "{body}");
    assert!(fetch(&links, "other.example.com").await.0.contains("404"));
}

#[tokio::test]
async fn a_second_apply_has_nothing_to_do() {
    let (links, target) = (simulation().await, target());
    let spec = spec("p1", "a.example.com", "A");
    let first = links.call(&target, PodApply { spec: spec.clone() }.into(), options()).await.unwrap();
    assert!(PodApply::read(first).unwrap().changes.iter().all(|change| change.op == Op::Add));
    let plan = links.call(&target, PodPlan { spec: spec.clone() }.into(), options()).await.unwrap();
    assert!(PodPlan::read(plan).unwrap().is_noop());
    let second = links.call(&target, PodApply { spec }.into(), options()).await.unwrap();
    assert!(PodApply::read(second).unwrap().is_noop());
}

#[tokio::test]
async fn a_held_pod_does_not_answer_and_comes_back_and_a_purged_one_is_gone() {
    let (links, target, pod) = (simulation().await, target(), PodName::new("p1").unwrap());
    let spec = spec("p1", "a.example.com", "A");
    let observe = async || {
        let reply = links.call(&target, PodObserve { pod: pod.clone() }.into(), options()).await.unwrap();
        PodObserve::read(reply).unwrap().standing
    };
    let remove = async |mode| links.call(&target, PodRemove { pod: pod.clone(), mode }.into(), options()).await.unwrap();
    assert_eq!(observe().await, PodCondition::Absent);
    links.call(&target, PodApply { spec: spec.clone() }.into(), options()).await.unwrap();
    assert_eq!(observe().await, PodCondition::Running);
    remove(RemoveMode::Hold).await;
    assert_eq!(observe().await, PodCondition::Held);
    assert!(fetch(&links, "a.example.com").await.0.contains("404"));
    links.call(&target, PodApply { spec }.into(), options()).await.unwrap();
    assert_eq!(observe().await, PodCondition::Running);
    remove(RemoveMode::Purge).await;
    assert_eq!(observe().await, PodCondition::Absent);
}

#[tokio::test]
async fn a_name_that_another_pod_has_is_refused() {
    let (links, target) = (simulation().await, target());
    links.call(&target, PodApply { spec: spec("p1", "a.example.com", "A") }.into(), options()).await.unwrap();
    let second = links.call(&target, PodApply { spec: spec("p2", "a.example.com", "B") }.into(), options()).await;
    assert!(second.unwrap_err().to_string().contains("already served by the pod p1"));
}

#[tokio::test]
async fn pods_outlive_the_simulation_in_its_file() {
    let file = std::env::temp_dir().join(format!("mpanel-simulation-{:x}.json", rand::random::<u64>()));
    let config = SimulatedConfig { port: 0, file: Some(file.clone()), pace: Duration::ZERO };
    let target = target();
    let first = SimulatedNodeClient::start(config.clone()).unwrap();
    first.call(&target, PodApply { spec: spec("p1", "a.example.com", "A") }.into(), options()).await.unwrap();
    drop(first);
    let second = SimulatedNodeClient::start(config).unwrap();
    assert!(fetch(&second, "a.example.com").await.0.contains("200"));
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_suspended_pod_answers_503_and_comes_back() {
    let (links, target) = (simulation().await, target());
    let running = spec("p1", "a.example.com", "A");
    let suspended = wire::spec::PodSpec { state: wire::spec::PodState::Suspended, ..running.clone() };
    links.call(&target, PodApply { spec: suspended }.into(), options()).await.unwrap();
    let (status, body) = fetch(&links, "a.example.com").await;
    assert!(status.contains("503") && body.contains("Temporarily unavailable"), "{status}: {body}");
    let reply = links.call(&target, PodObserve { pod: running.pod.clone() }.into(), options()).await.unwrap();
    assert_eq!(PodObserve::read(reply).unwrap().standing, PodCondition::Suspended);
    links.call(&target, PodApply { spec: running }.into(), options()).await.unwrap();
    assert_eq!(fetch(&links, "a.example.com").await.0, "HTTP/1.1 200 OK");
}
