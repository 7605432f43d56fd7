//! What every saga must stand: fail at each step, repeat each step, crash at each step, and the same on the way back.
//! Afterwards the world is complete or empty. `saga_contract_tests!(world)` makes the tests.

use super::{
    context::StepContext,
    registry::{ErasedSaga, Registry},
    runner::{Outcome, WorkerContext, run_job},
    step::{StepError, StepInfo},
    timings::Timings,
};
use crate::{Services, testing::TestServices};
use db::Caller;
use futures::future::BoxFuture;
use model::{administration::provisioning::JobStatus, ids::JobId};
use serde_json::Value;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A small world in which one saga can be run, and which can be inspected from outside.
pub trait SagaFixture: Sized + Send + Sync + 'static {
    /// Fresh, with everything the saga needs before it begins.
    fn fresh() -> impl Future<Output = Self> + Send;
    /// The parts.
    fn services(&self) -> &TestServices;
    /// The saga, and nothing else.
    fn registry() -> Registry;
    /// Its steps; they also say which one is the first that is irreversible.
    fn steps() -> Vec<StepInfo>;
    /// Enqueues it.
    fn enqueue(&self) -> impl Future<Output = JobId> + Send;
    /// What is not as it should be after the saga was done.
    fn complete(&self) -> impl Future<Output = Vec<String>> + Send;
    /// What is not as it was before the saga began.
    fn empty(&self) -> impl Future<Output = Vec<String>> + Send;
}

/// When a step meets its fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum When {
    /// Its effect has not happened.
    Before,
    /// Its effect has happened.
    After,
    /// So many milliseconds after it began; only a crash can come then.
    Within(u64),
}

/// What happens to a step, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails for good.
    Fail(When),
    /// It fails and may be tried again.
    Retry(When),
    /// It panics.
    Panic,
    /// It is done twice.
    Twice,
    /// The worker is gone.
    Crash(When),
    /// All sessions with PostgreSQL end, and new ones can be opened.
    Cut(When),
}

/// Where which fault waits.
#[derive(Clone, Default)]
pub struct Faults {
    list: Arc<Vec<Planned>>,
    crashed: Arc<Notify>,
    /// The owner's address of the database.
    owner_url: Option<Arc<str>>,
}

/// Step, whether its undo is meant, fault.
pub type Planning = (usize, bool, Fault);

struct Planned {
    step: usize,
    undo: bool,
    fault: Fault,
    met: AtomicBool,
}

impl Faults {
    /// These.
    pub fn of(list: &[Planning]) -> Self {
        let planned = |&(step, undo, fault): &Planning| Planned { step, undo, fault, met: AtomicBool::new(false) };
        Self { list: Arc::new(list.iter().map(planned).collect()), crashed: Arc::default(), owner_url: None }
    }

    /// The same with the database that [`Fault::Cut`] is about.
    #[must_use]
    pub fn of_database(self, owner_url: &str) -> Self {
        Self { owner_url: Some(owner_url.into()), ..self }
    }

    /// The registry whose steps meet these faults.
    pub fn into_registry(self, registry: Registry) -> Registry {
        registry.wrapped(move |inner| Arc::new(Faulty { inner, faults: self.clone() }))
    }

    /// When a worker is to be gone.
    pub async fn crashed(&self) {
        self.crashed.notified().await;
    }

    /// Steps whose fault was not met yet; `undo` is whether those of the way back are meant.
    fn left(&self, undo: bool) -> Vec<usize> {
        let is_left = |planned: &&Planned| planned.undo == undo && !planned.met.load(Ordering::SeqCst);
        self.list.iter().filter(is_left).map(|planned| planned.step).collect()
    }

    fn meet(&self, step: usize, undo: bool) -> Option<&Planned> {
        let planned = self.list.iter().find(|planned| planned.step == step && planned.undo == undo)?;
        (!planned.met.swap(true, Ordering::SeqCst)).then_some(planned)
    }

