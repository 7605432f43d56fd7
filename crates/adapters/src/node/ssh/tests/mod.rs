mod addresses;
mod bootstrap;
mod handshake;
mod host;
mod identity;
mod program;
mod requests;
mod streams;
mod transfer;
mod upgrade;

use super::{SshConfig, SshNodeClient};
use crate::node::{CallOptions, ServerTarget};
use host::Host;
use model::ids::ServerId;
use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-links-{}-{:x}", std::process::id(), rand::random::<u64>()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Links that reach one host in this process.
struct Bench {
    host: Host,
    links: Arc<SshNodeClient>,
    target: ServerTarget,
    folder: Folder,
}

impl Bench {
    /// A host that runs `mpanel-node` with these bytes, and links that ship the same.
    fn new() -> Self {
        let folder = Folder::new();
        let binary = folder.file("mpanel-node", b"the program, version 2");
        Self::with(Host::running(b"the program, version 2"), folder, &binary)
    }

    fn with(host: Host, folder: Folder, binary: &Path) -> Self {
        let config =
            SshConfig { key_path: folder.0.join("key"), interface: None, connect_timeout: Duration::from_secs(5), node_binary: binary.to_owned() };
        let links = Arc::new(SshNodeClient::over(Arc::new(host.clone()), &config).unwrap());
        host.admit(links.public_key());
        let target =
            ServerTarget { id: ServerId(uuid_like()), address: "100.64.0.9".to_owned(), host_key: Some(host.public_key()), simulated: false };
        Self { host, links, target, folder }
    }
}

fn uuid_like() -> uuid::Uuid {
    uuid::Uuid::from_u128(rand::random())
}

fn within(seconds: u64) -> CallOptions {
    CallOptions { deadline: Duration::from_secs(seconds), key: format!("test/{:x}", rand::random::<u64>()), lines: None }
}

/// Waits, for a few seconds at most, until something holds.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen: {what}");
}
