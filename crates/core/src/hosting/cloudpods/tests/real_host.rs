//! The sagas on a real host, with the worker's process killed (-9) before, in and after each step.

use super::world::Bench;
use crate::{
    Services,
    administration::servers::{self, ServerInput},
    clock::ManualClock,
    hosting::artifacts::ArtifactStore,
    saga::{
        Saga,
        contract::{Fault, Faults, When, worker_with},
        drive,
    },
    settings::Settings,
    testing::{TestServices, services_around},
};
use adapters::node::{NodeLinks, SshConfig, SshLinks};
use db::{AuditKey, Db, DbConfig, LoginUrls};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::cloudpods::{PodStatus, Stack},
    ids::JobId,
};
use serde::{Deserialize, Serialize};
use std::{
    env,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

#[allow(dead_code, reason = "the bed can do more than these tests need")]
#[path = "../../../../../testkit/src/bed.rs"]
mod bed;

use bed::{Bed, Host};

/// Name of the variable that makes this program a worker which is to die.
const ORDER: &str = "MPANEL_TEST_WORKER";

/// What a worker in a process of its own is to do.
#[derive(Serialize, Deserialize)]
struct Order {
    web: String,
    ops: String,
    keys: PathBuf,
    now: Time,
    job: JobId,
    step: usize,
    when: When,
}

fn links(keys: &Path) -> anyhow::Result<Arc<dyn NodeLinks>> {
    let program = match env::var_os("MPANEL_NODE_BINARY") {
        Some(path) => PathBuf::from(path),
        None => env::current_exe()?.ancestors().nth(2).map(|folder| folder.join("mpanel-node")).unwrap_or_default(),
    };
    anyhow::ensure!(program.exists(), "{} is missing; build it: cargo build -p mpanel-node", program.display());
    Ok(Arc::new(SshLinks::new(SshConfig::new(keys.join("key"), Some("tailscale0".to_owned()), program))?))
}

/// Parts that reach real hosts. Deleted data is kept for no time at all.
fn real(services: Services, nodes: Arc<dyn NodeLinks>) -> Services {
    let cache = env::var_os("MPANEL_CACHE").map_or_else(|| PathBuf::from(env::var_os("HOME").expect("there is a home")).join(".cache/mpanel"), PathBuf::from);
    let settings = Settings { grace: chrono::Duration::zero(), ..(*services.settings).clone() };
    Services { nodes, settings: Arc::new(settings), artifacts: Arc::new(ArtifactStore::new(cache.join("artifacts"))), ..services }
}

struct Yard {
    host: Host,
    bench: Bench,
    keys: PathBuf,
}

impl Yard {
    /// A fresh host, enrolled. None, with a printed line, where no real host can be had.
    async fn fresh() -> Option<Self> {
        let keys = env::temp_dir().join(format!("mpanel-keys-{}", uuid::Uuid::now_v7()));
        let parts = async { anyhow::Ok((links(&keys)?, Bed::start().await?)) };
        let (nodes, bed) = match parts.await {
            Ok(parts) => parts,
            // A machine that is meant to have hosts (CI) must not pass by skipping.
            Err(error) if env::var_os("MPANEL_BED_REQUIRED").is_some() => panic!("{error:#}"),
            Err(error) => {
                println!("skipped: {error:#}");
                return None;
            }
        };
        let host = bed.host("kill").await.unwrap();
        host.ready().await.unwrap();
        let mut services = TestServices::new().await;
        services.services = real(services.services, nodes);
        let bench = Bench::with(services, async |services| {
            let input = ServerInput { name: "web1".to_owned(), address: host.address.to_string(), region: "here".to_owned(), site_address: None, tags: vec![] };
            let line = servers::add_unattended(&services.services, input).await.unwrap();
            host.exec_with(&["bash", "-s"], format!("{}\n", line.command).as_bytes()).await.unwrap();
            servers::enrol_unattended(&services.services, line.id).await.unwrap();
            line.id
        })
        .await;
        // Room for all pods at once, whatever machine the host borrows its memory from.
        sqlx::query("update servers set memory_mb = 100000, disk_mb = 100000, cpu_millis = 100000").execute(&mut bench.services.db.owner().await).await.unwrap();
        Some(Self { host, bench, keys })
    }

    /// Lets a process of its own work on the job, and sees it die by SIGKILL at that point.
    async fn kill(&self, job: JobId, step: usize, when: When) {
        let config = &self.bench.services.db.config;
        let order = Order {
            web: config.web_url.clone(),
            ops: config.ops_url.clone(),
            keys: self.keys.clone(),
            now: self.bench.services.services.now(),
            job,
            step,
            when,
        };
        let mut worker = Command::new(env::current_exe().unwrap());
        worker.args(["a_worker_that_is_to_die", "--nocapture"]).env(ORDER, serde_json::to_string(&order).unwrap());
        let ended = tokio::task::spawn_blocking(move || worker.output()).await.unwrap().unwrap();
        assert_eq!(ended.status.signal(), Some(9), "step {step}, {when:?}: {ended:?}");
    }

    async fn page(&self, domain: &str) -> (u16, String) {
        let page = self.bench.services.services.http.get(format!("http://{}/", self.host.address)).header("host", domain).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }

    /// Everything on the host that carries one of these names.
    async fn left_of(&self, name: &str) -> String {
        let script = "find /etc /run /srv /var /tmp /home /usr/local -name \"*$1*\" -not -path '/var/log/*' 2>/dev/null
            grep \"$1\" /etc/passwd /etc/group /proc/self/mountinfo
            systemctl list-units --all --plain --no-legend | grep \"$1\"
            mariadb -N -e 'show databases; select user from mysql.user' | grep \"$2\"
            grep -rl \"$1\" /etc/nginx /etc/systemd /etc/fstab /etc/cron* 2>/dev/null";
        self.host.exec(&["sh", "-c", script, "sh", name, &name.replace('-', "_")]).await.unwrap().stdout
    }
}

/// Not a test but a worker, when another test starts this program with an order: it dies where the order says.
#[tokio::test]
async fn a_worker_that_is_to_die() {
    let Ok(order) = env::var(ORDER) else { return };
    let order: Order = serde_json::from_str(&order).unwrap();
    let mut config = DbConfig::new(LoginUrls { web: order.web, ops: order.ops }, AuditKey::new([7; 32]));
    (config.web_connections, config.ops_connections, config.wakeup_connections) = (2, 4, 2);
    let db = Db::connect(config).await.unwrap();
    let nodes = links(&order.keys).unwrap();
    let services = real(services_around(db, Arc::new(ManualClock::at(order.now)), nodes.clone()), nodes);
    let faults = Faults::of(&[(order.step, false, Fault::Crash(order.when))]);
    let runtime = worker_with(services, faults.clone().into_registry(Bench::registry()));
    let stop = CancellationToken::new();
    let job = drive(&runtime, order.job, &stop);
    tokio::select! {
        ended = job => panic!("the worker came to {ended:?} without dying"),
        () = faults.crashed() => {}
    }
    Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_anywhere_leaves_one_running_pod_or_nothing_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let bench = &yard.bench;
    let steps = <super::super::jobs::CreateCloudpod as Saga>::steps().into_list().len();
    let mut cases: Vec<(usize, When)> = (0..steps).flat_map(|step| [(step, When::Before), (step, When::After)]).collect();
    // In the middle of making the pod.
    cases.extend([50, 250, 600].map(|ms| (2, When::Within(ms))));
    let mut pods = Vec::new();
    for (n, &(step, when)) in cases.iter().enumerate() {
        let stack = if n % 2 == 0 { Stack::Wordpress } else { Stack::Php };
        let pod = bench.order(stack, &format!("kill{n}x.example.test")).await.unwrap();
        yard.kill(pod.job, step, when).await;
        assert_eq!((bench.finish(pod.job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Running), "step {step}, {when:?}");
        let (status, page) = yard.page(&pod.domain).await;
        assert!(status == 200 && page.contains("Ana"), "step {step}, {when:?}: {status}");
        pods.push(pod);
    }
    assert_eq!(bench.count("select count(*) from cloud_pods where tenant_id = $1", bench.tenant.0).await, pods.len() as i64);
    // Deleting: killed before and after each step, and in the middle of taking off and of removing.
    let mut cases: Vec<(usize, When)> = (0..4).flat_map(|step| [(step, When::Before), (step, When::After)]).collect();
    cases.extend([(0, When::Within(20)), (2, When::Within(20)), (2, When::Within(60))]);
    for (pod, (step, when)) in pods.iter().zip(cases) {
        let job = bench.delete(pod.id, &pod.name).await.unwrap();
        yard.kill(job, step, when).await;
        assert_eq!((bench.finish(job).await, bench.status(pod.id).await), (JobStatus::Done, PodStatus::Deleted), "step {step}, {when:?}");
        assert_ne!(yard.page(&pod.domain).await.0, 200, "step {step}, {when:?}");
        assert_eq!(yard.left_of(&pod.name).await, "", "left of {} after step {step}, {when:?}", pod.name);
    }
    std::fs::remove_dir_all(&yard.keys).unwrap();
    yard.host.down().await.unwrap();
}
