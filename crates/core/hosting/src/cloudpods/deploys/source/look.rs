//! A look at a site's repository, for what it suggests.

use super::{
    super::{
        change::{Locked, lock},
        require_free,
    },
    ask::{self, AskError, Repository},
    no_source, presets, queries,
};
use crate::cloudpods::queries as pods;
use chrono::TimeDelta;
use db::TenantTx;
use engine::{Error, Result, Services, limits::Limit, quota::Quota};
use model::{
    hosting::deploy_sources::SourceProposal,
    ids::{TenantId, WebsiteId},
    permission::WebsitesWrite,
};
use std::{sync::LazyLock, time::Duration};
use tokio::sync::Semaphore;
use wire::verb::SiteLook;

/// Longest that a look may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(75);
/// Looks that this program has at once, and of one account: whoever asks waits for the answer.
static LOOKS: Semaphore = Semaphore::const_new(8);
const OF_ACCOUNT: usize = 1;
static ACCOUNTS: LazyLock<Quota<TenantId>> = LazyLock::new(Quota::default);
/// Looks that a site can have, and its previews with it.
const LOOKS_OF_SITE: Limit = Limit { kind: "site_looks", max: 20, window: TimeDelta::hours(1) };

/// Fetches what the repository of a site of the open account has now, and says what it suggests. Nothing is set or deployed.
///
/// # Errors
/// Not found; a conflict for a site without a source, when its pod does not run or is busy, or the repository cannot be fetched; `too_many` after too
/// many looks in an hour, while the account has another one, and while this program has as many as it can.
pub async fn look(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<SourceProposal> {
    let Some(_turn) = ACCOUNTS.take(tx.tenant(), OF_ACCOUNT) else {
        return Err(Error::too_many("Build settings of another site in this account are being detected. Try again in a moment."));
    };
    let Ok(_place) = LOOKS.try_acquire() else {
        return Err(Error::too_many("Build settings of too many sites are being detected. Try again in a moment."));
    };
    let Locked { mut tx, pod, site } = lock(services, tx, id).await?;
    let source = queries::build_source(tx.conn(), id).await?.ok_or_else(no_source)?;
    require_free(&mut tx, &pod).await?;
    let server = pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = pods::server(tx.conn(), server).await?;
    if !LOOKS_OF_SITE.admits(tx.conn(), pod.tenant_id, site.preview_of.unwrap_or(id.0), services.now()).await? {
        let most = LOOKS_OF_SITE.max;
        return Err(Error::too_many(format!("Build settings of a site can be detected {most} times in an hour. Try again later.")));
    }
    // Nobody waits for the pod while its server looks.
    tx.commit_progress().await?;
    let found = async {
        let Repository { pod: name, site: site_name, tools, source, folder } = Repository::of(services, (&pod, &site), &server, &source).await?;
        ask::ask(services, &server, SiteLook { pod: name, site: site_name, tools, source, folder }, LOOK_TIMEOUT).await
    };
    let looked = found.await.map_err(|error| match error {
        AskError::Repository(why) => Error::conflict(why),
        AskError::Server(why) => Error::unavailable(why),
        AskError::Failed(error) => error,
    })?;
    if let Some(keys) = &looked.host_keys {
        let mut tx = services.db.system("repository").await?;
        queries::pin_host_keys(tx.conn(), id, &source.remote, keys.as_str()).await?;
        tx.commit_progress().await?;
    }
    Ok(presets::propose(site.stack, &looked))
}
