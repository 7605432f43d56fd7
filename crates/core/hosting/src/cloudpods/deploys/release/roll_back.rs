//! The way back to an earlier release: its code with what it was live with, or its code alone.

use super::{
    super::{
        change::{New, begin, require_calm},
        lock_site, queries, require_free, require_started,
    },
    settings,
};
use crate::cloudpods::{
    queries as pods,
    websites::{queries as websites, require_describable},
};
use db::{SystemTx, TenantRead, TenantTx};
use engine::{Error, Result, Services};
use model::{
    hosting::{
        deploys::{DeployTrigger, RollbackPreview},
        websites::SiteConfig,
    },
    ids::{DeployId, JobId, WebsiteId},
    permission::{WebsitesRead, WebsitesWrite},
};

fn gone() -> Error {
    Error::conflict("The release of this deploy is not on the server any more. Deploy its commit again.")
}

/// What a rollback to the release of an earlier deploy would change beside the code. No value of a variable is shown.
///
/// # Errors
/// Not found; a conflict when that release is not on the server any more.
pub async fn preview_rollback(tx: &mut impl TenantRead<WebsitesRead>, id: DeployId) -> Result<RollbackPreview> {
    let tenant = tx.tenant();
    let site = queries::site_of(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Deploy"))?;
    let to = queries::release_of(tx.conn(), id).await?.ok_or_else(gone)?;
    let (now, runtime) = websites::live(tx.conn(), site).await?.ok_or_else(|| Error::not_found("Site"))?;
    let (settings, variables) = match &to.settings {
        Some(then) => (settings::changed(&now, runtime, then)?, settings::changed_variables(&now.environment, &then.environment)),
        None => (Vec::new(), Vec::new()),
    };
    Ok(RollbackPreview { deploy: id, release: to.release, commit: to.commit, is_known: to.settings.is_some(), settings, variables })
}

/// Makes the release of an earlier deploy live again, with the settings, the version of the language and the environment variables that it was live
/// with, unless `keep_settings`. Nothing is built. Returns the job.
///
/// # Errors
/// Not found; a conflict when that release is live, or not on the server any more; otherwise as [`start`](super::start).
pub async fn roll_back(services: &Services, tx: TenantTx<WebsitesWrite>, id: DeployId, keep_settings: bool) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let site = queries::site_of(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Deploy"))?;
    let (pod, site) = lock_site(&mut tx, tenant, site).await?;
    let site = site.facts;
    require_free(&mut tx, &pod).await?;
    require_started(&site.config)?;
    // As it is now that the pod is locked.
    let to = queries::release_of(tx.conn(), id).await?.ok_or_else(gone)?;
    if site.config.release.as_ref().is_some_and(|live| live.name == to.config.0.name) {
        return Err(Error::conflict("This release is live already."));
    }
    let site_id = WebsiteId(site.id);
    require_calm(services, &mut tx, site_id).await?;
    let settings = to.settings.map(|then| then.0).filter(|_| !keep_settings);
    if let Some(then) = &settings {
        let next = settings::restored(&site.config, site.runtime_version, then)?;
        require_room(services, &mut tx, &pod, site_id, next).await?;
    }
    let number = queries::next_number(tx.conn(), site_id).await?;
    let new = New {
        trigger: DeployTrigger::Rollback,
        number,
        release: to.release,
        config: to.config.0,
        commit: to.commit.as_deref(),
        subject: to.subject.as_deref(),
        settings,
        upload: None,
    };
    let job = begin(services, &mut tx, (&pod, &site), new).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Whether a server can be told of the pod with what comes back: other sites of it may have grown since.
async fn require_room(services: &Services, tx: &mut SystemTx, pod: &pods::PodFacts, site: WebsiteId, next: SiteConfig) -> Result<()> {
    // What it is to run on has the same size, and is not known before it is shipped.
    websites::set_next(tx.conn(), site, &SiteConfig { runtime: None, ..next }).await?;
    websites::set_changing(tx.conn(), site, true).await?;
    let next = pods::facts(tx.conn(), pod.id).await?;
    websites::set_changing(tx.conn(), site, false).await?;
    require_describable(services, pod, next.as_ref())
}
