//! What travels over the live connection: jobs with their logs, logs of sites, and the news that objects have changed. One
//! connection carries many channels; the browser numbers them.

use crate::{
    administration::provisioning::{EventView, JobView},
    hosting::site_logs::{LogFollow, SiteLogPart},
    ids::{CloudPodId, DomainId, JobId, ServerId},
};
use serde::{Deserialize, Serialize};

/// Most channels of one connection.
pub const MAX_CHANNELS: usize = 32;

/// Message from the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveRequest {
    /// Follow something more.
    Subscribe {
        /// The number that its news carry; one that is in use stands for the new channel from now on.
        channel: u32,
        /// What is followed, and what the browser has of it.
        to: LiveTopic,
    },
    /// Follow one thing no longer.
    Unsubscribe {
        /// Its number.
        channel: u32,
    },
}

/// What a channel is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveTopic {
    /// A job and its log.
    Job {
        /// The job.
        job: JobId,
        /// Last line that the browser has; 0 for none.
        after: i64,
        /// Token of the checkout's result page, for buyers without a session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow: Option<String>,
    },
    /// Changes of an object.
    Object(LiveObject),
    /// A log of a site.
    Log(LogFollow),
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
pub struct LiveMessage {
    /// The channel that it is about.
    pub channel: u32,
    /// What is new.
    pub news: LiveNews,
}

/// What is new of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveNews {
    /// A line of the log.
    Event(EventView),
    /// The job's status changed.
    Job(Box<JobView>),
    /// The object is followed from now on.
    Watching,
    /// The object changed; fetch it again.
    Changed,
    /// What the followed log has that the browser does not; nothing new at first, once it is followed.
    Log(Box<SiteLogPart>),
    /// The followed log cannot be read now, and why. It is tried again.
    LogFailed(String),
    /// Unknown, no access, or too many follow it: the channel has ended.
    Refused,
}
