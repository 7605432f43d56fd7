//! Previews: a branch of a site's repository, deployed to a site of its own beside it.
//!
//! - A preview is a website with `preview_of`. It is made, deployed and deleted by the jobs of sites, in the same pod and its limits, and beside the
//!   number of sites that a pod can have.
//! - It is built from its site's source, with its own branch, in folders of its own: what the releases of the site share is not its.
//! - It gets no environment variables of its site unless that was chosen, none of its scheduled jobs, and a name of ours. Whoever sees it enters a
//!   password, and search engines are told to leave it out.
//! - It is deleted with its site, once its branch is deleted or its repository disconnected, and some days after the last push or deploy.

mod create;
mod list;
mod push;
pub(in crate::cloudpods) mod queries;
mod reconcile;
mod remove;
mod secrets;

pub use create::create;
pub use list::access;
pub use remove::delete;

pub(in crate::cloudpods) use list::of_site;
pub(in crate::cloudpods) use push::{follow_push, has_opened};
pub(in crate::cloudpods) use remove::expire_all;

use chrono::TimeDelta;
use engine::Services;
use model::{Time, hosting::previews::PREVIEW_DAYS, ids::WebsiteId};
use sqlx::PgConnection;

/// Most previews of all sites of a pod: a server is told of so many sites at a time.
const MAX_OF_POD: usize = 20;

/// Registers what this module does by itself.
pub(super) fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::Previews>();
    modules.sealed.push(("passwords of previews", |services| Box::pin(secrets::reseal(services))));
}

/// When a preview is deleted that is pushed to or deployed now.
fn expiry(now: Time) -> Time {
    now + TimeDelta::days(PREVIEW_DAYS)
}

/// A site is deployed: if it is a preview, it stays for some days more.
pub(in crate::cloudpods) async fn renew(services: &Services, conn: &mut PgConnection, site: WebsiteId) -> sqlx::Result<()> {
    queries::set_expiry(conn, site, expiry(services.now())).await
}
