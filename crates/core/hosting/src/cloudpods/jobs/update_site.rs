//! `UPDATE_SITE`: a site as it was asked to be. What was not seen to work is taken back.

use super::{create_site::site, site_check};
use crate::cloudpods::{
    reconcile::touch_pod,
    remote,
    sites::{apply_site, touch_sites},
    websites::{self, queries},
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{
    audit_action::AuditAction,
    hosting::{cron_jobs::CronJob, websites::SiteConfig},
    ids::{CloudPodId, WebsiteId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Brings what was asked for to the server.
#[derive(Serialize, Deserialize)]
pub(crate) struct UpdateSite {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// The site.
    pub(crate) site: WebsiteId,
    /// How many times this was begun for the pod, this one included.
    pub(crate) round: i64,
}

impl Saga for UpdateSite {
    const KIND: &'static str = "UPDATE_SITE";
    const TITLE: &'static str = "Update site";

    fn key(&self) -> String {
        format!("update_site:{}:{}", self.pod, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<CheckBefore>().then::<ApplySite>().then::<VerifySite>().then::<KeepChange>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

/// Looks from outside at what visitors get before anything changes: a site that was out of order need not be better after. A step of its own, so
/// that a repeat of the change never takes the changed site for the one of before.
pub(crate) struct CheckBefore;

impl Step for CheckBefore {
    type Saga = UpdateSite;
    type Output = Option<u16>;
    const NAME: &'static str = "check_before";
    const TITLE: &'static str = "Check the site before the change";

    async fn run(cx: &StepContext, saga: &UpdateSite) -> Result<Option<u16>, StepError> {
        site_check::status_before(cx, saga.pod, saga.site).await
    }

    async fn undo(_: &StepContext, _: &UpdateSite, _: Option<&Option<u16>>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Applies what was asked for.
pub(crate) struct ApplySite;

impl Step for ApplySite {
    type Saga = UpdateSite;
    type Output = ();
    const NAME: &'static str = "apply_site";
    const TITLE: &'static str = "Apply the change";

    async fn run(cx: &StepContext, saga: &UpdateSite) -> Result<(), StepError> {
        set_changing(cx, saga.site, true).await?;
        apply_site(cx, saga.pod, "apply").await.map(drop)
    }

    async fn undo(cx: &StepContext, saga: &UpdateSite, _: Option<&()>) -> Result<(), StepError> {
        set_changing(cx, saga.site, false).await?;
        apply_site(cx, saga.pod, "undo").await?;
        let mut tx = cx.begin().await?;
        touch_pod(tx.conn(), saga.pod, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }
}

async fn set_changing(cx: &StepContext, site: WebsiteId, is_changing: bool) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_changing(tx.conn(), site, is_changing).await?;
    Ok(tx.commit_progress().await?)
}

/// Asks the server whether anything is left to change, and looks from outside.
pub(crate) struct VerifySite;

impl Step for VerifySite {
    type Saga = UpdateSite;
    type Output = ();
    const NAME: &'static str = "verify_site";
    const TITLE: &'static str = "Verify the site";

    async fn run(cx: &StepContext, saga: &UpdateSite) -> Result<(), StepError> {
        let before = cx.output::<CheckBefore>()?;
        site_check::verify(cx, saga.pod, saga.site, before, Duration::ZERO).await
    }

    async fn undo(_: &StepContext, _: &UpdateSite, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Keeps what was seen to work. From here on there is nothing to go back to.
pub(crate) struct KeepChange;

impl Step for KeepChange {
    type Saga = UpdateSite;
    type Output = ();
    const NAME: &'static str = "keep_change";
    const TITLE: &'static str = "Keep the change";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &UpdateSite) -> Result<(), StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let name = site(&pod, saga.site)?.main();
        let mut tx = cx.begin().await?;
        let before = queries::config(tx.conn(), saga.site).await?.map(|config| config.0).unwrap_or_default();
        if let Some(config) = queries::commit_next_config(tx.conn(), saga.site).await? {
            let event = AuditEvent::new(AuditAction::SiteUpdated, "website", saga.site, name).in_tenant(pod.tenant_id);
            tx.record(event.after(json!({ "cloud_pod": pod.name, "changed": changed(&before, &config.0) })));
            websites::keep_programs(tx.conn(), pod.id, saga.site, cx.services().now()).await?;
        }
        touch_pod(tx.conn(), pod.id, cx.services().now()).await?;
        touch_sites(cx.services(), tx.conn(), pod.id).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &UpdateSite, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A change that was kept is not taken back."))
    }
}

/// What the record says of a change: the sections that are not as before. A command may have a password in it, and what visitors are answered is
/// long: of those it has the names and how many there are.
pub(super) fn changed(before: &SiteConfig, now: &SiteConfig) -> Value {
    let variables: Vec<&str> = now.environment.variables.iter().map(|variable| variable.name.as_str()).collect();
    let job = |job: &CronJob| json!({ "key": job.key, "name": job.name, "schedule": job.schedule, "is_on": job.is_on });
    let sections = [
        ("stopped", before.stopped != now.stopped, json!(now.stopped)),
        ("always_on", before.always_on != now.always_on, json!(now.always_on)),
        ("runtime", now.runtime.is_some(), json!(now.runtime)),
        ("files", before.files != now.files, json!(now.files)),
        ("php", before.php != now.php, json!(now.php)),
        ("redirect_to_main", before.redirect_to_main != now.redirect_to_main, json!(now.redirect_to_main)),
        ("redirects", before.http_rules.redirects != now.http_rules.redirects, json!(now.http_rules.redirects.lines().count())),
        ("headers", before.http_rules.headers != now.http_rules.headers, json!(now.http_rules.headers.lines().count())),
        ("protection", before.protection != now.protection, json!(now.protection.as_ref().map(|protection| &protection.user))),
        ("error_pages", before.error_pages != now.error_pages, json!(now.error_pages)),
        ("micro_cache_seconds", before.micro_cache_seconds != now.micro_cache_seconds, json!(now.micro_cache_seconds)),
        ("variables", before.environment != now.environment, json!(variables)),
        ("jobs", before.cron_jobs != now.cron_jobs, now.cron_jobs.iter().map(job).collect()),
    ];
    let sections = sections.into_iter().filter(|(_, is_changed, _)| *is_changed);
    Value::Object(sections.map(|(section, _, value)| (section.to_owned(), value)).collect::<Map<_, _>>())
}
