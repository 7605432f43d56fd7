//! The real way to servers: SSH over the tailnet, one multiplexed connection per server.

mod address;
mod agent_binary;
mod connect;
mod dial;
mod download;
mod enrollment;
mod install;
mod key;
mod pool;
mod pump;
mod session;
mod upload;

#[cfg(test)]
mod tests;

pub use address::{NotTailnet, TailnetAddr};
pub(crate) use agent_binary::checksum;
pub(crate) use key::as_host_key;
pub use key::{fingerprint, new_key_pair};

use crate::node::{AgentRelease, CallOptions, HostKey, NodeClient, NodeError, ServerTarget};
use agent_binary::AgentBinary;
use async_trait::async_trait;
use connect::Handshake;
use dial::{Dial, Stream, TailnetDial};
use model::ids::ServerId;
use pool::ConnectionPool;
use russh::keys::{PrivateKey, PublicKey};
use session::{InFlightRequest, Session, SessionClosed};
use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};
use wire::{
    Key,
    message::{Failure, FailureKind},
    verb::{Reply, Verb},
};

/// How long the panel waits, beyond a request's deadline, for the server's own word about it.
const GRACE: Duration = Duration::from_secs(1);

/// What the links need to know.
#[derive(Clone, Debug)]
pub struct SshConfig {
    /// The panel's private key; made at the first start.
    pub key_path: PathBuf,
    /// The tailnet's interface (`tailscale0`): sockets are bound to it. Binding needs root or `CAP_NET_RAW`.
    pub interface: Option<String>,
    /// How long a connection may take, from the first packet to the program's hello.
    pub connect_timeout: Duration,
    /// The `mpanel-node` that is shipped to servers.
    pub node_binary: PathBuf,
}

impl SshConfig {
    /// With 10 seconds for a connection.
    pub const fn new(key_path: PathBuf, interface: Option<String>, node_binary: PathBuf) -> Self {
        Self { key_path, interface, connect_timeout: Duration::from_secs(10), node_binary }
    }
}

/// The links to all servers.
pub struct SshNodeClient {
    key: Arc<PrivateKey>,
    program: AgentBinary,
    dial: Arc<dyn Dial>,
    connect_timeout: Duration,
    pool: ConnectionPool,
}

impl SshNodeClient {
    /// Reads the key, or makes it, and the program. Connections are made when they are needed.
    ///
    /// # Errors
    /// When a file cannot be read, or the key is open to other users.
    pub fn new(config: SshConfig) -> anyhow::Result<Self> {
        let dial = Arc::new(TailnetDial { interface: config.interface.clone() });
        Self::over(dial, &config)
    }

    fn over(dial: Arc<dyn Dial>, config: &SshConfig) -> anyhow::Result<Self> {
        Ok(Self {
            key: Arc::new(key::load_or_make(&config.key_path)?),
            program: AgentBinary::read(&config.node_binary)?,
            dial,
            connect_timeout: config.connect_timeout,
            pool: ConnectionPool::default(),
        })
    }

    /// The panel's public key, `ssh-ed25519 AAAA…`.
    pub fn public_key(&self) -> String {
        key::two_words(self.key.public_key())
    }

