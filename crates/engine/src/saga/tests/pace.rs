//! How many jobs a second, and how soon after its commit a job starts, beside others on the same PostgreSQL. A measurement, no test.

use crate::{
    clock::ManualClock,
    saga::{JobMeta, Registry, Saga, Step, StepContext, StepError, Steps, contract::patient_worker, enqueue, worker::serve},
    testing::services_around,
};
use adapters::node::SimulatedNodeClient;
use apalis::prelude::{BoxDynError, Monitor, WorkerBuilder, WorkerBuilderExt};
use db::{
    AuditKey, Db, DbConfig,
    embedded::{Embedded, EmbeddedConfig},
};
use model::{
    actor::Actor,
    ids::{JobId, TenantId},
};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// As many at a time as a panel does.
const AT_ONCE: usize = 32;
/// Jobs that wait when the worker starts.
const WAITING: usize = 1000;
/// Jobs that come one after the other.
const SINGLE: usize = 50;
/// Before the next of those that find the worker with nothing to do.
const REST: Duration = Duration::from_millis(50);
/// Customers whose jobs these are: each has a chain of the record of its own.
const CUSTOMERS: usize = 100;

static STARTED: LazyLock<Mutex<HashMap<Uuid, Instant>>> = LazyLock::new(Mutex::default);

fn started(id: Uuid) {
    STARTED.lock().expect("nobody panics").insert(id, Instant::now());
}

/// A job of one step that does nothing.
#[derive(Serialize, Deserialize)]
struct Nothing {
    id: Uuid,
}

impl Saga for Nothing {
    const KIND: &'static str = "CREATE_CLOUDPOD";
    const TITLE: &'static str = "Create CloudPod";

    fn key(&self) -> String {
        format!("nothing:{}", self.id)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<Only>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(1)
    }
}

struct Only;

impl Step for Only {
    type Saga = Nothing;
    type Output = ();
    const NAME: &'static str = "only";
    const TITLE: &'static str = "Do nothing";

    async fn run(_: &StepContext, saga: &Nothing) -> Result<(), StepError> {
        started(saga.id);
        Ok(())
    }

    async fn undo(_: &StepContext, _: &Nothing, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Measures one queue: `add` commits one job, `open` counts those that are not done, `serve` works until it is stopped.
async fn pace<S>(what: &str, owner: &mut PgConnection, open: &'static str, add: impl AsyncFn(Uuid), serve: impl FnOnce(CancellationToken) -> S)
where
    S: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    for _ in 0..WAITING {
        add(Uuid::now_v7()).await;
    }
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let serving = tokio::spawn(serve(stop.clone()));
    while sqlx::query_scalar::<_, i64>(open).fetch_one(&mut *owner).await.expect("counts") > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rate = WAITING as f64 / began.elapsed().as_secs_f64();
    let busy = delays(&add, Duration::ZERO).await;
    let at_rest = delays(&add, REST).await;
    stop.cancel();
    serving.await.expect("no panic").expect("no error");
    let (middle, last) = (SINGLE / 2, SINGLE - 1);
    println!(
        "{what:<16} {rate:>7.0} jobs/s   start after commit, one upon the other: median {:.1} ms, slowest {:.1} ms; at rest: median {:.1} ms, slowest {:.1} ms",
        busy[middle], busy[last], at_rest[middle], at_rest[last]
    );
}

/// How long after their commits jobs start, in milliseconds, shortest first; each is added `rest` after the one before has started.
async fn delays(add: &impl AsyncFn(Uuid), rest: Duration) -> Vec<f64> {
    let mut delays = Vec::new();
    for _ in 0..SINGLE {
        // A sleep of nothing would last until the timer's next tick.
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let id = Uuid::now_v7();
        add(id).await;
        let committed = Instant::now();
        let start = loop {
            let start = STARTED.lock().expect("nobody panics").get(&id).copied();
            match start {
                Some(start) => break start,
                None => tokio::time::sleep(Duration::from_micros(200)).await,
            }
        };
        delays.push(start.saturating_duration_since(committed).as_secs_f64() * 1000.0);
    }
    delays.sort_by(f64::total_cmp);
    delays
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: bench/queue/run.sh runs it"]
async fn jobs_per_second_beside_others_on_one_postgresql() {
    let folder = std::env::temp_dir().join(format!("mpanel-pace-{}", std::process::id()));
    let config = EmbeddedConfig { die_with_parent: true, ..EmbeddedConfig::new(&folder) };
    let pg = tokio::task::spawn_blocking(move || Embedded::start(&config)).await.expect("a thread").expect("starts");
    Db::migrate(&pg.owner_url()).await.expect("migrates");
    let db = Db::connect(DbConfig::new(pg.logins(), AuditKey::new([7; 32]))).await.expect("connects");
    let mut owner = PgConnection::connect(&pg.owner_url()).await.expect("connects");

    #[expect(clippy::disallowed_methods, reason = "the clock of a measurement begins at the present")]
    let now = chrono::Utc::now();
    let services =
        services_around(db.clone(), Arc::new(ManualClock::at(now)), Arc::new(SimulatedNodeClient::for_tests().expect("loopback gives a port")));
    let runtime = patient_worker(services.clone(), Registry::default().with::<Nothing>());
    let customers: Vec<TenantId> = sqlx::query_scalar(
        "insert into tenants (id, name, slug, billing_email, country)
         select gen_random_uuid(), 'Customer', 'customer-' || n, 'billing@example.com', 'DE' from generate_series(1, $1) n returning id",
    )
    .bind(CUSTOMERS as i32)
    .fetch_all(&mut owner)
    .await
    .expect("customers are made");
    let add = async |id: Uuid| {
        let mut tx = services.db.system("pace").await.expect("a transaction begins");
        let customer = customers[id.as_u128() as usize % CUSTOMERS];
        let meta = JobMeta { actor: Actor::system("pace"), tenant: Some(customer), subject: None };
        enqueue(tx.conn(), services.now(), &Nothing { id }, meta).await.expect("enqueued");
        tx.commit_progress().await.expect("committed");
    };
    pace("mPanel", &mut owner, "select count(*) from jobs where status <> 'done'", add, |stop| serve(runtime, AT_ONCE, stop)).await;

    let add = async |id| {
        let mut tx = db.system("pace").await.expect("a transaction begins");
        db::enqueue_wakeup(tx.conn(), "pace", JobId(id)).await.expect("enqueued");
        tx.commit_progress().await.expect("committed");
    };
    let open = "select count(*) from apalis.jobs where job_type = 'pace' and status <> 'Done'";
    pace("apalis, bare", &mut owner, open, add, |stop| bare(db.clone(), stop)).await;

    let rivals = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/queue/rivals.mjs");
    let words = [AT_ONCE, WAITING, SINGLE, REST.as_millis() as usize].map(|number| number.to_string());
    let ran = tokio::process::Command::new("node").arg(rivals).arg(pg.owner_url()).args(words).status().await;
    assert!(ran.expect("node starts").success());
    drop(pg);
    std::fs::remove_dir_all(folder).expect("removed");
}

/// The same queue as mPanel's, with a handler that does nothing.
async fn bare(db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    async fn handle(job: JobId) -> Result<(), BoxDynError> {
        started(job.0);
        Ok(())
    }
    let worker = move |restarts: usize| {
        WorkerBuilder::new(format!("pace-{restarts}")).backend(db.wakeup_backend("pace", AT_ONCE)).concurrency(AT_ONCE).build(handle)
    };
    let stopped = async move {
        stop.cancelled().await;
        Ok(())
    };
    Ok(Monitor::new().register(worker).run_with_signal(stopped).await?)
}
