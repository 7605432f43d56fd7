//! The sagas on a real host.

use super::world::Bench;
use crate::{
    Services,
    administration::servers::{self, ServerInput},
    clock::ManualClock,
    hosting::artifacts::ArtifactStore,
    saga::{
        contract::{Fault, Faults, When, worker_with},
        drive,
    },
    settings::Settings,
    testing::{TestServices, services_around},
};
use adapters::node::{NodeLinks, SshConfig, SshLinks};
use db::{AuditKey, Db, DbConfig, LoginUrls};
use model::{Time, ids::JobId};
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
#[path = "../../../../../../testkit/src/bed.rs"]
mod bed;
mod database;
mod killed;
mod silence;
mod trouble;

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
    let cache =
        env::var_os("MPANEL_CACHE").map_or_else(|| PathBuf::from(env::var_os("HOME").expect("there is a home")).join(".cache/mpanel"), PathBuf::from);
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
        Self::around(TestServices::new).await
    }

    /// The same with a panel that is made in this way.
    async fn around(panel: impl AsyncFnOnce() -> TestServices) -> Option<Self> {
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
        let host = bed.host("pods").await.unwrap();
        host.ready().await.unwrap();
        let mut services = panel().await;
        services.services = real(services.services, nodes);
        let bench = Bench::with(services, async |services| {
            let input = ServerInput {
                name: "web1".to_owned(),
                address: host.address.to_string(),
                region: "here".to_owned(),
                site_address: None,
                tags: vec![],
            };
            let line = servers::add_unattended(&services.services, input).await.unwrap();
            host.exec_with(&["bash", "-s"], format!("{}\n", line.command).as_bytes()).await.unwrap();
            servers::enrol_unattended(&services.services, line.id).await.unwrap();
            line.id
        })
        .await;
        // Room for all pods at once, whatever machine the host borrows its memory from.
        sqlx::query("update servers set memory_mb = 100000, disk_mb = 100000, cpu_millis = 100000")
            .execute(&mut bench.services.db.owner().await)
            .await
            .unwrap();
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

    /// Takes everything down.
    async fn down(self) {
        std::fs::remove_dir_all(&self.keys).unwrap();
        self.host.down().await.unwrap();
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
            grep -rl \"$1\" /etc/nginx /etc/systemd /etc/fstab /etc/cron* 2>/dev/null";
        self.host.exec(&["sh", "-c", script, "sh", name]).await.unwrap().stdout
    }
}

/// Not a test but a worker, when another test starts this program with an order: it dies where the order says.
#[tokio::test]
async fn a_worker_that_is_to_die() {
    let Ok(order) = env::var(ORDER) else { return };
    let order: Order = serde_json::from_str(&order).unwrap();
    let mut config = DbConfig::new(LoginUrls { web: order.web, ops: order.ops }, AuditKey::new([7; 32]));
    (config.web_connections, config.ops_connections, config.jobs_connections, config.wakeup_connections) = (2, 4, 2, 2);
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