    /// Limits everything up to the hello to the time a connection may take.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, NodeError>>) -> Result<T, NodeError> {
        let late = |_| Err(NodeError::Unreachable(format!("no response within {} s", self.connect_timeout.as_secs())));
        timeout(self.connect_timeout, work).await.unwrap_or_else(late)
    }

    async fn stream(&self, address: &str) -> Result<Box<dyn Stream>, NodeError> {
        let address: TailnetAddr = address.parse().map_err(|error: NotTailnet| refused(error.to_string()))?;
        self.dial.dial(address).await.map_err(|error| NodeError::Unreachable(error.to_string()))
    }

    async fn open(&self, target: &ServerTarget) -> Result<Handshake, NodeError> {
        let Some(pinned) = &target.host_key else {
            return Err(refused("no pinned host key; enroll the server first"));
        };
        let pinned = PublicKey::from_openssh(pinned).map_err(|error| refused(format!("the pinned host key cannot be read: {error}")))?;
        self.in_time(async { connect::open(self.stream(&target.address).await?, &pinned, Arc::clone(&self.key)).await }).await
    }

    /// The living connection to a server, or a new one. Who comes while another connects waits and shares the outcome.
    async fn session(&self, target: &ServerTarget) -> Result<Arc<Session>, NodeError> {
        let connection = self.pool.of(target.id);
        connection
            .session(target, || async {
                match self.open(target).await? {
                    Handshake::Agent(channel, hello) => Ok(Session::start(channel, hello, pool::connection_key(target))),
                    Handshake::Bootstrap(..) => Err(NodeError::Failed(
                        Failure::new(FailureKind::Missing, "mpanel-node is not installed").with_remedy("enroll the server again"),
                    )),
                }
            })
            .await
    }

    /// Sends a request; a connection that had ended before anything was sent is replaced once.
    async fn begin(&self, target: &ServerTarget, verb: Verb, options: &CallOptions, until: Instant) -> Result<InFlightRequest, NodeError> {
        let key = Key::new(options.key.clone()).map_err(|error| refused(error.to_string()))?;
        for _ in 0..2 {
            let session = self.session(target).await?;
            session.hello.knows(&verb, &target.address)?;
            match session.begin(verb.clone(), key.clone(), until, options.lines.clone()).await {
                Ok(running) => return Ok(running),
                Err(SessionClosed) => continue,
            }
        }
        Err(NodeError::Unreachable("connection lost".to_owned()))
    }
}

/// Runs `work` until the deadline and a moment longer. Work that is not done then is dropped, which cancels it.
async fn with_deadline<T>(until: Instant, work: impl Future<Output = Result<T, NodeError>>) -> Result<T, NodeError> {
    let late = |_| Err(NodeError::Failed(Failure::new(FailureKind::Deadline, "the server did not respond in time; the request was cancelled")));
    timeout_at(until + GRACE, work).await.unwrap_or_else(late)
}

fn refused(message: impl Into<String>) -> NodeError {
    NodeError::Failed(Failure::new(FailureKind::Refused, message))
}

#[async_trait]
impl NodeClient for SshNodeClient {
    async fn call(&self, target: &ServerTarget, verb: Verb, options: CallOptions) -> Result<Reply, NodeError> {
        let until = Instant::now() + options.deadline;
        with_deadline(until, async { self.begin(target, verb, &options, until).await?.answer().await }).await
    }

    async fn upload(&self, target: &ServerTarget, verb: Verb, file: &Path, options: CallOptions) -> Result<Reply, NodeError> {
        let until = Instant::now() + options.deadline;
        with_deadline(until, upload::send(self, target, verb, file, &options, until)).await
    }

    async fn download(&self, target: &ServerTarget, verb: Verb, to: mpsc::Sender<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        let until = Instant::now() + options.deadline;
        with_deadline(until, download::receive(self, target, verb, to, &options, until)).await
    }

    async fn feed(&self, target: &ServerTarget, verb: Verb, from: mpsc::Receiver<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        let until = Instant::now() + options.deadline;
        with_deadline(until, upload::feed(self, target, verb, from, &options, until)).await
    }

    async fn host_key(&self, address: &str) -> Result<HostKey, NodeError> {
        self.in_time(async { connect::fetch_host_key(self.stream(address).await?).await }).await
    }

    fn enrollment_command(&self) -> String {
        enrollment::command(&self.program, &self.public_key())
    }

    fn agent(&self) -> AgentRelease {
        // Panel and agent are built and shipped together.
        AgentRelease { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: self.program.sha256.to_string() }
    }

    async fn install_program(&self, target: &ServerTarget) -> Result<String, NodeError> {
        install::install(self, target).await
    }

    async fn forget(&self, server: ServerId) {
        self.pool.forget(server).await;
    }
}
