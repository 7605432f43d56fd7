//! What the jobs of a worker have come to is written together, and none suffers for another.

use super::{
    ends::until,
    toy::{Toy, boxes},
};
use crate::saga::{
    StepError,
    contract::{SagaFixture, finish, worker},
    runner::{Outcome, run_job},
};
use futures::future::join_all;
use model::{administration::provisioning::JobStatus, ids::JobId};
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;

async fn several(toy: &Toy, count: usize) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for _ in 0..count {
        jobs.push(toy.enqueue_another().await);
    }
    jobs
}

/// What somebody locks, until it is dropped.
async fn lock<'a>(owner: &'a mut PgConnection, sql: &'static str, jobs: &[JobId]) -> sqlx::Transaction<'a, sqlx::Postgres> {
    let mut tx = owner.begin().await.expect("begins");
    assert_eq!(sqlx::query(sql).bind(jobs).execute(&mut *tx).await.expect("locks").rows_affected(), jobs.len() as u64);
    tx
}

async fn state(toy: &Toy, job: JobId) -> String {
    toy.ask("select status from jobs where id = $1", job).await
}

#[tokio::test]
async fn jobs_that_have_something_to_say_at_the_same_time_share_a_transaction() {
    let toy = Toy::fresh().await;
    let jobs = several(&toy, 20).await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    let outcomes = join_all(jobs.iter().map(|job| run_job(&runtime, *job, &stop))).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.unwrap() == Outcome::Ended(JobStatus::Done)));
    let (lines, transactions): (i64, i64) =
        sqlx::query_as("select count(*), count(distinct xmin::text) from job_events where message = 'Completed.'")
            .fetch_one(&mut toy.services.db.owner().await)
            .await
            .unwrap();
    assert_eq!(lines, 20);
    assert!(transactions < 20, "each of {transactions} for itself");
}

/// As many as there may be transactions at once, and one more, which would wait for them.
#[tokio::test]
async fn a_job_whose_rows_somebody_has_locked_keeps_no_other_waiting() {
    let toy = Toy::fresh().await;
    let (locked, free) = (several(&toy, 4).await, several(&toy, 4).await);
    let (runtime, mut owner) = (worker(&toy.services, Toy::registry()), toy.services.db.owner().await);
    let held = lock(&mut owner, "select from job_steps where job_id = any($1) and seq = 2 for update", &locked).await;
    let all = join_all(locked.iter().chain(&free).map(|job| finish(&toy.services, &runtime, *job)));
    let others = async {
        for job in &free {
            until(async || state(&toy, *job).await == "done").await;
        }
        for job in &locked {
            assert_ne!(state(&toy, *job).await, "done");
        }
        held.rollback().await.unwrap();
    };
    let (ends, ()) = tokio::join!(all, others);
    assert!(ends.into_iter().all(|end| end == JobStatus::Done));
}

#[tokio::test]
async fn a_job_that_somebody_has_locked_is_not_to_be_had_and_nobody_waits_for_it() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let (runtime, mut owner) = (worker(&toy.services, Toy::registry()), toy.services.db.owner().await);
    let held = lock(&mut owner, "select from jobs where id = any($1) for update", &[job]).await;
    assert_eq!(run_job(&runtime, job, &CancellationToken::new()).await.unwrap(), Outcome::NotClaimable);
    held.rollback().await.unwrap();
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Done);
}

/// The look for the job is held up by a rule of the table, so that there is a between.
#[tokio::test]
async fn a_job_that_is_changed_between_the_look_and_the_lock_is_not_taken_as_it_was() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let (runtime, stop, mut owner) = (worker(&toy.services, Toy::registry()), CancellationToken::new(), toy.services.db.owner().await);
    let rule = "create function held_up() returns boolean language sql as 'select pg_advisory_lock_shared(7) is not null';
                alter policy platform on jobs using (held_up());
                select pg_advisory_lock(7)";
    sqlx::raw_sql(rule).execute(&mut owner).await.unwrap();
    let between = async {
        let waits = "select exists (select from pg_locks l join pg_database d on d.oid = l.database
                      where d.datname = current_database() and l.locktype = 'advisory' and not l.granted and $1::uuid is not null)";
        until(async || toy.ask::<bool>(waits, job).await).await;
        let change = "update job_steps set status = 'done', output = '\"from the first\"' where seq = 1; update jobs set run_after = run_after";
        sqlx::raw_sql(change).execute(&mut owner).await.unwrap();
        sqlx::raw_sql("select pg_advisory_unlock(7)").execute(&mut owner).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(run_job(&runtime, job, &stop), between);
    assert_eq!(outcome.unwrap(), Outcome::NotClaimable);
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Done);
    assert!(!boxes(toy.world, |boxes| boxes.things.contains_key("first")), "the step that was done was begun again");
}

#[tokio::test]
async fn a_worker_that_is_woken_twice_for_a_job_does_it_once() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    let (first, second) = tokio::join!(run_job(&runtime, job, &stop), run_job(&runtime, job, &stop));
    let mut outcomes = [first.unwrap(), second.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome == Outcome::NotClaimable);
    assert_eq!(outcomes, [Outcome::Ended(JobStatus::Done), Outcome::NotClaimable]);
    assert_eq!(boxes(toy.world, |boxes| boxes.begun), 1);
}

/// PostgreSQL takes no NUL; the job must come to its end all the same.
#[tokio::test]
async fn a_server_that_says_what_no_database_keeps_does_not_keep_a_job_from_its_end() {
    let toy = Toy::fresh().await;
    boxes(toy.world, |boxes| boxes.fate = Some(StepError::fail("It broke off at \0.")));
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Undone);
    assert_eq!(toy.ask::<String>("select error from jobs where id = $1", job).await, "It broke off at \u{fffd}.");
}
