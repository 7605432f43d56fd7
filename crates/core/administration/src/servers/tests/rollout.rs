use super::{World, audited, enroll, input, manage, staff, view};
use crate::servers::{
    self,
    rollout::drive::{announce, round},
};
use adapters::node::simulated::Fault;
use chrono::Duration;
use db::{Caller, PlatformTx};
use model::{
    administration::{
        agent_rollout::{RolloutStatus, RolloutView, UpgradeStatus},
        servers::ServerStatus,
    },
    audit_action::AuditAction,
    ids::ServerId,
    permission::ServersRead,
};
use wire::message::{Failure, FailureKind};

/// Servers in service with an older agent than the one that this panel ships and has announced.
async fn behind(count: u8) -> (World, Caller, Vec<ServerId>) {
    let world = World::new().await;
    let caller = staff(&world).await;
    let mut ids = Vec::new();
    for number in 1..=count {
        let input = input(&format!("web{number}"), &format!("100.64.0.{number}"));
        let id = servers::add(&world.services, manage(&world, &caller).await, input).await.unwrap();
        ids.push(enroll(&world, &caller, id).await);
    }
    world.sim.release_agent("2.0.0");
    announce(&world.services).await.unwrap();
    (world, caller, ids)
}

async fn read(world: &World, caller: &Caller) -> RolloutView {
    let mut tx: PlatformTx<ServersRead> = world.services.db.platform(caller).await.unwrap();
    servers::read_rollout(&world.services, &mut tx).await.unwrap()
}

/// How often a server was sent an agent so far, enrollments included.
fn installs(world: &World) -> usize {
    world.sim.heard().iter().filter(|heard| heard.verb == "InstallProgram").count()
}

#[tokio::test]
async fn a_release_reaches_one_server_first_and_then_the_rest_and_each_is_recorded() {
    let (world, caller, ids) = behind(6).await;
    let before = read(&world, &caller).await;
    assert_eq!((before.status, before.done, before.total, before.version.as_str()), (RolloutStatus::Running, 0, 6, "2.0.0"));
    assert!(before.servers.iter().all(|server| server.status == UpgradeStatus::Behind && server.version.as_deref() != Some("2.0.0")));

    let mut batches = Vec::new();
    loop {
        match round(&world.services).await.unwrap() {
            0 => break,
            count => batches.push(count),
        }
    }

    assert_eq!(batches, [1, 4, 1]);
    let after = read(&world, &caller).await;
    assert_eq!((after.status, after.done, after.servers), (RolloutStatus::Completed, 6, vec![]));
    for id in ids {
        assert_eq!(view(&world, &caller, id).await.node_version.as_deref(), Some("2.0.0"));
    }
    assert_eq!(audited(&world, AuditAction::ServerUpgraded).await, 6);
    assert_eq!(installs(&world), 12);
}

