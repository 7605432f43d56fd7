//! PostgreSQL killed (-9) in each step of making and of removing a pod, under a worker as the panel has it.

use super::{Bench, Yard};
use db::{
    AuditKey, Db, DbConfig,
    embedded::{Embedded, EmbeddedConfig},
    testing::TestDb,
};
use engine::{
    Modules,
    clock::SystemClock,
    saga::{
        contract::{Fault, Faults, When},
        run_worker,
    },
    testing::TestServices,
};
use model::{
    hosting::cloudpods::{PodStatus, Stack},
    ids::{CloudPodId, JobId},
};
use sqlx::{Connection, PgConnection};
use std::{
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A cluster of this test alone: the others must not be killed with it. What is committed is on the disk, as in a panel's.
struct Own {
    pg: Embedded,
    folder: PathBuf,
}

impl Own {
    /// The cluster, and the parts of a panel around it.
    async fn start() -> (Self, TestServices) {
        let folder = std::env::temp_dir().join("mpanel-test-pg").join(format!("steps-{}", Uuid::now_v7()));
        std::fs::create_dir_all(folder.parent().expect("it has one")).unwrap();
        let config = EmbeddedConfig { data_dir: folder.clone(), durable: true, die_with_parent: true };
        let pg = tokio::task::spawn_blocking(move || Embedded::start(&config)).await.unwrap().expect("PostgreSQL starts");
        Db::migrate(&pg.owner_url()).await.expect("the migrations run");
        let config = DbConfig::new(pg.logins(), AuditKey::new([7; 32]));
        let db = Db::connect(config.clone()).await.expect("the database connects");
        let mut parts = TestServices::new().await;
        (parts.services.db, parts.services.clock) = (db.clone(), Arc::new(SystemClock));
        parts.db = TestDb { db, config, owner_url: pg.owner_url() };
        (Self { pg, folder }, parts)
    }

    /// Lets a worker do the job; PostgreSQL is killed so many milliseconds after this step has begun. Gives the time from the death
    /// to the end of the job.
    async fn dies_in(&self, bench: &Bench, job: JobId, step: usize, ms: u64) -> Duration {
        let faults = Faults::of(&[(step, false, Fault::Crash(When::Within(ms)))]);
        let modules = Modules { sagas: faults.clone().into_registry(Bench::registry()), ..Modules::default() };
        let services = bench.services.services.clone().with(Arc::new(modules));
        let stop = CancellationToken::new();
        let working = tokio::spawn(run_worker(services, 1, stop.clone()));
        within_a_minute(faults.crashed()).await;
        let old = self.pg.pid().expect("PostgreSQL runs");
        assert!(Command::new("kill").args(["-9", &old.to_string()]).status().unwrap().success());
        let death = Instant::now();
        within_a_minute(async {
            while self.pg.pid().is_none_or(|pid| pid == old) || !self.is_done(job).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let took = death.elapsed();
        stop.cancel();
        within_a_minute(working).await.unwrap().expect("the worker outlives PostgreSQL");
        took
    }

    /// False also while PostgreSQL is not responding.
    async fn is_done(&self, job: JobId) -> bool {
        let Ok(mut owner) = PgConnection::connect(&self.pg.owner_url()).await else { return false };
        sqlx::query_scalar("select status = 'done' from jobs where id = $1").bind(job).fetch_one(&mut owner).await.unwrap_or(false)
    }
}

async fn within_a_minute<T>(wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it comes to that")
}

/// How often the record tells this of the pod, and of the job that it is done.
async fn told(bench: &Bench, pod: CloudPodId, action: &str, job: JobId) -> (usize, usize) {
    let count = |all: Vec<String>, wanted: &str| all.iter().filter(|word| *word == wanted).count();
    (count(bench.told(pod).await, action), count(bench.told(CloudPodId(job.0)).await, "JOB_DONE"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn postgresql_killed_in_each_step_leaves_one_running_pod_and_then_nothing_of_it_on_a_real_host() {
    let mut own = None;
    let yard = Yard::around(async || {
        let (cluster, parts) = Own::start().await;
        own = Some(cluster);
        parts
    });
    let (Some(yard), Some(own)) = (yard.await, own) else { return };
    let bench = &yard.bench;
    // Each step, and the long one of them in its middle as well.
    let (mut pods, mut longest) = (Vec::new(), Duration::ZERO);
    for (n, (step, ms)) in [(0, 0), (1, 0), (2, 0), (2, 300), (3, 0)].into_iter().enumerate() {
        let stack = if n % 2 == 0 { Stack::Php } else { Stack::Wordpress };
        let pod = bench.order(stack, &format!("pg{n}x.example.test")).await.unwrap();
        let took = own.dies_in(bench, pod.job, step, ms).await;
        let (status, page) = yard.page(&pod.domain).await;
        assert!(status == 200 && page.contains("<title>Ana"), "step {step}, {ms} ms: {status}");
        assert_eq!(bench.status(pod.id).await, PodStatus::Running, "step {step}, {ms} ms");
        assert_eq!(told(bench, pod.id, "CLOUDPOD_PROVISIONED", pod.job).await, (1, 1), "step {step}, {ms} ms");
        longest = longest.max(took);
        pods.push(pod);
    }
    println!("PostgreSQL killed in each step of a pod's making: {} cases, at most {longest:.1?} from the death to the running pod", pods.len());
    let rows = "select count(*) from cloud_pods where tenant_id = $1 and status = 'RUNNING'";
    assert_eq!(bench.count(rows, bench.tenant.0).await, pods.len() as i64);
    let users = yard.host.must(&["grep", "-c", "^p-", "/etc/passwd"]).await.unwrap();
    assert_eq!(users.trim(), pods.len().to_string(), "no pod is twice on the host");
    longest = Duration::ZERO;
    for ((step, ms), pod) in [(0, 0), (1, 0), (2, 0), (2, 20), (3, 0)].into_iter().zip(&pods) {
        let job = bench.delete(pod.id, &pod.name).await.unwrap();
        let took = own.dies_in(bench, job, step, ms).await;
        assert_eq!(yard.left_of(&pod.name).await, "", "left of {} after step {step}, {ms} ms", pod.name);
        assert_ne!(yard.page(&pod.domain).await.0, 200, "step {step}, {ms} ms");
        assert_eq!(bench.status(pod.id).await, PodStatus::Deleted, "step {step}, {ms} ms");
        assert_eq!(told(bench, pod.id, "CLOUDPOD_DELETED", job).await, (1, 1), "step {step}, {ms} ms");
        longest = longest.max(took);
    }
    println!("PostgreSQL killed in each step of a pod's removal: {} cases, at most {longest:.1?} from the death to nothing left", pods.len());
    let record = bench.services.services.db.verify_audit(&[]).await.unwrap();
    assert!(record.events > 0 && record.findings.is_empty(), "{record:?}");
    bench.services.services.db.close().await;
    yard.down().await;
    tokio::task::spawn_blocking(move || own.pg.stop()).await.unwrap();
    std::fs::remove_dir_all(own.folder).unwrap();
}
