//! What a pod is, as measured on its server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DomainName, PodName, SiteName};

/// A pod as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Its name.
    pub pod: PodName,
    /// All parts together.
    pub standing: PodCondition,
    /// Each part by itself.
    pub parts: Vec<Part>,
    /// What it uses now.
    pub usage: Usage,
    /// The page of each site as the server itself gets it, where a virtual host answers. A site that is asleep is not asked: that would wake it.
    pub sites: BTreeMap<SiteName, SiteAnswer>,
    /// The sites whose programs are stopped because nobody visits them, and since when, in seconds since 1970 by the server's clock. Left out where
    /// there are none, as by agents of before sites could sleep.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asleep: BTreeMap<SiteName, u64>,
}

/// All parts of a pod together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodCondition {
    /// Nothing of it is on the server.
    Absent,
    /// Every part is as it should be and the sites answer.
    Running,
    /// Off on purpose: visitors get a neutral page with status 503, nothing runs, everything is kept.
    Suspended,
    /// Stopped, its data kept.
    Held,
    /// Some part is missing or wrong.
    Broken,
}

/// One part of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which, as `user` or `pod-a1-php.service`.
    pub name: String,
    /// How it is.
    pub state: PartState,
    /// For people.
    pub detail: String,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// As it should be.
    Good,
    /// Not there.
    Missing,
    /// There, and not as it should be.
    Wrong,
}

/// What a pod uses now. `None` where the machine gives no figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes of memory in its slice, page cache included.
    pub memory_bytes: Option<u64>,
    /// Processor time since its slice began, in microseconds.
    pub cpu_usec: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u64>,
    /// Bytes on disk.
    pub disk_bytes: Option<u64>,
    /// Most bytes on disk.
    pub disk_limit_bytes: Option<u64>,
}

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteAnswer {
    /// HTTP status.
    pub status: u16,
    /// Text of `<title>`, entities resolved, when there is one.
    pub title: Option<String>,
    /// Bytes of the body that were read (at most 256 KiB).
    pub bytes: u64,
    /// Milliseconds until the body was read.
    pub ms: u64,
}

/// One pod in the list of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodSummary {
    /// Its name.
    pub pod: PodName,
    /// Its sites.
    pub sites: Vec<SiteSummary>,
    /// True when it was stopped and its data kept.
    pub held: bool,
    /// True when an apply began and did not end.
    pub unfinished: bool,
}

/// One site in the list of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSummary {
    /// Its name within the pod.
    pub name: SiteName,
    /// `static`, `php`, `node` or `wordpress`.
    pub stack: String,
    /// Names it answers to.
    pub domains: Vec<DomainName>,
}
