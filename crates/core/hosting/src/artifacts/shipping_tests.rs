//! What pods run on is brought to their servers.

use super::{ArtifactStore, ShipError, ship};
use adapters::node::{CallOptions, ServerTarget, SimulatedNodeClient, simulated::Fault};
use core_administration::servers;
use engine::{Services, testing::TestServices};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// The parts, with an artifact store that starts empty.
struct World {
    services: Services,
    sim: Arc<SimulatedNodeClient>,
    folder: PathBuf,
    _db: db::testing::TestDb,
}

impl World {
    async fn new() -> Self {
        let TestServices { services, servers, db, .. } = TestServices::new().await;
        let folder = std::env::temp_dir().join(format!("mpanel-servers-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let services = services.with(Arc::new(ArtifactStore::new(&folder)));
        Self { services, sim: servers, folder, _db: db }
    }

    /// Puts a small file into the store under this name, as a build would have left it.
    fn artifact(&self, name: &str, architecture: &str) {
        use sha2::Digest;
        let content = format!("artifact {name}");
        let (sha256, file) = (hex::encode(sha2::Sha256::digest(&content)), format!("{name}.file"));
        std::fs::write(self.folder.join(&file), &content).unwrap();
        let manifest = serde_json::json!({
            "name": name, "version": "1", "sha256": sha256, "size": content.len(), "recipe": "test", "architecture": architecture, "file": file,
        });
        std::fs::write(self.folder.join(format!("{name}.json")), manifest.to_string()).unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn options() -> CallOptions {
    CallOptions { deadline: Duration::from_secs(10), key: "job/ship".to_owned(), lines: None }
}

async fn target(world: &World) -> ServerTarget {
    let id = servers::ensure_simulated(&world.services).await.unwrap();
    let mut tx = world.services.db.system("test").await.unwrap();
    servers::target(tx.conn(), id).await.unwrap()
}

fn sent(world: &World) -> usize {
    world.sim.heard().iter().filter(|heard| heard.verb == "ArtifactPut").count()
}

#[tokio::test]
async fn an_artifact_travels_once_however_many_want_it() {
    let world = World::new().await;
    world.artifact("php8.2", "x86_64");
    let target = target(&world).await;
    let wanted = futures::future::join_all((0..10).map(|_| ship(&world.services, &target, "php8.2", options()))).await;
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
    let error = ship(&world.services, &target, "wordpress", options()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    ship(&world.services, &target, "wordpress", options()).await.unwrap();
    assert_eq!(sent(&world), 2);
}

#[tokio::test]
async fn an_artifact_that_was_not_built_is_named() {
    let world = World::new().await;
    let target = target(&world).await;
    let error = ship(&world.services, &target, "node18", options()).await.unwrap_err();
    assert!(matches!(&error, ShipError::Absent(name) if name == "node18"));
    assert!(!error.is_retryable());
}
