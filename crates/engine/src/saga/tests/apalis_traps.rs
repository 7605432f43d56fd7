//! What the queue does when things go wrong, and that no job suffers from it. One test for each trap.

use super::{
    ends::until,
    toy::{Toy, boxes},
};
use crate::saga::{
    JobMeta,
    contract::{SagaFixture, worker},
    enqueue,
    runner::run_job,
    tests::toy::FillBoxes,
    worker::serve,
};
use model::{actor::Actor, ids::JobId};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A worker that serves the queue until the test ends.
struct Serving {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Serving {
    fn begin(toy: &Toy) -> Self {
        let (stop, runtime) = (CancellationToken::new(), worker(&toy.services, Toy::registry()));
        Self { task: tokio::spawn(serve(runtime, 4, stop.clone())), stop }
    }

    /// One that is told of jobs by nothing but the queue, `concurrency` at a time.
    fn begin_without_sweeping(toy: &Toy, concurrency: usize) -> Self {
        let (stop, mut runtime) = (CancellationToken::new(), worker(&toy.services, Toy::registry()));
        runtime.timings.sweep_interval = Duration::from_secs(3600);
        Self { task: tokio::spawn(serve(runtime, concurrency, stop.clone())), stop }
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.expect("the worker ends").expect("no panic").expect("no error");
    }
}

async fn status(toy: &Toy, job: JobId) -> String {
    toy.ask("select status from jobs where id = $1", job).await
}

/// Wake-ups of the job in this state of the queue.
async fn wakeups(toy: &Toy, job: JobId, states: &'static str) -> i64 {
    let sql = match states {
        "open" => {
            "select count(*) from apalis.jobs where convert_from(job, 'UTF8')::jsonb = to_jsonb($1::text) and status in ('Running', 'Queued', 'Pending')"
        }
        "attempts" => "select coalesce(sum(attempts), 0)::bigint from apalis.jobs where convert_from(job, 'UTF8')::jsonb = to_jsonb($1::text)",
        _ => "select count(*) from apalis.jobs where convert_from(job, 'UTF8')::jsonb = to_jsonb($1::text)",
    };
    toy.ask(sql, job).await
}

async fn execute(toy: &Toy, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut toy.services.db.owner().await).await.expect("the owner may");
}

#[tokio::test]
async fn a_job_runs_soon_after_its_commit_and_not_before() {
    let toy = Toy::fresh().await;
    let serving = Serving::begin(&toy);
    let services = &toy.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let meta = JobMeta { actor: Actor::system("test"), tenant: None, subject: None };
    let saga = FillBoxes { world: toy.world, wait_until: None };
    let job = enqueue(tx.conn(), services.now(), &saga, meta).await.unwrap().job;
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 0);
    tx.commit_progress().await.unwrap();
    until(async || status(&toy, job).await == "done").await;
    serving.end().await;
}

#[tokio::test]
async fn a_worker_does_as_many_jobs_at_once_as_it_may() {
    let toy = Toy::fresh().await;
    let worlds: Vec<_> = (0..6).map(|_| uuid::Uuid::now_v7()).collect();
    let serving = Serving::begin_without_sweeping(&toy, 2);
    for &world in &worlds {
        boxes(world, |boxes| boxes.takes = Duration::from_millis(200));
        toy.enqueue_in(world).await;
    }
    until(async || {
        let at_work: u32 = worlds.iter().map(|&world| boxes(world, |boxes| boxes.at_work)).sum();
        assert!(at_work <= 2, "{at_work} at once");
        worlds.iter().all(|&world| boxes(world, |boxes| boxes.things.len()) == 3)
    })
    .await;
    serving.end().await;
}

#[tokio::test]
async fn a_rolled_back_job_never_runs() {
    let toy = Toy::fresh().await;
    let services = &toy.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let meta = JobMeta { actor: Actor::system("test"), tenant: None, subject: None };
    let saga = FillBoxes { world: toy.world, wait_until: None };
    let job = enqueue(tx.conn(), services.now(), &saga, meta).await.unwrap().job;
    tx.finish().await.unwrap();
    assert_eq!(wakeups(&toy, job, "all").await, 0);
}

