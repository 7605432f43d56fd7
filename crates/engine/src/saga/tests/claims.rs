//! No step runs twice at the same time, whatever becomes of its worker.

use super::{
    ends::until,
    toy::{Toy, boxes},
};
use crate::{
    Services,
    saga::{
        contract::{SagaFixture, finish, worker, worker_with},
        fenced_tx::ReadTx,
        lease::Lease,
        runner::{Outcome, run_job},
    },
};
use model::administration::provisioning::JobStatus;
use sqlx::Connection;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn of_many_workers_one_gets_the_job() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_millis(800));
    let job = toy.enqueue().await;
    let stop = CancellationToken::new();
    let runtimes: Vec<_> = (0..5).map(|_| worker(&toy.services, Toy::registry())).collect();
    let outcomes = futures::future::join_all(runtimes.iter().map(|runtime| run_job(runtime, job, &stop))).await;
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Ended(JobStatus::Done)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::NotClaimable).count(), 4);
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 1);
}

/// A person who cancels has the row locked, as the step's own transactions have: longer than a claim is fresh without being renewed.
#[tokio::test]
async fn a_job_whose_row_was_locked_for_a_while_goes_on_and_is_not_begun_again() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_millis(800));
    let job = toy.enqueue().await;
    let (runtime, other) = (worker(&toy.services, Toy::registry()), worker(&toy.services, Toy::registry()));
    let mut owner = toy.services.db.owner().await;
    let held_up = async {
        until(async || boxes(toy.world, |boxes| boxes.at_work) == 1).await;
        let mut tx = owner.begin().await.unwrap();
        sqlx::query("select from jobs where id = $1 for update").bind(job).execute(&mut *tx).await.unwrap();
        let locked = Instant::now();
        until(async || {
            assert_eq!(run_job(&other, job, &CancellationToken::new()).await.unwrap(), Outcome::NotClaimable);
            locked.elapsed() > 2 * runtime.timings.claim_timeout
        })
        .await;
        tx.rollback().await.unwrap();
    };
    let (status, ()) = tokio::join!(finish(&toy.services, &runtime, job), held_up);
    assert_eq!((status, boxes(toy.world, |boxes| boxes.begun)), (JobStatus::Done, 1));
}

/// The worker lives in a runtime of its own, which is frozen by blocking its only thread, as SIGSTOP freezes a process.
#[tokio::test]
async fn a_frozen_worker_that_thaws_finds_the_job_taken_and_stops() {
    let toy = Toy::fresh().await;
    let world = toy.world;
    boxes(world, |boxes| boxes.takes = Duration::from_millis(700));
    let job = toy.enqueue().await;
    let (thaw, frozen) = std::sync::mpsc::channel::<()>();
    let (config, services) = (toy.services.db.config.clone(), toy.services.services.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let db = db::Db::connect(config).await.expect("the database connects");
            let own = worker_with(Services { db, ..services }, Toy::registry());
            let stop = CancellationToken::new();
            let freeze = async {
                until(async || boxes(world, |boxes| boxes.at_work) == 1).await;
                let _ = frozen.recv(); // blocks the thread: nothing in this runtime moves
            };
            tokio::join!(run_job(&own, job, &stop), freeze).0
        })
    });
    until(async || boxes(world, |boxes| boxes.begun) == 1).await;
    let second = worker(&toy.services, Toy::registry());
    let thawed = async {
        until(async || boxes(world, |boxes| boxes.begun) == 2).await;
        thaw.send(()).expect("the first worker is there");
    };
    let (finished, ()) = tokio::join!(finish(&toy.services, &second, job), thawed);
    let first = tokio::task::spawn_blocking(move || thread.join().expect("the thread ends")).await.unwrap().unwrap();
    assert_eq!((finished, first), (JobStatus::Done, Outcome::ClaimLost));
    // The first worker's step was over long ago when it thawed, and was not driven to its end all the same.
    assert_eq!(boxes(world, |boxes| boxes.ended), 1);
    assert_eq!(toy.complete().await, Vec::<String>::new());
    let ends: i64 = toy.ask("select count(*) from audit_events where action = 'JOB_DONE' and target_id = $1::text", job).await;
    assert_eq!(ends, 1);
}

#[tokio::test]
async fn a_step_is_not_driven_on_while_the_claim_is_not_fresh() {
    let lease = Lease::new(Instant::now() - Duration::from_secs(1), Duration::from_millis(500));
    let mut guarded = std::pin::pin!(lease.guard(std::future::ready(())));
    assert!(futures::poll!(&mut guarded).is_pending());
    lease.renew(Instant::now());
    assert!(futures::poll!(&mut guarded).is_ready());
}

/// What a step does in a transaction is judged by PostgreSQL: were it stopped there, it could hold the last connection.
#[tokio::test]
async fn a_step_is_driven_on_while_it_holds_a_transaction() {
    let lease = Lease::new(Instant::now() - Duration::from_secs(1), Duration::from_millis(500));
    let mut guarded = std::pin::pin!(lease.guard(std::future::ready(())));
    assert!(futures::poll!(&mut guarded).is_pending());
    let _held = lease.hold();
    assert!(futures::poll!(&mut guarded).is_ready());
}

#[tokio::test]
async fn after_a_look_a_step_is_driven_on_only_once_the_claim_is_fresh_again() {
    let toy = Toy::fresh().await;
    let lease = Lease::new(Instant::now() - Duration::from_secs(1), Duration::from_millis(500));
    let tx = ReadTx { tx: toy.services.services.db.system_read("test").await.unwrap(), held: lease.hold() };
    let mut guarded = lease.guard(Box::pin(tx.finish()));
    tokio::select! {
        biased;
        _ = &mut guarded => panic!("it goes on"),
        () = until(async || futures::poll!(lease.guard(std::future::ready(()))).is_pending()) => {}
    }
    lease.renew(Instant::now());
    guarded.await.unwrap();
}

#[tokio::test]
async fn who_looks_changes_nothing() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let mut tx = toy.services.services.db.system_read("test").await.unwrap();
    assert!(sqlx::query("update jobs set attempt = 1 where id = $1").bind(job).execute(tx.conn()).await.is_err());
}
