//! The sagas on a real host.

use crate::testing::{Bench, Yard, links, real};
use db::{AuditKey, Db, DbConfig, LoginUrls};
use engine::{
    clock::ManualClock,
    saga::{
        contract::{Fault, Faults, When, worker_with},
        run_job,
    },
    testing::services_around,
};
use model::{Time, ids::JobId};
use serde::{Deserialize, Serialize};
use std::{
    env,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

mod database;
mod drift;
mod killed;
mod migrate;
mod restart;
mod runtimes;
mod scale;
mod suspension;
mod trouble;

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

impl Yard {
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

    /// Everything on the host that carries one of these names.
    async fn left_of(&self, name: &str) -> String {
        let script = "find /etc /run /srv /var /tmp /home /usr/local -name \"*$1*\" -not -path '/var/log/*' 2>/dev/null
            grep \"$1\" /etc/passwd /etc/group /proc/self/mountinfo
            systemctl list-units --all --plain --no-legend | grep \"$1\" | grep --invert-match --extended-regexp 'not-found +inactive|[.]slice +loaded +inactive'
            grep -rl \"$1\" /etc/nginx /etc/systemd /etc/fstab /etc/cron* 2>/dev/null";
        let began = Instant::now();
        loop {
            // systemd forgets units that are gone a moment later. A name of which it has neither a file nor a process can stay in its memory.
            let left = self.host.exec(&["sh", "-c", script, "sh", name]).await.unwrap().stdout;
            if left.is_empty() || began.elapsed() > Duration::from_secs(30) {
                return left;
            }
        }
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
    let job = run_job(&runtime, order.job, &stop);
    tokio::select! {
        ended = job => panic!("the worker came to {ended:?} without dying"),
        () = faults.crashed() => {}
    }
    Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
}
