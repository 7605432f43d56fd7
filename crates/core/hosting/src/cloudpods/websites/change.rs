//! Asking for changes of a site, and for its end.

use super::{cron_jobs::require_room, lock_pod, queries, require_free};
use crate::{
    cloudpods::{
        jobs::{self, DeleteSite, UpdateSite},
        names,
        queries::{self as pods, PodFacts, SiteFacts},
        spec,
    },
    domains,
};
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services, saga::Saga};
use model::{
    hosting::{
        cloudpods::{Runtime, Stack},
        websites::{FileSettings, PhpInput, PhpSettings, SiteConfig, SiteStatus},
    },
    ids::{JobId, TenantId, WebsiteId},
    permission::{WebsitesDelete, WebsitesWrite},
};
use std::ops::RangeInclusive;
use wire::{
    InvalidText,
    settings::{IndexFile, MAX_EXECUTION_SECONDS, MAX_INDEX_FILES, MAX_UPLOAD_MB, MEMORY_LIMIT_MB, RootFolder},
    spec::PodState,
};

/// Most bytes of what a server is told of a pod by changes of its sites. A message takes 1 MiB: names and certificates that come later need room too.
const MAX_DESCRIPTION: usize = 700_000;

/// Stops a site of the open account, or starts it again. Returns the job.
///
/// # Errors
/// Not found; a conflict when it is so already, the site is not whole, or its pod does not run or is busy.
pub async fn set_stopped(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, stopped: bool) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    require_free(&mut tx, &pod).await?;
    if site.config.stopped == stopped {
        return Err(Error::conflict(if stopped { "This site is stopped already." } else { "This site is running already." }));
    }
    let job = update(services, &mut tx, (&pod, &site), &SiteConfig { stopped, ..site.config.clone() }).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Switches a site of the open account to another version of its language. Returns the job, which puts the old one back when the site does not
/// respond as it should on the new one.
///
/// # Errors
/// Not found; on field `runtime`; a conflict when the site is stopped or not whole, or its pod does not run or is busy.
pub async fn set_runtime(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, runtime: Runtime) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    require_free(&mut tx, &pod).await?;
    if !site.facts.stack.runtimes().contains(&runtime) {
        return Err(Error::field("runtime", "This stack runs on other versions. Select one of its own."));
    }
    if site.facts.runtime_version == Some(runtime) {
        return Err(Error::field("runtime", format!("This site runs on {} already.", runtime.title())));
    }
    require_started(&site)?;
    let job = update(services, &mut tx, (&pod, &site), &SiteConfig { runtime: Some(runtime), ..site.config.clone() }).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Sets where the files of a site of the open account stand. Returns the job, which puts the old settings back when the site does not respond as it
/// should.
///
/// # Errors
/// Not found; on fields `document_root` and `index_files`; a conflict when its stack has no such settings, the site is stopped or not whole, or its pod does not run
/// or is busy.
pub async fn set_files(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, mut files: FileSettings) -> Result<JobId> {
    files.document_root = files.document_root.trim().trim_matches('/').to_owned();
    files.index_files = files.index_files.split_whitespace().collect::<Vec<_>>().join(" ");
    set(services, tx, id, |stack, config| {
        match stack {
            Stack::Static => {}
            Stack::Php if files.index_files.is_empty() && !files.spa_fallback => {}
            Stack::Php => return Err(Error::field("index_files", "Index files can only be set for static sites.")),
            Stack::Node | Stack::Wordpress => return Err(Error::conflict("This stack has its own folders.")),
        }
        let refused = |field| move |invalid: InvalidText| Error::field(field, format!("Enter {}.", invalid.why));
        if !files.document_root.is_empty() {
            RootFolder::new(&*files.document_root).map_err(refused("document_root"))?;
        }
        for file in files.index_files.split_whitespace() {
            IndexFile::new(file).map_err(refused("index_files"))?;
        }
        if files.index_files.split_whitespace().count() > MAX_INDEX_FILES {
            return Err(Error::field("index_files", format!("Enter at most {MAX_INDEX_FILES} files.")));
        }
        Ok(SiteConfig { files, ..config })
    })
    .await
}