#[tokio::test]
async fn an_agent_that_was_rolled_back_stops_the_rollout_until_staff_resumes_it() {
    let (world, caller, ids) = behind(3).await;
    world.sim.fault_on("InstallProgram", Fault::RollBack("it did not start".to_owned()));

    assert_eq!(round(&world.services).await.unwrap(), 1);
    assert_eq!(round(&world.services).await.unwrap(), 0, "nobody else gets it");

    let stopped = read(&world, &caller).await;
    assert_eq!((stopped.status, stopped.done), (RolloutStatus::Stopped, 0));
    let failed = &stopped.servers[0];
    assert_eq!(failed.status, UpgradeStatus::Failed);
    assert!(failed.reason.as_deref().unwrap().contains("the one before was put back: it did not start"), "{failed:?}");
    assert_ne!(failed.version.as_deref(), Some("2.0.0"));
    assert_eq!(audited(&world, AuditAction::ServerUpgradeFailed).await, 1);

    servers::resume_rollout(&world.services, manage(&world, &caller).await).await.unwrap();
    while round(&world.services).await.unwrap() > 0 {}
    assert_eq!(read(&world, &caller).await.status, RolloutStatus::Completed);
    assert_eq!(audited(&world, AuditAction::AgentRolloutResumed).await, 1);
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn an_agent_that_the_server_refuses_stops_it_too_with_the_reason() {
    let (world, caller, _) = behind(2).await;
    let full = Failure::new(FailureKind::Refused, "no space left").with_remedy("free some space");
    world.sim.fault_on("InstallProgram", Fault::Fail(full));
    round(&world.services).await.unwrap();
    let stopped = read(&world, &caller).await;
    assert_eq!(stopped.status, RolloutStatus::Stopped);
    assert_eq!(stopped.servers[0].reason.as_deref(), Some("no space left. Fix: free some space"));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_waits_while_others_go_on_and_is_tried_again() {
    let (world, caller, ids) = behind(3).await;
    world.sim.set_down(ids[0], true);
    // Lost before anything was done, and lost when everything was done but the answer.
    world.sim.fault_on("Probe", Fault::LoseBefore);
    while round(&world.services).await.unwrap() > 0 {}
    let view = read(&world, &caller).await;
    assert_eq!(view.status, RolloutStatus::Running, "that is no failure of the agent");
    assert!(view.servers.iter().all(|server| server.status == UpgradeStatus::Waiting), "{view:?}");
    assert!(view.servers.iter().any(|server| server.id == ids[0]) && view.done >= 1, "{view:?}");
    assert_eq!(round(&world.services).await.unwrap(), 0, "not at once");

    world.sim.set_down(ids[0], false);
    world.clock.advance(Duration::minutes(11));
    while round(&world.services).await.unwrap() > 0 {}
    assert_eq!(read(&world, &caller).await.status, RolloutStatus::Completed);
}

#[tokio::test]
async fn an_upgrade_whose_answer_was_lost_is_found_done() {
    let (world, caller, _) = behind(1).await;
    world.sim.fault_on("InstallProgram", Fault::LoseAfter);
    round(&world.services).await.unwrap();
    assert_eq!(read(&world, &caller).await.servers[0].status, UpgradeStatus::Waiting);
    world.clock.advance(Duration::minutes(11));
    while round(&world.services).await.unwrap() > 0 {}
    assert_eq!(read(&world, &caller).await.status, RolloutStatus::Completed);
}

#[tokio::test]
async fn a_held_rollout_sends_nothing_until_it_is_released() {
    let (world, caller, _) = behind(2).await;
    let sent = installs(&world);
    servers::hold_rollout(&world.services, manage(&world, &caller).await).await.unwrap();
    assert!(servers::hold_rollout(&world.services, manage(&world, &caller).await).await.is_err(), "it is held");
    assert_eq!(round(&world.services).await.unwrap(), 0);
    assert_eq!((read(&world, &caller).await.status, installs(&world)), (RolloutStatus::Held, sent));
    assert_eq!(audited(&world, AuditAction::AgentRolloutHeld).await, 1);

    servers::resume_rollout(&world.services, manage(&world, &caller).await).await.unwrap();
    assert!(servers::resume_rollout(&world.services, manage(&world, &caller).await).await.is_err(), "it is not held");
    assert_eq!(round(&world.services).await.unwrap(), 1);
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_is_followed_by_another_and_two_never_take_the_same_server() {
    let (world, caller, _) = behind(3).await;
    // The first hangs for ever, and its worker goes away.
    world.sim.fault_on("InstallProgram", Fault::Hang);
    let stuck = tokio::time::timeout(std::time::Duration::from_secs(1), round(&world.services)).await;
    assert!(stuck.is_err());
    assert_eq!(round(&world.services).await.unwrap(), 0, "the first is not proved yet");
    world.clock.advance(Duration::minutes(16));
    let sent = installs(&world);
    let (one, two) = tokio::join!(round(&world.services), round(&world.services));
    assert!(one.unwrap() + two.unwrap() >= 1, "one of them took it");
    while round(&world.services).await.unwrap() > 0 {}
    assert_eq!(installs(&world) - sent, 3, "each server was sent it once, the first one again");
    assert_eq!(read(&world, &caller).await.status, RolloutStatus::Completed);
}

#[tokio::test]
async fn a_server_with_another_host_key_is_quarantined_and_sent_nothing() {
    let (world, caller, ids) = behind(1).await;
    world.sim.change_host_key("100.64.0.1");
    let sent = installs(&world);
    round(&world.services).await.unwrap();
    assert_eq!(view(&world, &caller, ids[0]).await.server.status, ServerStatus::Quarantined);
    assert_eq!(installs(&world), sent);
}

#[tokio::test]
async fn a_panel_of_before_stands_back_for_the_one_that_was_started_last() {
    let (world, caller, _) = behind(2).await;
    // This panel ships 3.0.0 now but was not started: the announced 2.0.0 counts, and this one does not bring it.
    world.sim.release_agent("3.0.0");
    assert_eq!(round(&world.services).await.unwrap(), 0);
    world.clock.advance(Duration::seconds(1));
    announce(&world.services).await.unwrap();
    assert_eq!(round(&world.services).await.unwrap(), 1);
    assert_eq!(read(&world, &caller).await.version, "3.0.0");
}
