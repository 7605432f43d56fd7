//! A pod that goes to another server, whatever happens on the way.

use super::worlds::Migrating;
use crate::{
    cloudpods::{delete_of_subscription, migrate, migration_targets, preview_migration, reserve_limits},
    suspensions,
    testing::{Bench, LIMITS},
};
use adapters::node::simulated::Fault;
use engine::{
    reconcile::run_due,
    saga::contract::{self, Faults, SagaFixture, When, finish, saga_contract_tests, worker_with},
};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        cloudpods::{Limits, PodStatus, Stack},
        suspensions::SuspensionReason,
    },
    ids::JobId,
    permission::{CloudpodsRead, ServersRead},
};
use wire::message::{Failure, FailureKind};

saga_contract_tests!(Migrating);

#[tokio::test]
async fn a_pod_is_moved_and_its_old_server_sends_visitors_on_for_a_day() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let mut tx = services.db.platform::<ServersRead>(&bench.admin).await.unwrap();
    let targets = migration_targets(&mut tx, world.pod.id).await.unwrap();
    assert_eq!(targets.iter().map(|target| target.server).collect::<Vec<_>>(), [world.to]);
    drop(tx);
    let job = world.enqueue().await;
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.complete().await, Vec::<String>::new());
    let preview = preview_migration(services, services.db.platform(&bench.admin).await.unwrap(), world.pod.id, bench.server).await;
    assert_eq!(preview.unwrap_err().into_api().code, ErrorCode::NotFound, "its old server still sends visitors on");

    bench.services.clock.advance(chrono::Duration::hours(23));
    run_due(services).await.unwrap();
    assert!(bench.services.servers.forwards(bench.server, &world.pod.name).is_some());
    bench.services.clock.advance(chrono::Duration::hours(2));
    run_due(services).await.unwrap();
    assert!(bench.services.servers.forwards(bench.server, &world.pod.name).is_none(), "a day is over");
    assert!(!bench.services.servers.believes_others(world.to, &world.pod.name), "nor is it believed any longer");
    let preview = preview_migration(services, services.db.platform(&bench.admin).await.unwrap(), world.pod.id, bench.server).await.unwrap();
    assert!(preview.changes.iter().any(|line| line.contains("storage")), "the server's own plan: {:?}", preview.changes);
    assert_eq!(bench.visit(&world.pod.domain).await.0, 200);
}

#[tokio::test]
async fn each_request_to_a_server_that_fails_on_the_way_leaves_the_pod_where_it_was() {
    let refused = || Fault::Fail(Failure::new(FailureKind::Refused, "no"));
    for verb in ["PodSend", "PodReceive", "PodAdopt", "PodPause", "PodApply"] {
        let world = Migrating::fresh().await;
        let job = world.enqueue().await;
        world.bench.services.servers.fault_on(verb, refused());
        assert_eq!(world.bench.finish(job).await, JobStatus::Undone, "{verb}");
        assert_eq!(world.empty().await, Vec::<String>::new(), "{verb}");
    }
}

#[tokio::test]
async fn a_target_that_dies_leaves_the_pod_where_it_was_and_is_tidied_up_when_it_is_back() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let job = world.enqueue().await;
    let servers = &bench.services.servers;
    // The last thing that it does is to take the copy; then it is gone for good.
    for _ in 0..4 {
        servers.fault_on("PodAdopt", Fault::LoseBefore);
        servers.fault_on("PodRemove", Fault::LoseBefore);
    }
    assert_eq!(bench.finish(job).await, JobStatus::Undone);
    assert_eq!((bench.status(world.pod.id).await, bench.visit(&world.pod.domain).await.0), (PodStatus::Running, 200));
    assert!(servers.has_copies(world.to, &world.pod.name), "it could not be asked");
    let left = "select count(*) from pod_remains where cloud_pod_id = $1 and kind = 'COPY' and removed_at is null";
    assert_eq!(bench.count(left, world.pod.id.0).await, 1);
    for _ in 0..20 {
        bench.services.clock.advance(chrono::Duration::hours(1));
        run_due(services).await.unwrap();
        if bench.count(left, world.pod.id.0).await == 0 {
            break;
        }
    }
    assert_eq!(world.empty().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_pod_whose_move_needs_attention_is_neither_deleted_with_its_subscription_nor_silent_about_its_suspension() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let job = world.enqueue().await;
    bench.services.servers.set_down(bench.server, true);
    assert_eq!(bench.finish(job).await, JobStatus::Stuck);
    bench.services.servers.set_down(bench.server, false);

    let mut tx = services.db.system("test").await.unwrap();
    let left = delete_of_subscription(services, &mut tx, bench.subscription, services.now()).await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(left, [world.pod.name.as_str()], "it is reported, and tried again");
    let deletions = "select count(*) from jobs where subject_id = $1 and kind = 'DELETE_CLOUDPOD'";
    assert_eq!((bench.count(deletions, world.pod.id.0).await, bench.status(world.pod.id).await), (0, PodStatus::Running));

    let differences = async || {
        bench.services.clock.advance(chrono::Duration::minutes(6));
        run_due(services).await.unwrap();
        let mut tx = services.db.platform::<CloudpodsRead>(&bench.admin).await.unwrap();
        crate::cloudpods::get(services, &mut tx, world.pod.id).await.unwrap().drift.unwrap().differences.join(" ")
    };
    let said = differences().await;
    assert!(said.contains("The move to second needs attention.") && !said.contains("suspension"), "{said}");
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(services, tx, world.pod.id, SuspensionReason::Abuse, "").await.unwrap();
    let said = differences().await;
    assert!(said.contains("Its suspension waits for that"), "{said}");
}