/// Sets what PHP allows a site of the open account. Returns the job, as [`set_files`] does.
///
/// # Errors
/// Not found; on fields `memory_limit_mb`, `max_upload_mb` and `max_execution_seconds`; otherwise as [`set_files`].
pub async fn set_php(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, input: &PhpInput) -> Result<JobId> {
    set(services, tx, id, |stack, config| {
        if !matches!(stack, Stack::Php | Stack::Wordpress) {
            return Err(Error::conflict("This stack has no PHP."));
        }
        let php = PhpSettings {
            memory_limit_mb: parse_in_range("memory_limit_mb", &input.memory_limit_mb, MEMORY_LIMIT_MB)?,
            max_upload_mb: parse_in_range("max_upload_mb", &input.max_upload_mb, MAX_UPLOAD_MB)?,
            max_execution_seconds: parse_in_range("max_execution_seconds", &input.max_execution_seconds, MAX_EXECUTION_SECONDS)?,
            display_errors: input.display_errors,
        };
        Ok(SiteConfig { php, ..config })
    })
    .await
}

/// Has visitors of the other names of a site of the open account sent to its main one, or each name show the site. Returns the job, as [`set_files`]
/// does.
///
/// # Errors
/// Not found; a conflict for WordPress, which does so by itself, and as [`set_files`].
pub async fn set_redirect_to_main(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, redirect_to_main: bool) -> Result<JobId> {
    set(services, tx, id, |stack, config| match stack {
        Stack::Wordpress => Err(Error::conflict("WordPress sends visitors to its main domain by itself.")),
        Stack::Static | Stack::Php | Stack::Node => Ok(SiteConfig { redirect_to_main, ..config }),
    })
    .await
}

pub(super) async fn set(
    services: &Services,
    tx: TenantTx<WebsitesWrite>,
    id: WebsiteId,
    change: impl FnOnce(Stack, SiteConfig) -> Result<SiteConfig> + Send,
) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    require_free(&mut tx, &pod).await?;
    require_started(&site)?;
    let config = change(site.facts.stack, site.config.clone())?;
    if config == site.config {
        return Err(Error::conflict("Nothing has changed."));
    }
    let job = update(services, &mut tx, (&pod, &site), &config).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// A whole number within a range as typed; nothing where nothing was.
fn parse_in_range(field: &'static str, typed: &str, range: RangeInclusive<u32>) -> Result<Option<u32>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let within = typed.parse().ok().filter(|figure| range.contains(figure));
    within.map(Some).ok_or_else(|| Error::field(field, format!("Enter a whole number from {} to {}.", range.start(), range.end())))
}

/// Whether it can be seen how the site responds to a change.
pub(super) fn require_started(site: &Site) -> Result<()> {
    if site.config.stopped { Err(Error::conflict("This site is stopped. Start it first.")) } else { Ok(()) }
}

/// Starts the job that sets a site to this.
pub(super) async fn update(services: &Services, tx: &mut SystemTx, (pod, site): (&PodFacts, &Site), config: &SiteConfig) -> Result<JobId> {
    let id = WebsiteId(site.facts.id);
    if site.facts.preview_of.is_some() && config.protection != site.config.protection {
        return Err(Error::conflict("A preview keeps its own password."));
    }
    names::require_calm(services, tx, pod.id).await?;
    let others: Vec<_> = pod.sites.iter().filter(|other| other.id != site.facts.id).flat_map(|other| &other.config.cron_jobs).collect();
    require_room(&others, &site.config.cron_jobs, &config.cron_jobs)?;
    queries::set_next(tx.conn(), id, config).await?;
    queries::set_changing(tx.conn(), id, true).await?;
    let next = pods::facts(tx.conn(), pod.id).await?;
    queries::set_changing(tx.conn(), id, false).await?;
    require_describable(services, pod, next.as_ref())?;
    let round = super::reconcile::count_jobs(tx.conn(), pod.id, UpdateSite::KIND).await? + 1;
    Ok(jobs::start(services, tx, pod, site.facts.main(), &UpdateSite { pod: pod.id, site: id, round }).await?)
}

