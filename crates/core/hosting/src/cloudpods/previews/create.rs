//! Asking for a preview.

use super::{
    MAX_OF_POD, expiry,
    queries::{self, NewPreview},
    secrets,
};
use crate::{
    cloudpods::{
        deploys,
        jobs::{self, CreateSite},
        names,
        queries::PodFacts,
        secrets::{open_environment, seal_environment},
        websites::{self, Site, environment_queries, lock_site, protect, queries as sites, require_describable, require_free},
    },
    dns::person,
    domains,
};
use chrono::TimeDelta;
use db::{AuditEvent, ConstraintExt, SystemTx, TenantTx};
use engine::{Error, Result, Services, secrets::new_token};
use model::{
    audit_action::AuditAction,
    hosting::{
        previews::{MAX_PREVIEWS, PREVIEW_USER},
        site_programs::Environment,
        websites::SiteConfig,
    },
    ids::{JobId, TenantId, WebsiteId},
    permission::WebsitesWrite,
};
use uuid::Uuid;
use wire::deploy::BranchName;

/// Longest title of a preview.
const MAX_TITLE: usize = 200;

/// Asks for a preview of a branch of a site of the open account. It is deployed once it is made. With `copy_variables` it gets the environment
/// variables that the site has now. Returns the job that makes it.
///
/// # Errors
/// Not found; on field `preview_branch`; a conflict when the site has no repository, is stopped, or has as many previews as it can, and while its pod
/// does not run or is busy.
pub async fn create(services: &Services, tx: TenantTx<WebsitesWrite>, of: WebsiteId, typed: &str, copy_variables: bool) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let created_by = person(&caller.actor);
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, of).await?;
    let branch = BranchName::new(typed.trim()).map_err(|invalid| Error::field("preview_branch", format!("Enter {}.", invalid.why)))?;
    require_free(&mut tx, &pod).await?;
    if site.facts.preview_of.is_some() {
        return Err(Error::conflict("A preview has no previews of its own. Create one of its site."));
    }
    if site.config.stopped {
        return Err(Error::conflict("This site is stopped. Start it first."));
    }
    let own = deploys::branch_of(tx.conn(), of).await?.ok_or_else(|| Error::conflict("Set the repository of this site first."))?;
    if own == branch.as_str() {
        return Err(Error::field("preview_branch", "This is the branch that the site itself is deployed from. Enter another one."));
    }
    require_room(services, &mut tx, (&pod, of), branch.as_str()).await?;
    let (id, domain) = store(services, &mut tx, (&pod, of, &site), (branch.as_str(), &created_by), copy_variables).await?;
    let job = jobs::start(services, &mut tx, &pod, &domain, &CreateSite { pod: pod.id, site: id }).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Stores a preview with its site and its password. Answers with the site and its name.
async fn store(
    services: &Services,
    tx: &mut SystemTx,
    (pod, of, site): (&PodFacts, WebsiteId, &Site),
    (branch, created_by): (&str, &str),
    copy_variables: bool,
) -> Result<(WebsiteId, String)> {
    let (id, tenant, now) = (WebsiteId(Uuid::now_v7()), pod.tenant_id, services.now());
    let name = websites::free_name(tx, pod.id, branch).await?;
    let domain = names::own_name(services, &pod.name, name.as_str());
    let in_use = || Error::conflict("The name of this preview is in use already.");
    if !domains::is_free_for(tx, tenant, &domain).await? {
        return Err(in_use());
    }
    let title = title(site.facts.title.as_deref().unwrap_or(pod.title()), branch);
    let (stack, runtime) = (site.facts.stack, site.facts.runtime_version);
    let new = sites::NewSite { id, tenant, pod: pod.id, name: name.as_str(), title: &title, stack, runtime, database: None };
    sites::insert(tx.conn(), &new, &domain, now).await.on_constraint("site_domains_domain_key", in_use)?;
    let environment = match copy_variables {
        true => copied(services, tx, tenant, (of, id), &site.config.environment).await?,
        false => Environment::default(),
    };
    let password = new_token();
    let config = protect(config(&site.config, environment), PREVIEW_USER, &password)?;
    let sealed_password = &secrets::seal(&services.key, id, &password)?;
    let preview = NewPreview { id, tenant, of, branch, config: &config, sealed_password, created_by, expires_at: expiry(now) };
    queries::insert(tx.conn(), &preview, now).await?;
    let variables: Vec<&str> = config.environment.variables.iter().map(|one| one.name.as_str()).collect();
    let event = AuditEvent::new(AuditAction::PreviewRequested, "website", of, site.facts.main()).in_tenant(tenant);
    tx.record(event.after(serde_json::json!({ "preview": id, "branch": branch, "name": domain, "variables": variables })));
    Ok((id, domain))
}