#[tokio::test]
async fn a_pod_that_stops_slowly_keeps_its_visitors_waiting_no_longer_because_it_is_tried_again() {
    let world = Migrating::fresh().await;
    let bench = &world.bench;
    let job = world.enqueue().await;
    let steps = Migrating::steps();
    let pause = steps.iter().position(|step| step.name == "pause_pod").unwrap();
    // The worker is gone in the moment when visitors wait; the next one comes a minute later.
    let faults = Faults::of(&[(pause, false, contract::Fault::Crash(When::After))]);
    let first = worker_with(bench.services.services.clone(), faults.clone().into_registry(Bench::registry()));
    tokio::select! {
        ended = finish(&bench.services, &first, job) => panic!("it ended as {ended:?}"),
        () = faults.crashed() => {}
    }
    drop(first);
    bench.services.clock.advance(chrono::Duration::minutes(1));
    for _ in 0..2 {
        bench.services.servers.fault_on("PodPause", Fault::LoseBefore);
    }
    assert_eq!(bench.finish(job).await, JobStatus::Undone, "they have waited long enough");
    assert_eq!(world.empty().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_larger_plan_needs_room_on_both_servers_while_a_pod_moves() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let job = world.enqueue().await;
    bench.services.servers.set_down(bench.server, true);
    assert_eq!(bench.finish(job).await, JobStatus::Stuck, "its room is kept");
    let larger = Limits { memory_mb: 512, ..LIMITS };
    let reserve = async |memory_mb: i32| {
        let resize = sqlx::query("update servers set memory_mb = $2 where id = $1").bind(world.to).bind(memory_mb);
        resize.execute(&mut bench.services.db.owner().await).await.unwrap();
        let mut tx = services.db.system("test").await.unwrap();
        reserve_limits(tx.conn(), bench.subscription, larger).await.unwrap()
    };
    assert!(reserve(300).await.unwrap_err().contains("no room"));
    reserve(600).await.unwrap();
}

#[tokio::test]
async fn a_suspended_pod_is_moved_suspended_and_comes_back_on_its_new_server() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let started = async || {
        run_due(services).await.unwrap();
        let last = "select id from jobs where subject_id = $1 order by id desc limit 1";
        let job: JobId = sqlx::query_scalar(last).bind(world.pod.id).fetch_one(&mut bench.services.db.owner().await).await.unwrap();
        assert_eq!(bench.finish(job).await, JobStatus::Done);
    };
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::suspend(services, tx, world.pod.id, SuspensionReason::Abuse, "").await.unwrap();
    let early = migrate(services, services.db.platform(&bench.admin).await.unwrap(), world.pod.id, world.to).await;
    assert_eq!(early.unwrap_err().into_api().code, ErrorCode::Conflict, "it is on its way to be suspended");
    started().await;
    let job = world.enqueue().await;
    assert_eq!(bench.finish(job).await, JobStatus::Done);
    assert_eq!((bench.status(world.pod.id).await, bench.visit(&world.pod.domain).await.0), (PodStatus::Suspended, 503));
    assert_eq!(bench.services.servers.pods(world.to), [world.pod.name.as_str()]);
    let tx = services.db.platform(&bench.admin).await.unwrap();
    suspensions::unsuspend(services, tx, world.pod.id, SuspensionReason::Abuse).await.unwrap();
    started().await;
    assert_eq!(world.complete().await, Vec::<String>::new());
}

#[tokio::test]
async fn room_is_kept_on_the_new_server_while_a_pod_moves_and_there_is_no_move_where_there_is_none() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    let memory = async |mb: i32| {
        let resize = sqlx::query("update servers set memory_mb = $2 where id = $1").bind(world.to).bind(mb);
        resize.execute(&mut bench.services.db.owner().await).await.unwrap();
    };
    memory(0).await;
    let second = bench.running(Stack::Static, "second.example.test").await;
    memory(300).await;
    let first = world.enqueue().await;
    let other = migrate(services, services.db.platform(&bench.admin).await.unwrap(), second.id, world.to).await.unwrap();
    // Both were asked for while there was room for one.
    assert_eq!((bench.finish(first).await, bench.finish(other).await), (JobStatus::Done, JobStatus::Undone));
    let again = migrate(services, services.db.platform(&bench.admin).await.unwrap(), second.id, world.to).await;
    assert_eq!(again.unwrap_err().into_api().code, ErrorCode::Conflict);
}