/// Whether a server can be told of the pod as it is to be next: one that cannot be described could not be suspended or moved either. A change that
/// makes its description smaller is always possible.
pub(in crate::cloudpods) fn require_describable(services: &Services, now: &PodFacts, next: Option<&PodFacts>) -> Result<()> {
    let size = |pod: &PodFacts| {
        let spec = spec::pod_spec(services, pod, pod.parts(), PodState::Suspended).ok()?;
        serde_json::to_vec(&spec).ok().map(|text| text.len())
    };
    // Of one that cannot be described for another reason, as while its new runtime is not known, the job says why.
    let Some(next) = next.and_then(&size) else { return Ok(()) };
    if next > MAX_DESCRIPTION && size(now).is_none_or(|now| next >= now) {
        return Err(Error::conflict(
            "The settings of this CloudPod's sites are too large together. Shorten or delete redirects, headers, variables or scheduled jobs first.",
        ));
    }
    Ok(())
}

/// Starts the job that removes a site of the open account, with its files and its database. `typed_name` is what the person typed to confirm.
/// Returns the job.
///
/// # Errors
/// Not found; on field `confirm_name` when another name was typed; a conflict when it is the last one, or its pod does not run or is busy.
pub async fn delete(services: &Services, tx: TenantTx<WebsitesDelete>, id: WebsiteId, typed_name: &str) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = queries::site_row(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    if typed_name.trim() != found.domain {
        return Err(Error::field("confirm_name", format!("Type {} to delete this site.", found.domain)));
    }
    let pod = lock_pod(&mut tx, tenant, found.pod).await?;
    require_free(&mut tx, &pod).await?;
    if pod.sites.iter().all(|site| site.id == id.0 || site.preview_of.is_some()) {
        return Err(Error::conflict("This is the last site of its CloudPod. Delete the CloudPod instead."));
    }
    // As it is now that the pod is locked.
    let previous_status = queries::site_row(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?.status;
    let round = super::reconcile::count_jobs(tx.conn(), pod.id, DeleteSite::KIND).await? + 1;
    let job = jobs::start(services, &mut tx, &pod, &found.domain, &DeleteSite { pod: pod.id, site: id, previous_status, round }).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Lets a name lead to a site of the open account: one at or below a proved domain, or one that leads to another site of the same pod. Returns the
/// job, if the pod is free for one now.
///
/// # Errors
/// Not found; on field `domain`.
pub async fn add_name(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, typed: &str) -> Result<Option<JobId>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    if queries::site_row(tx.conn(), tenant, id).await?.is_none() {
        return Err(Error::not_found("Site"));
    }
    let name = typed.trim().trim_end_matches('.').to_lowercase();
    let moved = queries::is_name_beside(tx.conn(), tenant, id, &name).await?;
    let new = if moved { None } else { Some(domains::proved_name(&mut tx, tenant, typed).await?) };
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    let job = match new {
        Some(name) => names::add(services, &mut tx, tenant, id, &name).await.map_err(on_domain)?,
        None => names::move_name(services, &mut tx, &pod, &site.facts, &name).await?,
    };
    tx.commit_progress().await?;
    Ok(job)
}

/// The form here has one field.
fn on_domain(error: Error) -> Error {
    match error {
        Error::Api(mut found) => {
            found.fields.iter_mut().for_each(|fault| fault.field = "domain".to_owned());
            Error::Api(found)
        }
        other => other,
    }
}

/// Makes one of a site's names the one by which it is known. Returns the job, if the pod is free for one now.
///
/// # Errors
/// Not found; on field `name`; a conflict for WordPress, which keeps the address that it was installed with.
pub async fn set_main(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, name: &str) -> Result<Option<JobId>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    let job = names::set_main(services, &mut tx, &pod, &site.facts, name).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// A site that is whole.
pub(in crate::cloudpods) struct Site {
    pub(in crate::cloudpods) facts: SiteFacts,
    pub(in crate::cloudpods) config: SiteConfig,
}

/// Locks the pod of a site of this account that was made.
pub(in crate::cloudpods) async fn lock_site(tx: &mut SystemTx, tenant: TenantId, id: WebsiteId) -> Result<(PodFacts, Site)> {
    let found = queries::site_row(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    let pod = lock_pod(tx, tenant, found.pod).await?;
    // As it is now that the pod is locked.
    let found = queries::site_row(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    if found.status != SiteStatus::Active {
        return Err(Error::conflict("This site is being created or deleted, or could not be created."));
    }
    let facts = pod.sites.iter().find(|site| site.id == id.0).cloned().ok_or_else(|| Error::not_found("Site"))?;
    Ok((pod, Site { facts, config: found.config.0 }))
}
