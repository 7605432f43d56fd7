use super::{ADDRESS, World, audited, enrolled, manage, shown, staff, view};
use crate::servers;
use adapters::node::NodeError;
use chrono::Duration;
use engine::reconcile::run_due;
use model::{administration::servers::ServerStatus, audit_action::AuditAction};

#[tokio::test]
async fn a_changed_host_key_stops_all_work_and_is_recorded_once() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = enrolled(&world, &caller).await;
    world.sim.change_host_key(ADDRESS);
    let asked = world.sim.heard().len();

    run_due(&world.services).await.unwrap();

    let server = view(&world, &caller, id).await.server;
    assert_eq!(server.status, ServerStatus::Quarantined);
    assert!(server.status_reason.unwrap().contains("SHA256:"));
    let mut tx = world.services.db.system("test").await.unwrap();
    assert!(servers::health::target(tx.conn(), id).await.is_err(), "nobody gets a way to it");
    drop(tx);
    run_due(&world.services).await.unwrap();
    servers::note_node_error(&world.services, id, &NodeError::HostKeyChanged { shown: "SHA256:x".to_owned() }).await.unwrap();
    assert_eq!(world.sim.heard().len(), asked, "nothing was sent");
    assert_eq!(audited(&world, AuditAction::ServerHostKeyChanged).await, 1);
}

#[tokio::test]
async fn a_quarantined_server_returns_when_a_person_confirms_its_new_key() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = enrolled(&world, &caller).await;
    let old = view(&world, &caller, id).await.host_key_fingerprint;
    world.sim.change_host_key(ADDRESS);
    assert!(servers::probe(&world.services, manage(&world, &caller).await, id).await.unwrap_err().to_string().contains("quarantined"));
    assert!(servers::enroll_from_cli(&world.services, id).await.is_err(), "no command accepts a changed key");

    let fingerprint = shown(&world, &caller, id).await;
    servers::enroll(&world.services, manage(&world, &caller).await, id, &fingerprint).await.unwrap();

    let server = view(&world, &caller, id).await;
    assert_eq!(server.server.status, ServerStatus::Active);
    assert_eq!(server.server.status_reason, None);
    assert_ne!(server.host_key_fingerprint, old);
}

#[tokio::test]
async fn an_unreachable_server_is_not_quarantined_and_its_last_answer_stays() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = enrolled(&world, &caller).await;
    let before = view(&world, &caller, id).await.server.last_seen_at;
    world.clock.advance(Duration::seconds(20));
    run_due(&world.services).await.unwrap();
    let seen = view(&world, &caller, id).await.server.last_seen_at;
    assert_eq!(seen, before.map(|at| at + Duration::seconds(20)));

    world.sim.set_down(id, true);
    world.clock.advance(Duration::seconds(20));
    run_due(&world.services).await.unwrap();
    let server = view(&world, &caller, id).await.server;
    assert_eq!((server.status, server.last_seen_at), (ServerStatus::Active, seen));
}
