mod capacity;
mod enrollment;
mod lists;
mod quarantine;
mod rollout;

use crate::servers;
use adapters::node::SimulatedNodeClient;
use db::{Caller, PlatformTx, testing::TestDb};
use engine::{Modules, Services, clock::ManualClock, testing::TestServices};
use model::{
    administration::servers::{ServerInput, ServerView},
    audit_action::AuditAction,
    ids::ServerId,
    permission::{ServersManage, ServersRead},
};
use std::sync::Arc;

/// The parts.
struct World {
    services: Services,
    sim: Arc<SimulatedNodeClient>,
    clock: Arc<ManualClock>,
    db: TestDb,
}

impl World {
    async fn new() -> Self {
        let TestServices { services, clock, servers, db } = TestServices::new().await;
        let services = services.with(Arc::new(Modules::default().with(servers::register)));
        Self { services, sim: servers, clock, db }
    }
}

const ADDRESS: &str = "100.64.0.21";

fn input(name: &str, address: &str) -> ServerInput {
    ServerInput { name: name.to_owned(), address: address.to_owned(), region: "eu-central".to_owned(), ..ServerInput::default() }
}

async fn staff(world: &World) -> Caller {
    world.db.user("admin@host.example", Some("PLATFORM_ADMIN")).await
}

async fn manage(world: &World, caller: &Caller) -> PlatformTx<ServersManage> {
    world.services.db.platform(caller).await.unwrap()
}

/// A named server that waits for enrollment.
async fn added(world: &World, caller: &Caller) -> ServerId {
    servers::add(&world.services, manage(world, caller).await, input("web1", ADDRESS)).await.unwrap()
}

/// A server in service.
async fn enrolled(world: &World, caller: &Caller) -> ServerId {
    let id = added(world, caller).await;
    enroll(world, caller, id).await
}

/// Takes a named server into service.
async fn enroll(world: &World, caller: &Caller, id: ServerId) -> ServerId {
    let fingerprint = shown(world, caller, id).await;
    servers::enroll(&world.services, manage(world, caller).await, id, &fingerprint).await.unwrap();
    id
}

/// The fingerprint that the enrollment page shows now.
async fn shown(world: &World, caller: &Caller, id: ServerId) -> String {
    let view = servers::enrollment(&world.services, manage(world, caller).await, id).await.unwrap();
    view.fingerprint.unwrap()
}

async fn view(world: &World, caller: &Caller, id: ServerId) -> ServerView {
    let mut tx: PlatformTx<ServersRead> = world.services.db.platform(caller).await.unwrap();
    servers::get(&mut tx, id, Vec::new()).await.unwrap()
}

/// How many audit events of this kind there are.
async fn audited(world: &World, action: AuditAction) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where action = $1")
        .bind(action.as_str())
        .fetch_one(&mut world.db.owner().await)
        .await
        .unwrap()
}
