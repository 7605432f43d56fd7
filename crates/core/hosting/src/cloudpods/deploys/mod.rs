//! Deploys: a site from its repository, a release at a time.
//!
//! - A release is fetched and built on the site's server, in the pod's sandbox and limits, in a folder of its own. What is live is not touched until
//!   it is whole; a Node program must answer on a socket of its own before.
//! - What becomes live is the site's next configuration, as with every other change of a site: it is kept once visitors were seen to get it, and
//!   taken back otherwise. So code and what belongs to it (folder, start file) change together, and a rollback brings both back.
//! - The newest [`KEPT_RELEASES`] releases and the live one stay on the server; a rollback builds nothing.
//! - A push is stored before anything is done about it, and deployed once the pod is free: what comes meanwhile is one deploy, of the newest commit.
//! - An archive that is uploaded, and a commit that a look at the repository has found, go the same way.
//! - The deploy key and the webhook's secret are sealed here; the key goes to the server for the time of a fetch, and is never on its disk.

mod change;
pub(in crate::cloudpods) mod limits;
mod list;
mod put_back;
pub(in crate::cloudpods) mod queries;
pub(in crate::cloudpods) mod release;
mod rules;
pub(in crate::cloudpods) mod source;
#[cfg(test)]
mod tests;
pub(in crate::cloudpods) mod upload;
mod webhook;

pub use change::start;
pub use list::{get, get_own};
pub use release::{preview_rollback, roll_back};
pub use source::{disconnect, forget_host_keys, look, rotate_key, set_poll, set_source};
pub use upload::{MAX_ARCHIVE, UPLOAD_TIMEOUT, upload};
pub use webhook::{MAX_PUSH, PushError, PushHeaders, create_webhook, delete_webhook, receive_push, receive_push_from};

pub(in crate::cloudpods) use put_back::put_back;
pub(in crate::cloudpods) use source::{branch_of, git_source};
pub(in crate::cloudpods) use webhook::{is_deleted, pushed, touch_push};

use super::{
    queries::{PodFacts, SiteFacts},
    websites::{lock_site, require_free},
};
use chrono::TimeDelta;
use engine::{Error, Result};
use model::hosting::websites::SiteConfig;

/// Deploys that all sites of a pod can have in an hour.
const MAX_OF_POD: i64 = 60;
/// After a push or a new commit was deployed, the next one of the same pod waits so long: what has waited for the deploy goes first.
const REST: TimeDelta = TimeDelta::seconds(60);
/// Releases that stay on the server beside the live one and the one that is being built.
pub(in crate::cloudpods) const KEPT_RELEASES: i64 = 4;
/// Deploys that a site can have in an hour.
const MAX_DEPLOYS: i64 = 30;
/// Builds that may go on at the same time, of all accounts and of one: each holds a place of the panel's worker, which has others to do.
pub(in crate::cloudpods) const BUILDS_AT_ONCE: (i64, i64) = (8, 2);
/// How often a build is begun again that was broken off.
pub(in crate::cloudpods) const MAX_BUILDS: i32 = 2;
/// Longest that fetching may take, and building.
pub(in crate::cloudpods) const BUILD_SECONDS: u32 = 900;

/// Whether it can be seen how the site responds to a release.
fn require_started(config: &SiteConfig) -> Result<()> {
    if config.stopped { Err(Error::conflict("This site is stopped. Start it first.")) } else { Ok(()) }
}

/// Registers what this module does by itself.
pub(super) fn register(modules: &mut engine::Modules) {
    modules.sagas.add::<super::jobs::DeploySite>();
    modules.reconcilers.add::<webhook::reconcile::Pushes>();
    modules.reconcilers.add::<source::poll::Polls>();
    modules.sealed.push(("deploy keys", |services| Box::pin(source::secrets::reseal(services))));
}
