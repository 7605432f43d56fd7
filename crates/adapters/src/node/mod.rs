//! The way to `mpanel-node` on a server: typed requests over one multiplexed connection.

pub mod router;
pub mod simulated;
pub mod ssh;

pub use router::NodeRouter;
pub use simulated::SimulatedNodeClient;
pub use ssh::{NotTailnet, SshConfig, SshNodeClient, TailnetAddr, fingerprint};

use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::{
    message::Level,
    verb::{Reply, Verb},
};

/// Where a server is and which host key it must show.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerTarget {
    /// The server's id; names its connection.
    pub id: model::ids::ServerId,
    /// Address on the tailnet, or nothing for a simulated server.
    pub address: String,
    /// The pinned host key in OpenSSH form (`ssh-ed25519 AAAA…`).
    pub host_key: Option<String>,
    /// A simulation instead of a machine.
    pub simulated: bool,
}

/// One line that a server says while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLogLine {
    /// How serious it is.
    pub level: Level,
    /// The line.
    pub line: String,
}

/// How a request is made.
pub struct CallOptions {
    /// After this the work is stopped, on the server too.
    pub deadline: Duration,
    /// Names the intention for repeats, such as `<job>/<step>`.
    pub key: String,
    /// Where the server's lines go.
    pub lines: Option<mpsc::UnboundedSender<NodeLogLine>>,
}

/// Why a server did not do it.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// It shows another host key than the pinned one. Nothing was sent.
    #[error("host key mismatch: got {shown}")]
    HostKeyChanged {
        /// Fingerprint that it shows.
        shown: String,
    },
    /// It cannot be reached, or the connection was lost.
    #[error("server unreachable: {0}")]
    Unreachable(String),
    /// Its program answered that it did not work.
    #[error("{0}")]
    Failed(wire::message::Failure),
    /// Its agent is older than this panel and lacks what is asked for. Nothing was sent.
    #[error("the agent on {server} (version {version}) {lacks}; wait for the agent rollout, or see on the servers' page why it stopped")]
    AgentOutdated {
        /// The server's address.
        server: String,
        /// Version of the agent there.
        version: String,
        /// What it lacks.
        lacks: String,
    },
    /// A new agent was tried on it and did not work; it has the one before again.
    #[error("the new agent did not work and the one before was put back: {why}")]
    AgentRolledBack {
        /// What the new one did.
        why: String,
    },
    /// Its agent says what no agent should.
    #[error("agent protocol error: {0}")]
    Protocol(String),
}

impl NodeError {
    /// Whether the same request can succeed later without anyone changing it.
    pub fn is_retryable(&self) -> bool {
        match self {
            // The rollout brings the agent to this panel's version without anybody's help.
            NodeError::Unreachable(_) | NodeError::AgentOutdated { .. } => true,
            NodeError::Failed(failure) => failure.kind.is_retryable(),
            NodeError::HostKeyChanged { .. } | NodeError::AgentRolledBack { .. } | NodeError::Protocol(_) => false,
        }
    }
}

/// A version of `mpanel-node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRelease {
    /// Its version, for people.
    pub version: String,
    /// Its checksum, which tells it apart from every other.
    pub sha256: String,
}

/// A host key as a server shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// OpenSSH form.
    pub line: String,
    /// `SHA256:…`.
    pub fingerprint: String,
}

/// The way to all servers.
///
/// Dropping the future of a call cancels the work on the server.
#[async_trait]
pub trait NodeClient: Send + Sync + 'static {
    /// Asks a server for one thing.
    async fn call(&self, target: &ServerTarget, verb: Verb, options: CallOptions) -> Result<Reply, NodeError>;

    /// Asks for one thing whose verb carries a file: sends the file behind it.
    async fn upload(&self, target: &ServerTarget, verb: Verb, file: &std::path::Path, options: CallOptions) -> Result<Reply, NodeError>;

    /// Asks for one thing whose answer comes in pieces: they go to `to` while it takes them, and the end of it is the answer.
    async fn download(&self, target: &ServerTarget, verb: Verb, to: mpsc::Sender<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError>;

    /// Asks for one thing whose verb takes a stream of unknown length: what comes from `from`. An empty piece is its end; a sender that goes
    /// away without one has broken off, and the work is stopped.
    async fn feed(&self, target: &ServerTarget, verb: Verb, from: mpsc::Receiver<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError>;

    /// Looks at the host key of an address without sending anything to it.
    async fn host_key(&self, address: &str) -> Result<HostKey, NodeError>;

    /// The one line that lets this panel in, to be run on the server as root. It names the program and its checksum.
    fn enrollment_command(&self) -> String;

    /// The agent that this panel ships.
    fn agent(&self) -> AgentRelease;

    /// Puts the agent on a server whose enrollment line was run, or replaces an older one. Answers with its version.
    /// One that does not work is replaced by the one before: [`NodeError::AgentRolledBack`].
    async fn install_program(&self, target: &ServerTarget) -> Result<String, NodeError>;

    /// Ends the connection to a server, so that the next call makes a new one.
    async fn forget(&self, server: model::ids::ServerId);
}