#[tokio::test]
async fn a_second_job_with_the_same_key_does_not_abort_the_transaction() {
    let toy = Toy::fresh().await;
    let services = &toy.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let meta = || JobMeta { actor: Actor::system("test"), tenant: None, subject: None };
    let saga = FillBoxes { world: toy.world, wait_until: None };
    let first = enqueue(tx.conn(), services.now(), &saga, meta()).await.unwrap();
    let second = enqueue(tx.conn(), services.now(), &saga, meta()).await.unwrap();
    assert_eq!((first.job, first.new, second.new), (second.job, true, false));
    tx.commit_progress().await.unwrap();
    assert_eq!(wakeups(&toy, first.job, "all").await, 1);
}

#[tokio::test]
async fn a_failing_wake_up_waits_before_it_comes_again() {
    let toy = Toy::fresh().await;
    execute(&toy, "revoke update on jobs from mpanel_platform").await;
    let job = toy.enqueue().await;
    let serving = Serving::begin(&toy);
    until(async || wakeups(&toy, job, "attempts").await >= 1).await;
    tokio::time::sleep(Duration::from_millis(1500)).await; // the time in which it must not be hammered
    assert!(wakeups(&toy, job, "attempts").await <= 2, "the queue runs a failed task again at once");
    assert!(wakeups(&toy, job, "all").await <= 2, "the sweep does not pile up wake-ups");
    execute(&toy, "grant update on jobs to mpanel_platform").await;
    until(async || status(&toy, job).await == "done").await;
    serving.end().await;
}

#[tokio::test]
async fn a_panic_leaves_no_wake_up_running_for_ever() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.panics = true);
    let job = toy.enqueue().await;
    let serving = Serving::begin(&toy);
    until(async || status(&toy, job).await == "undone").await;
    until(async || wakeups(&toy, job, "open").await == 0).await;
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 4);
    serving.end().await;
}

#[tokio::test]
async fn a_job_out_of_time_leaves_no_wake_up_running_for_ever() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    // It has begun before, so its time runs: half a second is left.
    sqlx::query("update jobs set started_at = created_at, deadline_at = $2 where id = $1")
        .bind(job)
        .bind(toy.services.services.now() + chrono::Duration::milliseconds(500))
        .execute(&mut toy.services.db.owner().await)
        .await
        .unwrap();
    let serving = Serving::begin(&toy);
    until(async || status(&toy, job).await == "undone").await;
    until(async || wakeups(&toy, job, "open").await == 0).await;
    serving.end().await;
}

#[tokio::test]
async fn a_lost_wake_up_is_noticed() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    execute(&toy, "delete from apalis.jobs").await;
    let serving = Serving::begin(&toy);
    until(async || status(&toy, job).await == "done").await;
    serving.end().await;
}

#[tokio::test]
async fn a_dead_workers_job_is_taken_over() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    execute(&toy, "delete from apalis.jobs").await;
    die_in_the_second_step(&toy, job).await;
    boxes(toy.world, |boxes| boxes.takes = Duration::ZERO);
    let serving = Serving::begin(&toy);
    until(async || status(&toy, job).await == "done").await;
    serving.end().await;
}

/// A worker takes the job and is gone in the middle of its second step.
async fn die_in_the_second_step(toy: &Toy, job: JobId) {
    let runtime = worker(&toy.services, Toy::registry());
    let begun = boxes(toy.world, |boxes| boxes.begun);
    let stop = CancellationToken::new();
    tokio::select! {
        () = until(async || boxes(toy.world, |boxes| boxes.begun) > begun) => {}
        () = until(async || { let _ = run_job(&runtime, job, &stop).await; false }) => {}
    }
}

#[tokio::test]
async fn a_job_that_kills_its_worker_each_time_is_given_up() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    for _ in 0..4 {
        die_in_the_second_step(&toy, job).await;
    }
    let serving = Serving::begin(&toy);
    until(async || status(&toy, job).await == "undone").await;
    serving.end().await;
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 4);
    let error: String = toy.ask("select error from jobs where id = $1", job).await;
    assert_eq!(error, "The step did not finish after 4 attempts.");
}

#[tokio::test]
async fn several_workers_serve_one_queue_under_names_of_their_own() {
    let toy = Toy::fresh().await;
    let (first, second) = (Serving::begin(&toy), Serving::begin(&toy));
    until(async || toy.ask::<i64>("select count(*) from apalis.workers where $1::uuid is not null", JobId(toy.world)).await == 2).await;
    let job = toy.enqueue().await;
    until(async || status(&toy, job).await == "done").await;
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 1);
    first.end().await;
    second.end().await;
}
