//! What travels over the live connection: a job with its log, and the news that an object has changed.

use crate::{
    administration::provisioning::{EventView, JobView},
    ids::{CloudPodId, DomainId, JobId, ServerId},
};
use serde::{Deserialize, Serialize};

/// Message from the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveRequest {
    /// Follow one job.
    Subscribe {
        /// The job.
        job: JobId,
        /// Last line that the browser has; 0 for none.
        after: i64,
        /// Token of the checkout's result page, for buyers without a session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow: Option<String>,
    },
    /// Hear of changes of an object.
    Watch(LiveObject),
}

/// An object whose changes can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveObject {
    /// A CloudPod: its state, its server, its domain.
    CloudPod(CloudPodId),
    /// A server: its status and its agent.
    Server(ServerId),
    /// The DNS zone of a domain: its version, and what its name servers serve.
    DnsZone(DomainId),
}

/// Message from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveMessage {
    /// A line of the log.
    Event(EventView),
    /// The job's status changed.
    Job(Box<JobView>),
    /// The object is followed from now on.
    Watching,
    /// The object changed; fetch it again.
    Changed,
    /// Unknown channel or no access.
    Refused,
}
