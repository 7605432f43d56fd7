//! The JSON messages inside the frames.

use serde::{Deserialize, Serialize};

use crate::Key;
use crate::verb::{Reply, Verb};

/// Panel to server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "a message lives for moments; a box would only make it harder to take apart")]
pub enum ToNode {
    /// Asks for one thing. Ids are chosen by the panel and unique within the session.
    Request {
        /// Number by which log, progress and result are matched.
        id: u64,
        /// Milliseconds from arrival after which the work is stopped on the server.
        deadline_ms: u64,
        /// Names the intention, for repeats after a lost link.
        key: Key,
        /// What to do.
        verb: Verb,
        /// How much of its download the panel takes before it gives credit. A panel that names it knows credit; only sent to an
        /// agent whose hello names a window too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<u64>,
    },
    /// The panel has taken so many bytes of a download and has room for as many more.
    Credit {
        /// The request whose answer is streamed.
        id: u64,
        /// Bytes on top of what it may still send.
        bytes: u64,
    },
    /// Stops a request; its result still comes (normally [`FailureKind::Cancelled`]).
    Cancel {
        /// The request to stop.
        id: u64,
    },
}

/// Server to panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a message lives for moments; a box would only make it harder to take apart")]
pub enum FromNode {
    /// First message of every session.
    Hello {
        /// Version of the program.
        version: String,
        /// Version of the exchange; see [`crate::PROTOCOL`].
        protocol: u32,
        /// Changes with every start of the machine.
        boot_id: String,
        /// Names of the verbs that it knows; see [`Verb::NAMES`]. It is sent no others.
        #[serde(default = "crate::verb::unlisted")]
        verbs: Vec<String>,
        /// How much of each upload it takes before it gives credit. One of before gives none and takes what the channel carries.
        #[serde(default)]
        window: Option<u64>,
    },
    /// One line for people.
    Log {
        /// The request it belongs to.
        id: u64,
        /// How serious it is.
        level: Level,
        /// Plain text without line breaks and without secrets.
        line: String,
    },
    /// How far a long request has come.
    Progress {
        /// The request it belongs to.
        id: u64,
        /// What is counted, as `bytes` or `steps`.
        what: String,
        /// How many are done.
        done: u64,
        /// How many there are.
        total: u64,
    },
    /// The agent has taken so many bytes of an upload and has room for as many more.
    Credit {
        /// The request whose file is streamed.
        id: u64,
        /// Bytes on top of what may still be sent.
        bytes: u64,
    },
    /// The end of a request; nothing follows for its id.
    Done {
        /// The request it belongs to.
        id: u64,
        /// The answer, or why there is none.
        result: Result<Reply, Failure>,
    },
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something was done.
    Info,
    /// Something is unusual, work goes on.
    Warn,
    /// Something failed.
    Error,
}

/// Why a request ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of end it was; decides whether a retry makes sense.
    pub kind: FailureKind,
    /// For people; no secrets.
    pub message: String,
    /// What a person can do about it, when that is known.
    pub remedy: Option<String>,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The request itself is wrong; a retry cannot help.
    Invalid,
    /// The server or one of its services refused; a person must change something first.
    Refused,
    /// Something the request needs is not there (artifact, package, pod).
    Missing,
    /// The deadline passed; the work was stopped.
    Deadline,
    /// Cancelled by the panel, or the session ended.
    Cancelled,
    /// Too much is running; try again later.
    Busy,
    /// A fault of the program or the machine; a retry may help.
    Internal,
}

impl FailureKind {
    /// True when the same request can succeed later without anyone changing it.
    pub fn is_retryable(self) -> bool {
        // Who stops a request does not wait for its answer: to whoever hears of it, it was stopped with somebody else's.
        matches!(self, Self::Deadline | Self::Busy | Self::Internal | Self::Cancelled)
    }
}

impl Failure {
    /// A failure without a remedy.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), remedy: None }
    }

    /// The same failure with a remedy.
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, ". Fix: {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
