//! Deadline, cancel, waiting, tries, and what is written about them.

use super::toy::{Toy, boxes};
use crate::saga::{
    self, StepError,
    contract::{SagaFixture, finish, worker},
    runner::{Outcome, run_job},
};
use model::{administration::provisioning::JobStatus, ids::JobId};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(super) async fn cancel(toy: &Toy, job: JobId) {
    let services = &toy.services.services;
    let admin = toy.services.db.user("admin@mpanel.example", Some("SUPER_ADMIN")).await;
    let tx = services.db.platform(&admin).await.expect("an admin may");
    saga::cancel(services, tx, job).await.expect("the job can be cancelled");
}

pub(super) async fn until(mut right: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !right().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(45), wait).await.expect("it comes to that");
}

#[tokio::test]
async fn a_second_job_with_the_same_key_is_the_first_one() {
    let toy = Toy::fresh().await;
    assert_eq!(toy.enqueue().await, toy.enqueue().await);
    assert_eq!(toy.ask::<i64>("select count(*) from job_steps where job_id = $1", toy.enqueue().await).await, 3);
}

#[tokio::test]
async fn a_cancel_is_heard_within_a_step_and_everything_is_undone() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    let cancelled = async {
        until(async || boxes(toy.world, |boxes| boxes.at_work) == 1).await;
        cancel(&toy, job).await;
    };
    let (status, ()) = tokio::join!(finish(&toy.services, &runtime, job), cancelled);
    assert_eq!((status, toy.empty().await), (JobStatus::Undone, vec![]));
    assert_eq!(toy.ask::<String>("select error from jobs where id = $1", job).await, "Cancelled on request.");
    let said: i64 =
        toy.ask("select count(*) from job_events where job_id = $1 and message = 'admin@mpanel.example requested cancellation.'", job).await;
    assert_eq!(said, 1);
}

#[tokio::test]
async fn a_step_that_never_ends_is_stopped_at_the_deadline() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    let stop = CancellationToken::new();
    drive_once_started(&toy, job).await;
    sqlx::query("update jobs set deadline_at = $2 where id = $1")
        .bind(job)
        .bind(toy.services.services.now() + chrono::Duration::milliseconds(300))
        .execute(&mut toy.services.db.owner().await)
        .await
        .unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), run_job(&runtime, job, &stop)).await.expect("the deadline stops it").unwrap();
    assert_eq!((ended, toy.empty().await), (Outcome::Ended(JobStatus::Undone), vec![]));
    assert_eq!(toy.ask::<String>("select error from jobs where id = $1", job).await, "The step exceeded the job deadline.");
}

#[tokio::test]
async fn a_clock_moved_by_an_hour_leaves_a_job_done_or_undone_and_never_between() {
    for (hours, expected) in [(1, JobStatus::Undone), (-1, JobStatus::Done)] {
        let toy = Toy::fresh().await;
        boxes(toy.world, |boxes| boxes.takes = Duration::from_millis(300));
        let job = toy.enqueue().await;
        let runtime = worker(&toy.services, Toy::registry());
        let moved = async {
            until(async || boxes(toy.world, |boxes| boxes.at_work) == 1).await;
            toy.services.clock.advance(chrono::Duration::hours(hours));
        };
        let (status, ()) = tokio::join!(finish(&toy.services, &runtime, job), moved);
        assert_eq!(status, expected, "{hours} h");
        let found = if status == JobStatus::Done { toy.complete().await } else { toy.empty().await };
        assert_eq!(found, Vec::<String>::new(), "{hours} h");
    }
}

/// Lets a worker begin the job and be told to stop at once, so that it has begun and is free again.
async fn drive_once_started(toy: &Toy, job: JobId) {
    let runtime = worker(&toy.services, Toy::registry());
    let stop = CancellationToken::new();
    stop.cancel();
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::ShutDown);
}

#[tokio::test]
async fn a_worker_that_ends_gives_the_job_back_at_once() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.takes = Duration::from_secs(600));
    let job = toy.enqueue().await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    let stopped = async {
        until(async || boxes(toy.world, |boxes| boxes.at_work) == 1).await;
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(run_job(&runtime, job, &stop), stopped);
    assert_eq!(outcome.unwrap(), Outcome::ShutDown);
    boxes(toy.world, |boxes| boxes.takes = Duration::ZERO);
    let next = worker(&toy.services, Toy::registry());
    let outcome = run_job(&next, job, &CancellationToken::new()).await.unwrap();
    assert_eq!((outcome, toy.complete().await), (Outcome::Ended(JobStatus::Done), vec![]));
}

#[tokio::test]
async fn a_job_that_waits_holds_no_worker_and_goes_on_in_its_time() {
    let toy = Toy::fresh().await;
    let until = toy.services.services.now() + chrono::Duration::days(7);
    let job = toy.enqueue_waiting(Some(until)).await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::Deferred(until));
    assert!(toy.ask::<bool>("select worker is null and status = 'queued' from jobs where id = $1", job).await);
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::NotClaimable);
    toy.services.clock.advance(chrono::Duration::days(7));
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::Ended(JobStatus::Done));
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_without_waiting() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue_waiting(Some(toy.services.services.now() + chrono::Duration::days(7))).await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    run_job(&runtime, job, &stop).await.unwrap();
    cancel(&toy, job).await;
    let outcome = run_job(&runtime, job, &stop).await.unwrap();
    assert_eq!((outcome, toy.empty().await), (Outcome::Ended(JobStatus::Undone), vec![]));
}

#[tokio::test]
async fn a_step_is_tried_so_often_and_no_more() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.fate = Some(StepError::retry("The box is shut.")));
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Undone);
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 4);
    assert_eq!(toy.ask::<String>("select error from jobs where id = $1", job).await, "The box is shut.");
}

#[tokio::test]
async fn each_end_is_in_the_audit_log() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    finish(&toy.services, &runtime, job).await;
    let events: i64 = toy.ask("select count(*) from audit_events where action = 'JOB_DONE' and target_id = $1::text", job).await;
    assert_eq!(events, 1);
}

#[tokio::test]
async fn a_job_of_another_version_is_left_to_a_person() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    sqlx::query("update job_steps set name = 'renamed' where job_id = $1 and seq = 2")
        .bind(job)
        .execute(&mut toy.services.db.owner().await)
        .await
        .unwrap();
    let runtime = worker(&toy.services, Toy::registry());
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Stuck);
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 0);
}
