//! A saga in a world of three boxes: each step puts a thing into one, each undo takes it out.

use crate::{
    saga::{
        JobMeta, Registry, Saga, Step, StepContext, StepError, Steps,
        contract::{SagaFixture, saga_contract_tests},
        enqueue,
        step::StepInfo,
    },
    testing::TestServices,
};
use model::{Time, actor::Actor, ids::JobId};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, Mutex},
    time::Duration,
};

/// What is in the boxes of one world, and how its steps behave.
#[derive(Default)]
pub(super) struct Boxes {
    /// Things by box.
    pub(super) things: BTreeMap<&'static str, u32>,
    /// Second steps that run at this moment.
    pub(super) at_work: u32,
    /// How long the second step takes.
    pub(super) takes: Duration,
    /// How the second step ends, instead of well.
    pub(super) fate: Option<StepError>,
    /// How often the second step was begun.
    pub(super) begun: u32,
    /// How often the second step came to its end.
    pub(super) ended: u32,
    /// Steps whose undo was begun, in order.
    pub(super) undone: Vec<&'static str>,
    /// The second step's undo does not work.
    pub(super) keeps_second: bool,
    /// Kills the worker's task each time, as a fault in mPanel would.
    pub(super) panics: bool,
}

static WORLDS: LazyLock<Mutex<HashMap<uuid::Uuid, Boxes>>> = LazyLock::new(Mutex::default);

pub(super) fn boxes<T>(world: uuid::Uuid, look: impl FnOnce(&mut Boxes) -> T) -> T {
    look(WORLDS.lock().expect("no test panics in here").entry(world).or_default())
}

/// Fills three boxes.
#[derive(Serialize, Deserialize)]
pub(super) struct FillBoxes {
    pub(super) world: uuid::Uuid,
    pub(super) wait_until: Option<Time>,
}

impl Saga for FillBoxes {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";

    fn key(&self) -> String {
        format!("fill_boxes:{}", self.world)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<First>().then::<Second>().then::<Third>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(5)
    }
}

struct First;

impl Step for First {
    type Saga = FillBoxes;
    type Output = String;
    const NAME: &'static str = "first";
    const TITLE: &'static str = "Fill the first box";

    async fn run(_: &StepContext, saga: &FillBoxes) -> Result<String, StepError> {
        boxes(saga.world, |boxes| boxes.things.insert("first", 1));
        Ok("from the first".to_owned())
    }

    async fn undo(_: &StepContext, saga: &FillBoxes, _: Option<&String>) -> Result<(), StepError> {
        boxes(saga.world, |boxes| {
            boxes.undone.push("first");
            boxes.things.remove("first");
        });
        Ok(())
    }
}

struct Second;

/// Counts itself out when its step is dropped.
struct AtWork(uuid::Uuid);

impl AtWork {
    fn begin(world: uuid::Uuid) -> Self {
        boxes(world, |boxes| {
            boxes.begun += 1;
            boxes.at_work += 1;
        });
        Self(world)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        boxes(self.0, |boxes| boxes.at_work -= 1);
    }
}

impl Step for Second {
    type Saga = FillBoxes;
    type Output = u32;
    const NAME: &'static str = "second";
    const TITLE: &'static str = "Fill the second box";

    async fn run(cx: &StepContext, saga: &FillBoxes) -> Result<u32, StepError> {
        assert_eq!(cx.output::<First>()?, "from the first");
        let _at_work = AtWork::begin(saga.world);
        let (takes, fate, panics) = boxes(saga.world, |boxes| {
            boxes.things.insert("second", 2);
            (boxes.takes, boxes.fate.clone(), boxes.panics)
        });
        assert!(!panics, "a fault of the test");
        tokio::time::sleep(takes).await;
        boxes(saga.world, |boxes| boxes.ended += 1);
        match (fate, saga.wait_until) {
            (Some(fate), _) => Err(fate),
            (None, Some(until)) if cx.services().now() < until => Err(StepError::Wait { until }),
            _ => Ok(2),
        }
    }

    async fn undo(_: &StepContext, saga: &FillBoxes, _: Option<&u32>) -> Result<(), StepError> {
        boxes(saga.world, |boxes| {
            boxes.undone.push("second");
            if boxes.keeps_second {
                return Err(StepError::retry("The box is stuck."));
            }
            boxes.things.remove("second");
            Ok(())
        })
    }
}

struct Third;

impl Step for Third {
    type Saga = FillBoxes;
    type Output = ();
    const NAME: &'static str = "third";
    const TITLE: &'static str = "Fill the third box";

    async fn run(cx: &StepContext, saga: &FillBoxes) -> Result<(), StepError> {
        assert_eq!(cx.output::<Second>()?, 2);
        boxes(saga.world, |boxes| boxes.things.insert("third", 3));
        Ok(())
    }

    async fn undo(_: &StepContext, saga: &FillBoxes, _: Option<&()>) -> Result<(), StepError> {
        boxes(saga.world, |boxes| {
            boxes.undone.push("third");
            boxes.things.remove("third");
        });
        Ok(())
    }
}

/// One world.
pub(super) struct Toy {
    pub(super) services: TestServices,
    pub(super) world: uuid::Uuid,
}

impl Toy {
    /// Enqueues the saga, waiting in its second step until then.
    pub(super) async fn enqueue_waiting(&self, wait_until: Option<Time>) -> JobId {
        self.enqueue_saga(FillBoxes { world: self.world, wait_until }).await
    }

    /// Enqueues another, for boxes of its own.
    pub(super) async fn enqueue_another(&self) -> JobId {
        self.enqueue_in(uuid::Uuid::now_v7()).await
    }

    /// Enqueues another, for the boxes of this world.
    pub(super) async fn enqueue_in(&self, world: uuid::Uuid) -> JobId {
        self.enqueue_saga(FillBoxes { world, wait_until: None }).await
    }

    /// Enqueues any saga.
    pub(super) async fn enqueue_saga(&self, saga: impl Saga) -> JobId {
        let services = &self.services.services;
        let mut tx = services.db.system("test").await.expect("a transaction begins");
        let meta = JobMeta { actor: Actor::system("test"), tenant: None, subject: None };
        let job = enqueue(tx.conn(), services.now(), &saga, meta).await.expect("the job is enqueued").job;
        tx.commit_progress().await.expect("committed");
        job
    }

    /// One value of the database, as its owner sees it.
    pub(super) async fn ask<T>(&self, sql: &'static str, job: JobId) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).bind(job).fetch_one(&mut self.services.db.owner().await).await.expect("the database answers")
    }

    fn things(&self) -> Vec<&'static str> {
        boxes(self.world, |boxes| boxes.things.keys().copied().collect())
    }
}

impl SagaFixture for Toy {
    async fn fresh() -> Self {
        Self { services: TestServices::new().await, world: uuid::Uuid::now_v7() }
    }

    fn services(&self) -> &TestServices {
        &self.services
    }

    fn registry() -> Registry {
        Registry::default().with::<FillBoxes>()
    }

    fn steps() -> Vec<StepInfo> {
        FillBoxes::steps().into_list().iter().map(|step| step.info()).collect()
    }

    async fn enqueue(&self) -> JobId {
        self.enqueue_waiting(None).await
    }

    async fn complete(&self) -> Vec<String> {
        let missing = ["first", "second", "third"].into_iter().filter(|name| !self.things().contains(name));
        missing.map(|name| format!("{name} is not filled")).collect()
    }

    async fn empty(&self) -> Vec<String> {
        self.things().into_iter().map(|name| format!("{name} is not empty")).collect()
    }
}

saga_contract_tests!(Toy);