    async fn around<'a, T>(&self, step: usize, undo: bool, inner: impl Fn() -> BoxFuture<'a, Result<T, StepError>>) -> Result<T, StepError> {
        let planned = self.meet(step, undo);
        let fault = planned.map(|planned| planned.fault);
        match fault {
            Some(Fault::Fail(When::Before)) => return Err(StepError::fail("failed before")),
            Some(Fault::Retry(When::Before)) => return Err(StepError::retry("failed before, for now")),
            Some(Fault::Panic) => panic!("a fault of the test"),
            Some(Fault::Crash(When::Before)) => return self.crash().await,
            Some(Fault::Cut(When::Before)) => self.cut().await,
            Some(Fault::Crash(When::Within(ms))) => {
                let crashed = Arc::clone(&self.crashed);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    crashed.notify_one();
                });
            }
            _ => {}
        }
        let result = match inner().await {
            Ok(result) => result,
            // It was not done, it only waits, say: the fault waits as well.
            Err(error) => {
                planned.inspect(|planned| planned.met.store(false, Ordering::SeqCst));
                return Err(error);
            }
        };
        match fault {
            Some(Fault::Fail(When::After)) => Err(StepError::fail("failed after")),
            Some(Fault::Retry(When::After)) => Err(StepError::retry("failed after, for now")),
            Some(Fault::Twice) => inner().await,
            Some(Fault::Crash(When::After)) => self.crash().await,
            Some(Fault::Cut(When::After)) => {
                self.cut().await;
                Ok(result)
            }
            _ => Ok(result),
        }
    }

    async fn cut(&self) {
        db::testing::cut_sessions(self.owner_url.as_deref().expect("the database is known")).await;
    }

    async fn crash<T>(&self) -> T {
        self.crashed.notify_one();
        std::future::pending().await
    }
}

struct Faulty {
    inner: Arc<dyn ErasedSaga>,
    faults: Faults,
}

impl ErasedSaga for Faulty {
    fn steps(&self) -> Vec<StepInfo> {
        self.inner.steps()
    }

    fn deadline(&self) -> chrono::Duration {
        self.inner.deadline()
    }

    fn run<'a>(&'a self, step: usize, cx: &'a StepContext) -> BoxFuture<'a, Result<Value, StepError>> {
        Box::pin(self.faults.around(step, false, move || self.inner.run(step, cx)))
    }

    fn undo<'a>(&'a self, step: usize, cx: &'a StepContext, output: Option<&'a Value>) -> BoxFuture<'a, Result<(), StepError>> {
        Box::pin(self.faults.around(step, true, move || self.inner.undo(step, cx, output)))
    }
}

/// A quick worker.
pub fn worker(services: &TestServices, registry: Registry) -> WorkerContext {
    worker_with(services.services.clone(), registry)
}

/// The same with parts of its own.
pub fn worker_with(services: Services, registry: Registry) -> WorkerContext {
    let timings = Timings {
        heartbeat_interval: Duration::from_millis(40),
        claim_timeout: Duration::from_millis(400),
        lease_duration: Duration::from_millis(250),
        log_flush_interval: Duration::from_millis(10),
        sweep_interval: Duration::from_millis(50),
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(20),
        max_in_worker_wait: Duration::from_millis(100),
        max_attempts: 4,
        max_undo_attempts: 4,
        undo_timeout: Duration::from_secs(20),
        db_retry_timeout: Duration::from_secs(10),
        shutdown_grace: Duration::from_millis(50),
    };
    worker_at(timings, services, registry)
}

/// A worker with the usual timings, for hosts in trouble.
pub fn patient_worker(services: Services, registry: Registry) -> WorkerContext {
    worker_at(Timings::default(), services, registry)
}

fn worker_at(timings: Timings, services: Services, registry: Registry) -> WorkerContext {
    WorkerContext::start(services, registry, timings, format!("test-{}", uuid::Uuid::now_v7()).into())
}