/// Whether the site and its pod can have one preview more.
async fn require_room(services: &Services, tx: &mut SystemTx, (pod, site): (&PodFacts, WebsiteId), branch: &str) -> Result<()> {
    let branches = queries::branches(tx.conn(), site).await?;
    if branches.iter().any(|one| one == branch) {
        return Err(Error::field("preview_branch", "This branch has a preview already. Deploy that one."));
    }
    if i64::try_from(branches.len()).is_ok_and(|count| count >= MAX_PREVIEWS) {
        return Err(Error::conflict(format!("A site can have {MAX_PREVIEWS} previews at a time. Delete one first.")));
    }
    if pod.sites.iter().filter(|one| one.preview_of.is_some()).count() >= MAX_OF_POD {
        return Err(Error::conflict(format!("A CloudPod can have {MAX_OF_POD} previews at a time. Delete one first.")));
    }
    let most = websites::MAX_NEW_SITES;
    if sites::count_since(tx.conn(), pod.id, services.now() - TimeDelta::days(1)).await? >= most {
        return Err(Error::too_many(format!("A CloudPod can have {most} new sites and previews in 24 hours. Try again later.")));
    }
    // What it copies of its site has room between what a description may take and what a message takes.
    require_describable(services, pod, Some(pod))
}

/// What a preview is set to: as its site, without what is the site's alone.
fn config(of: &SiteConfig, environment: Environment) -> SiteConfig {
    SiteConfig {
        stopped: false,
        always_on: false,
        redirect_to_main: false,
        runtime: None,
        release: None,
        environment,
        cron_jobs: Vec::new(),
        ..of.clone()
    }
}

/// The site's variables as another set, of the preview.
async fn copied(
    services: &Services,
    tx: &mut SystemTx,
    tenant: TenantId,
    (of, id): (WebsiteId, WebsiteId),
    from: &Environment,
) -> Result<Environment> {
    let Some(set) = from.set else { return Ok(Environment::default()) };
    let values = open_environment(&services.key, set, &environment_queries::get(tx.conn(), of, set).await?)?;
    let copy = Uuid::now_v7();
    environment_queries::insert(tx.conn(), (tenant, id), copy, &seal_environment(&services.key, copy, &values)?, services.now()).await?;
    Ok(Environment { set: Some(copy), variables: from.variables.clone() })
}

/// `Shop (next)`, shortened where a server would not take it.
fn title(site: &str, branch: &str) -> String {
    let rest = MAX_TITLE.saturating_sub(branch.chars().count() + 3);
    let site: String = site.chars().take(rest).collect();
    format!("{} ({branch})", site.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Title;

    #[test]
    fn every_title_with_its_branch_is_one_that_a_server_takes() {
        assert_eq!(title("Shop", "next"), "Shop (next)");
        for site in ["\u{e9}".repeat(200), "x".repeat(200), "Shop".to_owned()] {
            assert!(Title::new(title(&site, &"b".repeat(100))).is_ok());
        }
    }
}
