//! Deploys of websites from git, and their releases.

use super::{cloudpods::Stack, deploy_sources::PollView, previews::PreviewRow};
use crate::{
    Time,
    ids::{CloudPodId, DeployId, JobId, WebsiteId},
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A deploy of a site.
        DeployId,
    }
    permissions {}
    audit {
        /// Where a site is deployed from, or how it is built, was changed.
        SiteSourceChanged = "SITE_SOURCE_CHANGED",
        /// A secret for the push webhook of a site was made; the one before is void.
        SiteWebhookCreated = "SITE_WEBHOOK_CREATED",
        /// The secret of a site's push webhook was deleted: pushes are not accepted any more.
        SiteWebhookDeleted = "SITE_WEBHOOK_DELETED",
        /// A site got another deploy key; the one before is deleted.
        SiteDeployKeyRotated = "SITE_DEPLOY_KEY_ROTATED",
        /// The repository of a site was disconnected: its deploy key and its webhook are deleted.
        SiteSourceDisconnected = "SITE_SOURCE_DISCONNECTED",
        /// The pinned host key of a site's repository was forgotten.
        SiteHostKeyForgotten = "SITE_HOST_KEY_FORGOTTEN",
        /// A new release of a site is live.
        SiteDeployed = "SITE_DEPLOYED",
        /// A site was rolled back to an earlier release.
        SiteRolledBack = "SITE_ROLLED_BACK",
    }
}

crate::text_enum! {
    /// How a deploy goes.
    DeployStatus {
        /// Its job has not begun.
        Queued = "QUEUED",
        /// Its job is at work.
        Running = "RUNNING",
        /// Its release was seen to respond, and became the live one.
        Succeeded = "SUCCEEDED",
        /// It was taken back; what was live before stayed so.
        Failed = "FAILED",
    }
}

crate::text_enum! {
    /// What a deploy was started by.
    DeployTrigger {
        /// A person.
        Manual = "MANUAL",
        /// A push that the repository's host has told of.
        Push = "PUSH",
        /// A person who rolls back to an earlier release.
        Rollback = "ROLLBACK",
        /// A new commit of the branch, which a look at the repository has found.
        Poll = "POLL",
        /// A person who has uploaded an archive.
        Upload = "UPLOAD",
    }
}

/// A release of a site, with what belongs to it: a rollback brings all of it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SiteRelease {
    /// Its name on the server, as `r7`.
    pub name: String,
    /// What of it is served or started, below its folder; empty for the folder itself.
    pub folder: String,
    /// The program that is started; empty for `server.js`. Of Node sites.
    pub start: String,
}

/// What a rollback would change beside the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RollbackPreview {
    /// The deploy whose release becomes live.
    pub deploy: DeployId,
    /// The number of that release.
    pub release: i32,
    /// Its commit.
    pub commit: Option<String>,
    /// Whether it is known what the release was live with. Of releases of before that was kept, the code alone comes back.
    pub is_known: bool,
    /// Settings that change, a line each.
    pub settings: Vec<String>,
    /// Environment variables that change.
    pub variables: Vec<RestoredVariable>,
}

/// An environment variable that a rollback changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoredVariable {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: RestoredChange,
}

crate::text_enum! {
    /// What a rollback does to an environment variable.
    RestoredChange {
        /// It was set since then, and goes.
        Removed = "REMOVED",
        /// It was deleted since then, and comes back.
        Added = "ADDED",
        /// It gets the value that it had then.
        Replaced = "REPLACED",
    }
}

/// Where a site is deployed from, and how it is built, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceInput {
    /// Address of the repository, over SSH or HTTPS.
    pub remote: String,
    /// Its branch.
    pub branch: String,
    /// The folder of the repository that the site is in; empty for all of it.
    pub folder: String,
    /// What builds it; empty where it is served as it is.
    pub build_command: String,
    /// The folder that is served afterwards, below the site's; empty for all of it.
    pub publish: String,
    /// The program that is started; empty for `server.js`. Of Node sites.
    pub start_file: String,
    /// Folders that all releases share, with spaces between them.
    pub shared: String,
}

/// Where a site is deployed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceView {
    /// As it was typed.
    pub input: SourceInput,
    /// The public part of its deploy key.
    pub deploy_key: String,
    /// Whether the repository is read over SSH, where the deploy key counts.
    pub is_ssh: bool,
    /// Fingerprints of the host keys that the repository's server must show; empty before the first fetch.
    pub host_keys: Vec<String>,
    /// When the secret of its push webhook was made; nothing where there is none.
    pub webhook_at: Option<Time>,
    /// Where pushes are told.
    pub webhook_url: String,
}

/// The deploys of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeploysView {
    /// The site.
    pub site: WebsiteId,
    /// The CloudPod that it is in.
    pub cloud_pod: CloudPodId,
    /// Its title.
    pub title: String,
    /// What runs in it.
    pub stack: Stack,
    /// The branch that it is a preview of; nothing for a site of its own.
    pub preview_of: Option<String>,
    /// Whether it can be changed now.
    pub can_change: bool,
    /// Whether a push waits for the CloudPod's current job.
    pub is_push_waiting: bool,
    /// Where it is deployed from; nothing where that is not set.
    pub source: Option<SourceView>,
    /// How its repository is looked at for new commits; nothing where it is not.
    pub poll: Option<PollView>,
    /// The newest deploys, the newest first.
    pub deploys: Vec<DeployRow>,
    /// Its previews, the oldest first.
    pub previews: Vec<PreviewRow>,
}

/// A deploy in the list of its site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeployRow {
    /// The deploy.
    pub id: DeployId,
    /// Its number within its site.
    pub number: i32,
    /// How it goes.
    pub status: DeployStatus,
    /// What it was started by.
    pub trigger: DeployTrigger,
    /// Who started it.
    pub started_by: String,
    /// The commit; nothing before it was fetched.
    pub commit: Option<String>,
    /// First line of the commit's message.
    pub subject: Option<String>,
    /// The number of the release that it has made live; nothing for one that did not.
    pub release: Option<i32>,
    /// Whether that release is the live one.
    pub is_live: bool,
    /// Whether the site can be rolled back to it: it is on the server, and not live.
    pub can_roll_back: bool,
    /// Its job.
    pub job: JobId,
    /// When it was asked for.
    pub created_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// A webhook as it is entered at the repository's host. The secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookSecret {
    /// Where pushes are told.
    pub url: String,
    /// With what they are signed.
    pub secret: String,
}
