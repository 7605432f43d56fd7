//! Sites that sleep while nobody visits them, by the rule of their CloudPod, and those whose owners keep them always on.

use super::{
    change::{lock_site, require_started, update},
    require_free,
};
use crate::cloudpods::queries::{PodFacts, SiteFacts};
use db::TenantTx;
use engine::{Error, Result, Services};
use model::{
    hosting::{
        cloudpods::{SleepRule, Stack},
        websites::SiteConfig,
    },
    ids::{JobId, WebsiteId},
    permission::WebsitesWrite,
};

/// The rule by which a site sleeps; nothing where it is always on. What its owner has chosen counts only where the rule leaves a choice.
pub(in crate::cloudpods) fn sleep_rule(pod: &PodFacts, site: &SiteFacts) -> Option<SleepRule> {
    rule_of_stack(pod.limits().sleep, site.stack).filter(|rule| !(rule.is_optional && site.config.always_on))
}

/// A static site has no programs that could sleep.
pub(super) fn rule_of_stack(rule: Option<SleepRule>, stack: Stack) -> Option<SleepRule> {
    rule.filter(|_| stack != Stack::Static)
}

/// Keeps a site of the open account always on, or lets it sleep by the rule of its CloudPod. Returns the job, which wakes the site.
///
/// # Errors
/// Not found; a conflict when its plan leaves no choice, it is so already, the site is stopped or not whole, or its pod does not run or is busy.
pub async fn set_always_on(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, always_on: bool) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    require_free(&mut tx, &pod).await?;
    match rule_of_stack(pod.limits().sleep, site.facts.stack) {
        None => return Err(Error::conflict("This site never sleeps.")),
        Some(rule) if !rule.is_optional => return Err(Error::conflict("The plan of this CloudPod can't keep sites always on.")),
        Some(_) if site.config.always_on == always_on => {
            return Err(Error::conflict(if always_on {
                "This site is always on already."
            } else {
                "This site already sleeps when it has no visitors."
            }));
        }
        Some(_) => {}
    }
    require_started(&site)?;
    let job = update(services, &mut tx, (&pod, &site), &SiteConfig { always_on, ..site.config.clone() }).await?;
    tx.commit_progress().await?;
    Ok(job)
}
