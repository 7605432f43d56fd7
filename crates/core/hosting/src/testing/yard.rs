//! A real test host that the panel has enrolled.

use super::Bench;
use crate::artifacts::ArtifactStore;
use adapters::node::{NodeClient, SshConfig, SshNodeClient};
use core_administration::servers::{self, ServerInput};
use engine::{Services, settings::Settings, testing::TestServices};
use model::ids::ServerId;
use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};
use testkit::bed::{Bed, Host};

/// The way to real hosts with the key in this folder.
///
/// # Errors
/// When the agent is not built.
pub fn links(keys: &Path) -> anyhow::Result<Arc<dyn NodeClient>> {
    let program = match env::var_os("MPANEL_NODE_BINARY") {
        Some(path) => PathBuf::from(path),
        None => env::current_exe()?.ancestors().nth(2).map(|folder| folder.join("mpanel-node")).unwrap_or_default(),
    };
    anyhow::ensure!(program.exists(), "{} is missing; build it: cargo build -p mpanel-node", program.display());
    Ok(Arc::new(SshNodeClient::new(SshConfig::new(keys.join("key"), Some("tailscale0".to_owned()), program))?))
}

/// Parts that reach real hosts. Deleted data is kept for no time at all.
pub fn real(services: Services, nodes: Arc<dyn NodeClient>) -> Services {
    let cache =
        env::var_os("MPANEL_CACHE").map_or_else(|| PathBuf::from(env::var_os("HOME").expect("there is a home")).join(".cache/mpanel"), PathBuf::from);
    let settings = Settings { grace: chrono::Duration::zero(), ..(*services.settings).clone() };
    Services { settings: Arc::new(settings), ..services }.with::<dyn NodeClient>(nodes).with(Arc::new(ArtifactStore::new(cache.join("artifacts"))))
}

/// Takes a host into service, as its owner would.
async fn enroll(services: &Services, host: &Host, name: &str) -> ServerId {
    let input = ServerInput { name: name.to_owned(), address: host.address.to_string(), region: "here".to_owned(), site_address: None, tags: vec![] };
    let line = servers::add_from_cli(services, input).await.unwrap();
    host.exec_with(&["bash", "-s"], format!("{}\n", line.command).as_bytes()).await.unwrap();
    servers::enroll_from_cli(services, line.id).await.unwrap();
    line.id
}

/// A real host, and a customer on it.
pub struct Yard {
    /// The host.
    pub host: Host,
    /// The customer.
    pub bench: Bench,
    /// Folder of the panel's SSH key.
    pub keys: PathBuf,
}

impl Yard {
    /// A fresh host, enrolled. None, with a printed line, where no real host can be had.
    pub async fn fresh() -> Option<Self> {
        Self::around(TestServices::new).await
    }

    /// The same with a panel that is made in this way.
    pub async fn around(panel: impl AsyncFnOnce() -> TestServices) -> Option<Self> {
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
        let bench = Bench::with(services, async |services| enroll(&services.services, &host, "web1").await).await;
        // Room for all pods at once, whatever machine the host borrows its memory from.
        sqlx::query("update servers set memory_mb = 100000, disk_mb = 100000, cpu_millis = 100000")
            .execute(&mut bench.services.db.owner().await)
            .await
            .unwrap();
        Some(Self { host, bench, keys })
    }

    /// A second host of the same panel.
    pub async fn another(&self, name: &str) -> (Host, ServerId) {
        let host = Bed::start().await.unwrap().host("more").await.unwrap();
        host.ready().await.unwrap();
        let server = enroll(&self.bench.services.services, &host, name).await;
        sqlx::query("update servers set memory_mb = 100000, disk_mb = 100000, cpu_millis = 100000 where id = $1")
            .bind(server)
            .execute(&mut self.bench.services.db.owner().await)
            .await
            .unwrap();
        (host, server)
    }

    /// Takes everything down.
    pub async fn down(self) {
        std::fs::remove_dir_all(&self.keys).unwrap();
        self.host.down().await.unwrap();
    }

    /// Status and body of the front page of this domain.
    pub async fn page(&self, domain: &str) -> (u16, String) {
        let page = self.bench.services.services.http.get(format!("http://{}/", self.host.address)).header("host", domain).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }
}
