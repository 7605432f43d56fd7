//! The difference between what should be and what is, on the real machine.

use serde::{Deserialize, Serialize};

use crate::spec::Limits;

/// What an apply or a removal would do, or did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order in which they are done.
    pub changes: Vec<Change>,
    /// Files of the pod that other hands have changed.
    #[serde(default)]
    pub edits: Vec<HandEdit>,
    /// What a running pod may use as the server has it now; nothing where one of the limits is off.
    #[serde(default)]
    pub found: Option<Limits>,
}

/// A file that the server's program writes and other hands have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandEdit {
    /// Its place on the server.
    pub path: String,
    /// Whether it is left as it is. If not, it is replaced, and the server keeps a copy.
    pub kept: bool,
}

/// One part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What happens.
    pub op: Op,
    /// To which part, as `user` or `nginx`.
    pub what: String,
    /// For people, as `CPUQuota=200% MemoryMax=4096M`.
    pub detail: String,
}

/// What happens to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is not there and will be made.
    Add,
    /// It is there and differs.
    Change,
    /// It is there and will go.
    Remove,
    /// It is as it should be.
    Keep,
}

impl Op {
    /// Label for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Keep => "keep",
        }
    }
}

impl Plan {
    /// True when nothing is to be done.
    pub fn is_noop(&self) -> bool {
        self.changes.iter().all(|change| change.op == Op::Keep)
    }

    /// The parts that differ.
    pub fn differences(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.op != Op::Keep)
    }
}
