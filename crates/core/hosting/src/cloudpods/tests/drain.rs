//! A server that becomes empty.
//!
//! `DRAIN_SERVER` is not among the sagas of the contract: its second step waits for jobs of other sagas, which the contract, that works on one job alone,
//! never brings to their end; and no step of it has an effect of its own that could be half done. Those moves are under the contract, and here its
//! worker is lost.

use super::worlds::Migrating;
use crate::{cloudpods, testing::Bench};
use core_administration::servers;
use engine::saga::{
    Outcome,
    contract::{SagaFixture, When, worker},
    run_job,
};
use model::{administration::provisioning::JobStatus, error::ErrorCode, hosting::cloudpods::Stack, ids::JobId, permission::ServersManage};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn manage(bench: &Bench) -> db::PlatformTx<ServersManage> {
    bench.services.services.db.platform(&bench.admin).await.unwrap()
}

async fn unfinished(bench: &Bench) -> Vec<JobId> {
    sqlx::query_scalar("select id from jobs where kind = 'MIGRATE_CLOUDPOD' and status in ('queued', 'running') order by id")
        .fetch_all(&mut bench.services.db.owner().await)
        .await
        .unwrap()
}

/// Works on the drain and on the moves that it starts, until it ends. Answers with how many moved at most at the same time.
async fn finish(bench: &Bench, job: JobId) -> (JobStatus, usize) {
    let runtime = worker(&bench.services, Bench::registry());
    let mut most = 0;
    for _ in 0..200 {
        match run_job(&runtime, job, &CancellationToken::new()).await.unwrap() {
            Outcome::Ended(status) => return (status, most),
            // The claim of a worker that was lost must run out first.
            Outcome::NotClaimable => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => {}
        }
        let moves = unfinished(bench).await;
        most = most.max(moves.len());
        for job in moves {
            bench.finish(job).await;
        }
        bench.services.clock.advance(chrono::Duration::seconds(6));
    }
    panic!("the drain does not end");
}

#[tokio::test]
async fn a_drained_server_gives_all_its_pods_away_two_at_a_time_and_is_retired_a_day_later() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    servers::drain(services, manage(bench).await, world.to).await.unwrap();
    for n in 2..=5 {
        bench.running(Stack::Static, &format!("site{n}.example.test")).await;
    }
    servers::put_back(services, manage(bench).await, world.to).await.unwrap();
    let early = cloudpods::drain_pods(services, manage(bench).await, bench.server).await;
    assert_eq!(early.unwrap_err().into_api().code, ErrorCode::Conflict, "it still takes new ones");
    servers::drain(services, manage(bench).await, bench.server).await.unwrap();
    assert_eq!(servers::retire(services, manage(bench).await, bench.server).await.unwrap_err().into_api().code, ErrorCode::Conflict);
    let job = cloudpods::drain_pods(services, manage(bench).await, bench.server).await.unwrap();
    assert_eq!(finish(bench, job).await, (JobStatus::Done, 2));
    assert_eq!((bench.on_server().len(), bench.services.servers.pods(world.to).len()), (0, 5));
    assert_eq!(bench.visit(&world.pod.domain).await.0, 200);

    let early = servers::retire(services, manage(bench).await, bench.server).await;
    assert_eq!(early.unwrap_err().into_api().code, ErrorCode::Conflict, "it sends visitors on");
    bench.services.clock.advance(chrono::Duration::hours(25));
    for _ in 0..3 {
        engine::reconcile::run_due(services).await.unwrap();
    }
    servers::retire(services, manage(bench).await, bench.server).await.unwrap();
    let retired = "select count(*) from servers where id = $1 and status = 'RETIRED'";
    assert_eq!(bench.count(retired, bench.server.0).await, 1);
}

#[tokio::test]
async fn a_pod_that_finds_no_room_stays_and_the_others_go() {
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    servers::drain(services, manage(bench).await, world.to).await.unwrap();
    bench.running(Stack::Static, "second.example.test").await;
    servers::put_back(services, manage(bench).await, world.to).await.unwrap();
    sqlx::query("update servers set memory_mb = 300 where id = $1").bind(world.to).execute(&mut bench.services.db.owner().await).await.unwrap();
    servers::drain(services, manage(bench).await, bench.server).await.unwrap();
    let job = cloudpods::drain_pods(services, manage(bench).await, bench.server).await.unwrap();
    assert_eq!(finish(bench, job).await.0, JobStatus::Undone, "what has moved stays, and the job says what is left");
    assert_eq!((bench.on_server().len(), bench.services.servers.pods(world.to).len()), (1, 1));
    assert_eq!((bench.visit(&world.pod.domain).await.0, bench.visit("second.example.test").await.0), (200, 200));
}

#[tokio::test]
async fn a_drain_whose_worker_is_lost_in_any_step_is_brought_to_its_end_by_another_one() {
    for (step, when) in [(0, When::Before), (0, When::After), (1, When::Before)] {
        let world = Migrating::fresh().await;
        let (bench, services) = (&world.bench, &world.bench.services.services);
        servers::drain(services, manage(bench).await, bench.server).await.unwrap();
        let job = cloudpods::drain_pods(services, manage(bench).await, bench.server).await.unwrap();
        bench.lose_worker(job, (step, false), when).await;
        assert_eq!(finish(bench, job).await, (JobStatus::Done, 1), "step {step}, {when:?}");
        assert_eq!((bench.on_server().len(), bench.services.servers.pods(world.to).len()), (0, 1), "step {step}, {when:?}");
        assert_eq!(bench.visit(&world.pod.domain).await.0, 200, "step {step}, {when:?}");
    }
    // After the last step, which ends when nothing is left.
    let world = Migrating::fresh().await;
    let (bench, services) = (&world.bench, &world.bench.services.services);
    servers::drain(services, manage(bench).await, world.to).await.unwrap();
    let job = cloudpods::drain_pods(services, manage(bench).await, world.to).await.unwrap();
    bench.lose_worker(job, (1, false), When::After).await;
    assert_eq!(finish(bench, job).await, (JobStatus::Done, 0));
    assert_eq!((bench.on_server().len(), bench.visit(&world.pod.domain).await.0), (1, 200));
}
