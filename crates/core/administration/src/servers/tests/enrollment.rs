use super::{ADDRESS, World, added, audited, enrolled, input, manage, shown, staff, view};
use crate::servers;
use adapters::node::{NodeClient, simulated::Fault};
use engine::error::Error;
use model::{administration::servers::ServerStatus, audit_action::AuditAction, error::ErrorCode};
use wire::message::{Failure, FailureKind};

fn code(error: Error) -> ErrorCode {
    error.into_api().code
}

#[tokio::test]
async fn a_server_is_named_shown_pinned_probed_and_taken_into_service() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = added(&world, &caller).await;
    let waiting = view(&world, &caller, id).await;
    assert_eq!((waiting.server.status, waiting.host_key_fingerprint), (ServerStatus::Pending, None));
    assert_eq!(waiting.site_address, ADDRESS);

    let page = servers::enrollment(&world.services, manage(&world, &caller).await, id).await.unwrap();
    assert_eq!(page.command, world.sim.enrollment_command());
    assert_eq!(page.problem, None);
    assert!(world.sim.heard().is_empty(), "looking at the key asks the server for nothing");
    let fingerprint = page.fingerprint.unwrap();

    servers::enroll(&world.services, manage(&world, &caller).await, id, &fingerprint).await.unwrap();

    let server = view(&world, &caller, id).await;
    assert_eq!(server.server.status, ServerStatus::Active);
    assert_eq!(server.host_key_fingerprint.as_deref(), Some(fingerprint.as_str()));
    assert!(server.node_version.is_some() && server.system.is_some() && server.enrolled_at.is_some());
    assert!(server.capabilities.iter().all(|capability| capability.ready));
    let asked: Vec<_> = world.sim.heard().iter().map(|heard| heard.verb).collect();
    assert_eq!(asked, ["InstallProgram", "Probe"]);
    assert_eq!(audited(&world, AuditAction::ServerAdded).await, 1);
    assert_eq!(audited(&world, AuditAction::ServerEnrolled).await, 1);
}

#[tokio::test]
async fn a_key_that_changed_after_the_look_is_not_pinned() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = added(&world, &caller).await;
    let fingerprint = shown(&world, &caller, id).await;
    world.sim.change_host_key(ADDRESS);
    let refused = servers::enroll(&world.services, manage(&world, &caller).await, id, &fingerprint).await.unwrap_err();
    assert_eq!(refused.into_api().fields[0].field, "fingerprint");
    assert_eq!(view(&world, &caller, id).await.server.status, ServerStatus::Pending);
    assert!(world.sim.heard().is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_the_program_stays_pending() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = added(&world, &caller).await;
    let fingerprint = shown(&world, &caller, id).await;
    let failure =
        Failure::new(FailureKind::Refused, "SSH key not authorized on the server").with_remedy("run the enrollment command on the server as root");
    world.sim.fault_on("InstallProgram", Fault::Fail(failure));
    let error = servers::enroll(&world.services, manage(&world, &caller).await, id, &fingerprint).await.unwrap_err();
    assert!(error.to_string().contains("run the enrollment command"), "{error}");
    let server = view(&world, &caller, id).await;
    assert_eq!((server.server.status, server.host_key_fingerprint), (ServerStatus::Pending, None));

    servers::enroll(&world.services, manage(&world, &caller).await, id, &fingerprint).await.unwrap();
    assert_eq!(view(&world, &caller, id).await.server.status, ServerStatus::Active);
}

#[tokio::test]
async fn a_server_in_service_is_not_enrolled_again() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = enrolled(&world, &caller).await;
    let again = servers::enrollment(&world.services, manage(&world, &caller).await, id).await.unwrap_err();
    assert_eq!(code(again), ErrorCode::Conflict);
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_is_told_on_its_field() {
    let world = World::new().await;
    let caller = staff(&world).await;
    added(&world, &caller).await;
    for (name, address, field) in [("web1", "100.64.0.99", "name"), ("web2", ADDRESS, "address")] {
        let error = servers::add(&world.services, manage(&world, &caller).await, input(name, address)).await.unwrap_err();
        assert_eq!(error.into_api().fields[0].field, field);
    }
    assert_eq!(audited(&world, AuditAction::ServerAdded).await, 1);
}

#[tokio::test]
async fn the_command_line_enrolls_without_a_person_and_may_be_repeated() {
    let world = World::new().await;
    let first = servers::add_from_cli(&world.services, input("web1", ADDRESS)).await.unwrap();
    let second = servers::add_from_cli(&world.services, input("web1", ADDRESS)).await.unwrap();
    assert_eq!(first.id, second.id);
    servers::enroll_from_cli(&world.services, first.id).await.unwrap();
    servers::enroll_from_cli(&world.services, first.id).await.unwrap();
    let caller = staff(&world).await;
    assert_eq!(view(&world, &caller, first.id).await.server.status, ServerStatus::Active);
    assert_eq!(audited(&world, AuditAction::ServerEnrolled).await, 1);
    assert!(servers::add_from_cli(&world.services, input("web1", "100.64.0.77")).await.is_err());
}

#[tokio::test]
async fn the_simulated_server_is_made_once() {
    let world = World::new().await;
    let first = servers::ensure_simulated(&world.services).await.unwrap();
    assert_eq!(servers::ensure_simulated(&world.services).await.unwrap(), first);
    let caller = staff(&world).await;
    let server = view(&world, &caller, first).await;
    assert_eq!(server.server.status, ServerStatus::Active);
    assert_eq!(server.site_address, "127.0.0.1");
}

#[tokio::test]
async fn draining_and_returning_are_states_with_events() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let id = enrolled(&world, &caller).await;
    servers::drain(&world.services, manage(&world, &caller).await, id).await.unwrap();
    let server = view(&world, &caller, id).await.server;
    assert_eq!(server.status, ServerStatus::Draining);
    assert!(server.status_reason.is_some());
    let twice = servers::drain(&world.services, manage(&world, &caller).await, id).await.unwrap_err();
    assert_eq!(code(twice), ErrorCode::Conflict);
    servers::put_back(&world.services, manage(&world, &caller).await, id).await.unwrap();
    assert_eq!(view(&world, &caller, id).await.server.status, ServerStatus::Active);
    assert_eq!(audited(&world, AuditAction::ServerDrained).await, 1);
    assert_eq!(audited(&world, AuditAction::ServerReturned).await, 1);
}
