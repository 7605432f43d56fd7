//! The links against real hosts: enrolled by the line, worked on by the real program, cut off, and back.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "the bed can do more than these tests need")]
#[path = "../../../testkit/src/bed.rs"]
mod bed;
mod enrollment;
mod pods;
mod streams;
mod trouble;
mod upgrade;

use bed::{Bed, Host};
use model::ids::ServerId;
use mpanel_adapters::node::{CallOptions, NodeClient, ServerTarget, SshConfig, SshNodeClient};
use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use wire::{
    ArtifactName, DbName, DomainName, Email, LoginName, PodName, PodUid, Secret, Sha256, SiteName, SiteUrl, Title,
    spec::{ArtifactRef, Database, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack},
    verb::{ArtifactKind, ArtifactPut, Call},
};

/// One real host and the links of one panel.
struct Yard {
    host: Host,
    links: Arc<SshNodeClient>,
    target: ServerTarget,
    keys: PathBuf,
}

impl Yard {
    /// A fresh host, not enrolled. None, with a printed line, where no real host can be had.
    async fn fresh(label: &str) -> Option<Self> {
        let parts = async { anyhow::Ok((program()?, Bed::start().await?)) };
        let (node_binary, bed) = match parts.await {
            Ok(parts) => parts,
            // A machine that is meant to have hosts (CI) must not pass by skipping.
            Err(error) if env::var_os("MPANEL_BED_REQUIRED").is_some() => panic!("{error:#}"),
            Err(error) => {
                println!("skipped: {error:#}");
                return None;
            }
        };
        let host = bed.host(label).await.unwrap();
        host.ready().await.unwrap();
        let keys = env::temp_dir().join(format!("mpanel-yard-{}", host.name));
        let interface = Some("tailscale0".to_owned());
        let links = Arc::new(SshNodeClient::new(SshConfig::new(keys.join("key"), interface, node_binary)).unwrap());
        let address = host.address.to_string();
        let shown = links.host_key(&address).await.unwrap();
        let target = ServerTarget { id: ServerId(uuid::Uuid::from_u128(rand::random())), address, host_key: Some(shown.line), simulated: false };
        Some(Self { host, links, target, keys })
    }

    /// A host on which the line was run and the program is.
    async fn enrolled(label: &str) -> Option<Self> {
        let yard = Self::fresh(label).await?;
        yard.run_line().await;
        yard.links.install_program(&yard.target).await.unwrap();
        Some(yard)
    }

    /// What the admin does: pastes the line into root's shell.
    async fn run_line(&self) {
        let line = format!("{}\n", self.links.enrollment_command());
        let output = self.host.exec_with(&["bash", "-s"], line.as_bytes()).await.unwrap();
        assert_eq!(output.stdout.trim(), "mPanel can now connect to this server.", "{output:?}");
    }

    async fn ask<C: Call>(&self, call: C, seconds: u64) -> C::Reply {
        let reply = self.links.call(&self.target, call.into(), within(seconds)).await.unwrap();
        C::read(reply).unwrap()
    }

    /// Ships an artifact from this machine's cache; None where it was not built.
    async fn ship(&self, name: &str, kind: ArtifactKind) -> Option<ArtifactRef> {
        let cache = env::var_os("MPANEL_CACHE").map_or_else(|| PathBuf::from(env::var_os("HOME").unwrap()).join(".cache/mpanel"), PathBuf::from);
        let folder = cache.join("artifacts");
        let Ok(manifest) = std::fs::read(folder.join(format!("{name}.json"))) else {
            assert!(env::var_os("MPANEL_BED_REQUIRED").is_none(), "the artifact {name} is not built");
            println!("skipped: the artifact {name} is not built");
            return None;
        };
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let wanted = ArtifactRef { name: ArtifactName::new(name).unwrap(), sha256: Sha256::new(manifest["sha256"].as_str().unwrap()).unwrap() };
        let put = ArtifactPut { name: wanted.name.clone(), kind, sha256: wanted.sha256.clone(), size: manifest["size"].as_u64().unwrap() };
        let file = folder.join(manifest["file"].as_str().unwrap());
        let began = std::time::Instant::now();
        self.links.upload(&self.target, put.into(), &file, within(120)).await.unwrap();
        println!("{name}: {} bytes in {:?}", manifest["size"], began.elapsed());
        Some(wanted)
    }

    /// The page as a visitor gets it.
    async fn page(&self, host: &str) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect((self.host.address, 80)).await.unwrap();
        stream.write_all(format!("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.keys);
    }
}

/// `mpanel-node`, built before.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(path) = env::var_os("MPANEL_NODE_BINARY") {
        return Ok(path.into());
    }
    let beside = env::current_exe()?.ancestors().nth(2).map(|folder| folder.join("mpanel-node")).unwrap_or_default();
    anyhow::ensure!(Path::new(&beside).exists(), "{} is missing; build it: cargo build -p mpanel-node", beside.display());
    Ok(beside)
}

fn within(seconds: u64) -> CallOptions {
    CallOptions { deadline: Duration::from_secs(seconds), key: format!("test/{:x}", rand::random::<u64>()), lines: None }
}

fn limits() -> Limits {
    Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 512, tasks: 64 }
}

/// A number for a pod's user that no other pod of these tests has.
fn uid() -> PodUid {
    static NEXT: AtomicU32 = AtomicU32::new(PodUid::FIRST);
    PodUid::new(NEXT.fetch_add(1, Ordering::SeqCst)).unwrap()
}

fn pod(name: &str, stack: Stack) -> PodSpec {
    PodSpec {
        pod: PodName::new(name).unwrap(),
        uid: uid(),
        limits: limits(),
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        sites: vec![SiteSpec {
            name: SiteName::new("main").unwrap(),
            domains: vec![DomainName::new(format!("{name}.example.test")).unwrap()],
            stack,
            runtime: None,
            source: None,
            certificate: None,
            stopped: false,
            settings: Default::default(),
            release: None,
            environment: Vec::new(),
            cron_jobs: Vec::new(),
            sleep_after_minutes: None,
        }],
        databases: Vec::new(),
        hand_edits: Default::default(),
    }
}

fn static_pod(name: &str, title: &str) -> PodSpec {
    pod(name, Stack::Static { title: Title::new(title).unwrap() })
}

fn wordpress_pod(name: &str, title: &str, runtime: ArtifactRef, source: ArtifactRef) -> PodSpec {
    let database = Database {
        name: DbName::new(format!("{name}_db")).unwrap(),
        user: DbName::new(format!("{name}_user")).unwrap(),
        password: Secret::new("another-password-22").unwrap(),
    };
    let stack = Stack::Wordpress {
        title: Title::new(title).unwrap(),
        admin_email: Email::new("ana@example.com").unwrap(),
        admin_user: LoginName::new("ana").unwrap(),
        admin_password: Secret::new("a-long-password-1").unwrap(),
        url: SiteUrl::new(format!("http://{name}.example.test")).unwrap(),
        database: database.name.clone(),
    };
    let mut spec = pod(name, stack);
    (spec.sites[0].runtime, spec.sites[0].source) = (Some(runtime), Some(source));
    PodSpec { databases: vec![database], ..spec }
}