/// Works on the job until it ends; time goes on where the job waits for it. Bounded by three minutes.
pub async fn finish(services: &TestServices, context: &WorkerContext, job: JobId) -> JobStatus {
    let stop = CancellationToken::new();
    let work = async {
        loop {
            match run_job(context, job, &stop).await.expect("the database answers") {
                Outcome::Ended(status) => return status,
                Outcome::Deferred(at) => {
                    let now = services.services.now();
                    services.clock.advance((at - now).max(chrono::Duration::zero()) + chrono::Duration::milliseconds(1));
                    // A real clock cannot be moved: then we wait.
                    if services.services.now() < at {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
                // The crashed worker's claim must run out first.
                Outcome::NotClaimable => tokio::time::sleep(Duration::from_millis(20)).await,
                outcome => panic!("unexpected: {outcome:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(180), work).await.expect("the job ends within three minutes")
}

/// Runs one job of the world against these faults, with a new worker after each crash.
pub async fn run<W: SagaFixture>(world: &W, job: JobId, faults: &[Planning]) -> JobStatus {
    run_against(world, job, &Faults::of(faults).of_database(&world.services().db.owner_url)).await
}

async fn run_against<W: SagaFixture>(world: &W, job: JobId, faults: &Faults) -> JobStatus {
    loop {
        let worker = worker(world.services(), faults.clone().into_registry(W::registry()));
        tokio::select! {
            status = finish(world.services(), &worker, job) => return status,
            // It is dropped in the middle of its step. The faults that were met stay met.
            () = faults.crashed() => {}
        }
    }
}

/// Runs one job that meets all of these faults, beside those that it meets `always`: a fresh world costs more than a fault. Where it does not end as
/// it should, each is met alone, so that the one to blame is named.
async fn meets<W: SagaFixture>(always: &[Planning], faults: &[Planning], wanted: JobStatus) {
    let wrong = async |faults: &[Planning]| {
        let world = W::fresh().await;
        let job = world.enqueue().await;
        let status = run(&world, job, &[always, faults].concat()).await;
        let wrong = if wanted == JobStatus::Done { world.complete().await } else { world.empty().await };
        (status != wanted || !wrong.is_empty()).then(|| format!("{status:?}, {wrong:?}"))
    };
    let Some(together) = wrong(faults).await else { return };
    for fault in faults {
        if let Some(alone) = wrong(&[*fault]).await {
            panic!("{}: {alone}", in_words(fault));
        }
    }
    panic!("{}: {together}", faults.iter().map(in_words).collect::<Vec<_>>().join(", "));
}

fn in_words((step, undo, fault): &Planning) -> String {
    format!("{fault:?} in {} {step}", if *undo { "the undo of step" } else { "step" })
}

/// A person starts the job again.
pub async fn retry<W: SagaFixture>(world: &W, job: JobId) {
    let TestServices { services, db, .. } = world.services();
    let admin: Caller = db.user(&format!("{}@mpanel.example", uuid::Uuid::now_v7()), Some("SUPER_ADMIN")).await;
    let tx = services.db.platform(&admin).await.expect("an admin may");
    super::retry(services, tx, job).await.expect("the job can be tried again");
}

/// First irreversible step; the number of steps when there is none.
pub fn way_back<W: SagaFixture>() -> usize {
    let steps = W::steps();
    steps.iter().position(|step| step.irreversible).unwrap_or(steps.len())
}

/// Without a fault it is done.
pub async fn ends_complete<W: SagaFixture>() {
    let world = W::fresh().await;
    let job = world.enqueue().await;
    assert_eq!(run(&world, job, &[]).await, JobStatus::Done);
    assert_eq!(world.complete().await, Vec::<String>::new());
}

/// It fails at each step: undone and empty, or stuck past the point of no return and complete once it is tried again.
pub async fn fails_at_each_step<W: SagaFixture>() {
    for step in 0..W::steps().len() {
        for when in [When::Before, When::After] {
            let world = W::fresh().await;
            let job = world.enqueue().await;
            let status = run(&world, job, &[(step, false, Fault::Fail(when))]).await;
            if step < way_back::<W>() {
                assert_eq!((status, world.empty().await), (JobStatus::Undone, vec![]), "failed {when:?} step {step}");
            } else {
                assert_eq!(status, JobStatus::Stuck, "failed {when:?} step {step}");
                retry(&world, job).await;
                assert_eq!((run(&world, job, &[]).await, world.complete().await), (JobStatus::Done, vec![]), "again from step {step}");
            }
        }
    }
}

/// Each step is done twice, or its answer is lost, or it panics: all the same it is done.
pub async fn repeats_each_step<W: SagaFixture>() {
    for fault in [Fault::Twice, Fault::Retry(When::Before), Fault::Retry(When::After), Fault::Panic] {
        meets::<W>(&[], &at(0..W::steps().len(), false, fault), JobStatus::Done).await;
    }
}

/// The worker is gone before and after each step: another one brings it to its end.
pub async fn survives_a_crash_at_each_step<W: SagaFixture>() {
    for when in [When::Before, When::After] {
        meets::<W>(&[], &at(0..W::steps().len(), false, Fault::Crash(when)), JobStatus::Done).await;
    }
}

/// PostgreSQL ends all sessions before and after each step, and on the way back: the world is complete or empty, if need be once a person has helped.
pub async fn survives_a_lost_database_at_each_step<W: SagaFixture>() {
    for when in [When::Before, When::After] {
        cuts::<W>(&[], at(0..W::steps().len(), false, Fault::Cut(when))).await;
    }
    let Some(last) = way_back::<W>().checked_sub(1) else { return }; // no step has an undo
    cuts::<W>(&[(last, false, Fault::Fail(When::After))], at(0..last + 1, true, Fault::Cut(When::After))).await;
}

/// A job that has lost its sessions may end before it comes to the next fault: what it has not met is for the next one.
async fn cuts<W: SagaFixture>(always: &[Planning], mut planned: Vec<Planning>) {
    while let Some((_, undo, _)) = planned.first().copied() {
        let world = W::fresh().await;
        let job = world.enqueue().await;
        let faults = Faults::of(&[always, &planned].concat()).of_database(&world.services().db.owner_url);
        let ended = run_against(&world, job, &faults).await;
        let mut status = ended;
        if status == JobStatus::Stuck {
            retry(&world, job).await;
            status = run(&world, job, &[]).await;
        }
        let wrong = if status == JobStatus::Done { world.complete().await } else { world.empty().await };
        let what = planned.iter().map(in_words).collect::<Vec<_>>().join(", ");
        assert!(matches!(status, JobStatus::Done | JobStatus::Undone) && wrong.is_empty(), "{what}: {status:?}, {wrong:?}");
        let left = faults.left(undo);
        let last = planned.iter().map(|(step, ..)| *step).filter(|step| !left.contains(step)).max();
        assert!(last.is_some(), "{what}: not met");
        // A job that ended on its way was not seen to go on to its end after those that it had met before: it meets them once more without the last.
        let is_whole = undo || ended == JobStatus::Done;
        planned.retain(|(step, ..)| if is_whole { left.contains(step) } else { Some(*step) != last });
    }
}

/// Each undo is done twice, broken off, or lost with its worker: all the same the world is empty.
pub async fn comes_back_through_every_undo<W: SagaFixture>() {
    let Some(last) = way_back::<W>().checked_sub(1) else { return }; // no step has an undo
    for fault in [Fault::Twice, Fault::Retry(When::After), Fault::Panic, Fault::Crash(When::Before), Fault::Crash(When::After)] {
        meets::<W>(&[(last, false, Fault::Fail(When::After))], &at(0..last + 1, true, fault), JobStatus::Undone).await;
    }
}

/// An undo that fails leaves the job stuck; a person tries the undo again, each one, and the world is empty. Then the job itself is tried again, and
/// the world is complete.
pub async fn is_stuck_until_a_person_helps<W: SagaFixture>() {
    let Some(last) = way_back::<W>().checked_sub(1) else { return }; // no step has an undo
    let world = W::fresh().await;
    let job = world.enqueue().await;
    let mut planned = at(0..last + 1, true, Fault::Fail(When::Before));
    planned.push((last, false, Fault::Fail(When::After)));
    let faults = Faults::of(&planned).of_database(&world.services().db.owner_url);
    for step in (0..=last).rev() {
        let status = run_against(&world, job, &faults).await;
        assert_eq!((status, faults.left(true)), (JobStatus::Stuck, (0..step).collect()), "the undo of step {step} failed");
        retry(&world, job).await;
    }
    assert_eq!((run_against(&world, job, &faults).await, world.empty().await), (JobStatus::Undone, vec![]), "each undo again");
    retry(&world, job).await;
    assert_eq!((run(&world, job, &[]).await, world.complete().await), (JobStatus::Done, vec![]), "the job again");
}

/// This fault in each of these steps.
fn at(steps: Range<usize>, undo: bool, fault: Fault) -> Vec<Planning> {
    steps.map(|step| (step, undo, fault)).collect()
}

/// Makes the contract's tests for a [`SagaFixture`].
#[macro_export]
macro_rules! saga_contract_tests {
    ($world:ty) => {
        $crate::saga_contract_tests!(@ $world,
            ends_complete fails_at_each_step repeats_each_step survives_a_crash_at_each_step survives_a_lost_database_at_each_step
            comes_back_through_every_undo is_stuck_until_a_person_helps);
    };
    (@ $world:ty, $($test:ident)+) => {
        $(#[tokio::test]
        async fn $test() {
            $crate::saga::contract::$test::<$world>().await;
        })+
    };
}
pub use crate::saga_contract_tests;
