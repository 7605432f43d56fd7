//! Previews of branches: sites of their own beside the one that they are previews of, thrown away by themselves.

use super::websites::SiteStatus;
use crate::{
    Time,
    ids::{JobId, WebsiteId},
};
use serde::{Deserialize, Serialize};

/// Most previews that a site has at a time.
pub const MAX_PREVIEWS: i64 = 3;
/// Days without a push or a deploy after which a preview is deleted.
pub const PREVIEW_DAYS: i64 = 14;
/// The name that visitors of a preview enter.
pub const PREVIEW_USER: &str = "preview";

crate::module! {
    ids {}
    permissions {}
    audit {
        /// A preview of a branch of a site was asked for.
        PreviewRequested = "PREVIEW_REQUESTED",
        /// The password of a preview was shown.
        PreviewPasswordShown = "PREVIEW_PASSWORD_SHOWN",
    }
}

/// A preview in the list of its site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewRow {
    /// The site that it is.
    pub id: WebsiteId,
    /// The branch that it shows.
    pub branch: String,
    /// Its name.
    pub domain: String,
    /// Where it is reached.
    pub url: String,
    /// How far it is.
    pub status: SiteStatus,
    /// Whether the branch was deployed to it; before, it shows the page of a new site.
    pub is_deployed: bool,
    /// Whether a push waits for its deploy.
    pub is_push_waiting: bool,
    /// Its latest job, if it is still known.
    pub job: Option<JobId>,
    /// Who asked for it.
    pub created_by: String,
    /// When it is deleted, unless its branch is pushed to or deployed before.
    pub expires_at: Time,
}

/// What a site is a preview of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewOf {
    /// The site.
    pub site: WebsiteId,
    /// Its title.
    pub title: String,
    /// The branch.
    pub branch: String,
    /// When the preview is deleted, unless its branch is pushed to or deployed before.
    pub expires_at: Time,
}

/// How visitors get to see a preview. Has no readable `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewAccess {
    /// Where it is reached.
    pub url: String,
    /// The name to enter.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for PreviewAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreviewAccess").field("url", &self.url).finish_non_exhaustive()
    }
}
