//! Jobs that wait across a release end with the steps that they began with; steps are undone in reverse, and not for ever.

use super::toy::{Toy, boxes};
use crate::saga::{
    Outcome, Registry, Saga, Step, StepContext, StepError, Steps,
    contract::{SagaFixture, finish, worker},
    run_job,
};
use model::{administration::provisioning::JobStatus, ids::JobId};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The saga that fills boxes, as a later release has it: other steps under the same kind.
#[derive(Serialize, Deserialize)]
struct FillOneBox {
    world: Uuid,
}

impl Saga for FillOneBox {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";
    const VERSION: i32 = 2;

    fn key(&self) -> String {
        format!("fill_one_box:{}", self.world)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<Only>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(5)
    }
}

struct Only;

impl Step for Only {
    type Saga = FillOneBox;
    type Output = ();
    const NAME: &'static str = "only";
    const TITLE: &'static str = "Fill the only box";

    async fn run(_: &StepContext, saga: &FillOneBox) -> Result<(), StepError> {
        boxes(saga.world, |boxes| boxes.things.insert("only", 1));
        Ok(())
    }

    async fn undo(_: &StepContext, _: &FillOneBox, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

async fn error(toy: &Toy, job: JobId) -> String {
    toy.ask::<Option<String>>("select error from jobs where id = $1", job).await.unwrap_or_default()
}

#[tokio::test]
async fn a_job_that_waits_across_a_release_ends_with_its_own_steps_and_a_new_one_with_the_new_ones() {
    let toy = Toy::fresh().await;
    let later = toy.services.services.now() + chrono::Duration::days(14);
    let job = toy.enqueue_waiting(Some(later)).await;
    let waits = run_job(&worker(&toy.services, Toy::registry()), job, &CancellationToken::new()).await.unwrap();
    assert_eq!(waits, Outcome::Deferred(later));

    toy.services.clock.advance(chrono::Duration::days(14));
    let release = worker(&toy.services, Registry::default().with::<FillOneBox>().with::<super::toy::FillBoxes>());
    assert_eq!(finish(&toy.services, &release, job).await, JobStatus::Done);
    assert!(toy.complete().await.is_empty());
    let world = Uuid::now_v7();
    let new = toy.enqueue_saga(FillOneBox { world }).await;
    assert_eq!(finish(&toy.services, &release, new).await, JobStatus::Done);
    assert_eq!(boxes(world, |boxes| boxes.things.keys().copied().collect::<Vec<_>>()), ["only"]);
}

#[tokio::test]
async fn a_job_whose_steps_this_release_does_not_have_is_stuck_untouched_and_goes_on_with_the_one_that_has_them() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    let without = worker(&toy.services, Registry::default().with::<FillOneBox>());
    assert_eq!(finish(&toy.services, &without, job).await, JobStatus::Stuck);
    assert!(error(&toy, job).await.contains("no steps for CREATE_CLOUDPOD, version 1"));
    assert!(toy.empty().await.is_empty());
    let again = "update jobs set status = 'queued', worker = null, finished_at = null, run_after = created_at where id = $1 returning true";
    assert!(toy.ask::<bool>(again, job).await);
    assert_eq!(finish(&toy.services, &worker(&toy.services, Toy::registry()), job).await, JobStatus::Done);
}

#[tokio::test]
async fn steps_are_undone_from_the_last_one_on() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    boxes(toy.world, |boxes| boxes.fate = Some(StepError::fail("It is broken.")));
    assert_eq!(finish(&toy.services, &worker(&toy.services, Toy::registry()), job).await, JobStatus::Undone);
    assert_eq!(boxes(toy.world, |boxes| boxes.undone.clone()), ["second", "first"]);
}

#[tokio::test]
async fn an_undo_that_never_works_leaves_the_job_stuck_after_its_tries() {
    let toy = Toy::fresh().await;
    let job = toy.enqueue().await;
    boxes(toy.world, |boxes| {
        boxes.fate = Some(StepError::fail("It is broken."));
        boxes.keeps_second = true;
    });
    let runtime = worker(&toy.services, Toy::registry());
    assert_eq!(finish(&toy.services, &runtime, job).await, JobStatus::Stuck);
    let tries = usize::try_from(runtime.timings.max_undo_attempts).unwrap();
    assert_eq!(boxes(toy.world, |boxes| boxes.undone.clone()), vec!["second"; tries]);
}
