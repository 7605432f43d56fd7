//! A step's row says that it has begun before it begins: what if the worker is gone right after?

use super::{
    ends::{cancel, until},
    toy::{Toy, boxes},
};
use crate::saga::{
    Registry, Saga, Step, StepContext, StepError, Steps,
    contract::{Fault, Faults, SagaFixture, When, finish, worker},
    runner::{Outcome, run_job},
};
use model::{administration::provisioning::JobStatus, ids::JobId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const NEVER: Duration = Duration::from_secs(3600);

async fn is(toy: &Toy, job: JobId, sql: &'static str) -> bool {
    toy.ask(sql, job).await
}

#[tokio::test]
async fn what_a_worker_has_done_and_not_recorded_before_it_died_is_undone() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let faults = Faults::of(&[(0, false, Fault::Crash(When::After))]);
    let first = worker(&toy.services, faults.clone().into_registry(Toy::registry()));
    tokio::select! {
        status = finish(&toy.services, &first, job) => panic!("it came to its end: {status:?}"),
        () = faults.crashed() => {}
    }
    assert_eq!(toy.empty().await, ["first is not empty"]);
    assert!(is(&toy, job, "select status = 'running' and output is null from job_steps where job_id = $1 and seq = 1").await);
    cancel(&toy, job).await;
    let second = worker(&toy.services, Toy::registry());
    assert_eq!(finish(&toy.services, &second, job).await, JobStatus::Undone);
    assert_eq!(toy.empty().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_step_that_takes_its_time_shows_as_begun_before_it_has_ended() {
    let toy = Toy::fresh().await;
    let later = toy.services.services.now() + chrono::Duration::days(7);
    let job = toy.enqueue_waiting(Some(later)).await;
    let (runtime, stop) = (worker(&toy.services, Toy::registry()), CancellationToken::new());
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::Deferred(later));
    assert!(is(&toy, job, "select attempt = 0 from job_steps where job_id = $1 and seq = 2").await);
    toy.services.clock.advance(chrono::Duration::days(7));
    boxes(toy.world, |boxes| boxes.takes = NEVER);
    tokio::select! {
        outcome = run_job(&runtime, job, &stop) => panic!("it came to its end: {outcome:?}"),
        () = until(async || is(&toy, job, "select attempt = 1 from job_steps where job_id = $1 and seq = 2").await) => {}
    }
}

/// One step that cannot be taken back, and that looks whether its row says that it has begun.
#[derive(Serialize, Deserialize)]
struct Burn;

impl Saga for Burn {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";

    fn key(&self) -> String {
        "burn".to_owned()
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<LightIt>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(5)
    }
}

struct LightIt;

impl Step for LightIt {
    type Saga = Burn;
    type Output = String;
    const NAME: &'static str = "light_it";
    const TITLE: &'static str = "Light it";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, _: &Burn) -> Result<String, StepError> {
        let mut tx = cx.begin_read().await?;
        let said = sqlx::query_scalar("select status from job_steps where job_id = $1").bind(cx.job()).fetch_one(tx.conn()).await?;
        tx.finish().await?;
        Ok(said)
    }

    async fn undo(_: &StepContext, _: &Burn, _: Option<&String>) -> Result<(), StepError> {
        Err(StepError::fail("It is burnt."))
    }
}

#[tokio::test]
async fn a_step_that_cannot_be_taken_back_begins_only_once_its_row_says_so() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue_saga(Burn).await;
    let runtime = worker(&toy.services, Registry::default().with::<Burn>());
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Done);
    assert!(is(&toy, job, "select output = '\"running\"' from job_steps where job_id = $1").await);
}
