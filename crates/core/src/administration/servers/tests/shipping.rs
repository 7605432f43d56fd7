use super::World;
use crate::administration::servers::{self, ShipError};
use adapters::node::{CallOptions, ServerTarget, simulated::Fault};
use std::time::Duration;

fn options() -> CallOptions {
    CallOptions { deadline: Duration::from_secs(10), key: "job/ship".to_owned(), lines: None }
}

async fn target(world: &World) -> ServerTarget {
    let id = servers::ensure_simulated(&world.services).await.unwrap();
    let mut tx = world.services.db.system("test").await.unwrap();
    servers::health::target(tx.conn(), id).await.unwrap()
}

fn sent(world: &World) -> usize {
    world.sim.heard().iter().filter(|heard| heard.verb == "ArtifactPut").count()
}

#[tokio::test]
async fn an_artifact_travels_once_however_many_want_it() {
    let world = World::new().await;
    world.artifact("php8.2", "x86_64");
    let target = target(&world).await;
    let wanted = futures::future::join_all((0..10).map(|_| servers::ship(&world.services, &target, "php8.2", options()))).await;
    let names: Vec<String> = wanted.into_iter().map(|artifact| artifact.unwrap().name.to_string()).collect();
    assert_eq!(names, ["php8.2"; 10]);
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_shipment_that_failed_is_sent_again_by_the_next() {
    let world = World::new().await;
    world.artifact("wordpress", "any");
    let target = target(&world).await;
    world.sim.fault_on("ArtifactPut", Fault::LoseBefore);
    let error = servers::ship(&world.services, &target, "wordpress", options()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    servers::ship(&world.services, &target, "wordpress", options()).await.unwrap();
    assert_eq!(sent(&world), 2);
}

#[tokio::test]
async fn an_artifact_that_was_not_built_is_named() {
    let world = World::new().await;
    let target = target(&world).await;
    let error = servers::ship(&world.services, &target, "node18", options()).await.unwrap_err();
    assert!(matches!(&error, ShipError::Absent(name) if name == "node18"));
    assert!(!error.is_retryable());
}
