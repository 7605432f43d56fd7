//! Asking for another site of a pod.

use super::{change::require_describable, lock_pod, queries, require_free};
use crate::{
    cloudpods::{
        jobs::{self, CreateSite},
        names,
        queries::{self as pods, PodFacts},
        rules,
    },
    domains,
};
use chrono::TimeDelta;
use db::{ConstraintExt, SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    counted,
    hosting::cloudpods::{Runtime, Stack},
    ids::{CloudPodId, JobId, WebsiteId},
    permission::WebsitesWrite,
};
use wire::{DomainName, SiteName, Title};

/// Longest name of a site within its pod, without the number that makes a taken one another.
const MAX_NAME_LEN: usize = 13;

/// Sites that a pod can have made in 24 hours: certificate authorities issue a certificate for each of them, and not without end.
pub(in crate::cloudpods) const MAX_NEW_SITES: i64 = 20;

/// A site to be made.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Its title.
    pub title: String,
    /// What runs in it.
    pub stack: Stack,
    /// The version of its language; nothing for the default of its stack.
    pub runtime: Option<Runtime>,
    /// Its name, at or below a domain that the account has proved; empty for one of ours.
    pub domain: String,
}

/// Asks for another site of a pod of the open account. Returns its job.
///
/// # Errors
/// Not found; on fields `title`, `stack`, `runtime` or `domain`; a conflict while the pod does not run, is busy, or has as many sites as its plan
/// allows.
pub async fn create(services: &Services, tx: TenantTx<WebsitesWrite>, pod: CloudPodId, new: NewSite) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    if !queries::is_pod_of(tx.conn(), tenant, pod).await? {
        return Err(Error::not_found("CloudPod"));
    }
    let title = Title::new(new.title.trim()).map_err(|invalid| Error::field("title", format!("Title: {}.", invalid.why)))?;
    let wrong_runtime = |_| Error::field("runtime", "This stack runs on another version. Select one of its own.");
    let runtime = rules::runtime(new.stack, new.runtime).map_err(wrong_runtime)?;
    // Who proves a domain takes it before any pod.
    let own = match new.domain.trim() {
        "" => None,
        typed => Some(domains::proved_name(&mut tx, tenant, typed).await?),
    };
    let facts = lock_pod(&mut tx, tenant, pod).await?;
    require_free(&mut tx, &facts).await?;
    require_room(services, &mut tx, &facts, new.stack).await?;
    // A new site adds next to nothing itself.
    require_describable(services, &facts, Some(&facts))?;
    let id = WebsiteId(uuid::Uuid::now_v7());
    let name = free_name(&mut tx, pod, title.as_str()).await?;
    let domain = match own {
        Some(domain) => domain,
        None => DomainName::new(names::own_name(services, &facts.name, name.as_str())).map_err(anyhow::Error::from)?,
    };
    if !domains::is_free_for(&mut tx, tenant, domain.as_str()).await? {
        return Err(Error::field("domain", "This name is in use already."));
    }
    let database = match new.stack {
        Stack::Wordpress => Some(pods::insert_database(tx.conn(), tenant, pod, &database_name(&name), services.now()).await?),
        Stack::Php | Stack::Node | Stack::Static => None,
    };
    let site = queries::NewSite { id, tenant, pod, name: name.as_str(), title: title.as_str(), stack: new.stack, runtime, database };
    queries::insert(tx.conn(), &site, domain.as_str(), services.now())
        .await
        .on_constraint("site_domains_domain_key", || Error::field("domain", "This name is in use already."))?;
    let job = jobs::start(services, &mut tx, &facts, domain.as_str(), &CreateSite { pod, site: id }).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Whether the pod, by its plan, and its server can have one site more.
async fn require_room(services: &Services, tx: &mut SystemTx, pod: &PodFacts, stack: Stack) -> Result<()> {
    let most = pod.limits().sites;
    if queries::count(tx.conn(), pod.id).await? >= i64::from(most) {
        let most = counted(most, "site");
        return Err(Error::conflict(format!("The plan of this CloudPod allows {most}. Delete one first, or change the plan.")));
    }
    if queries::count_since(tx.conn(), pod.id, services.now() - TimeDelta::days(1)).await? >= MAX_NEW_SITES {
        return Err(Error::too_many(format!("A CloudPod can have {MAX_NEW_SITES} new sites in 24 hours. Try again later.")));
    }
    if !queries::has_capability(tx.conn(), pod.id, stack.capability()).await? {
        return Err(Error::field("stack", format!("The server of this CloudPod does not run {} sites.", stack.title())));
    }
    Ok(())
}

/// A name within the pod that none of its sites ever had: what is left of an old one must not become a new one's.
pub(in crate::cloudpods) async fn free_name(tx: &mut SystemTx, pod: CloudPodId, title: &str) -> Result<SiteName> {
    let taken = queries::names(tx.conn(), pod).await?;
    let word = word_of(title);
    let numbered = (2..1000).map(|number| format!("{word}{number}"));
    let name = std::iter::once(word.clone()).chain(numbered).find(|name| !taken.contains(name));
    Ok(SiteName::new(name.unwrap_or_default()).map_err(anyhow::Error::from)?)
}

/// A name from a title: its letters and digits.
fn word_of(title: &str) -> String {
    let word = model::slug::slug(title.trim_start_matches(|c: char| !c.is_ascii_alphabetic()), 2 * MAX_NAME_LEN).replace('-', "");
    let word: String = word.chars().take(MAX_NAME_LEN).collect();
    if word.is_empty() { "site".to_owned() } else { word }
}

/// Name of a site's own database and of its user.
fn database_name(site: &SiteName) -> String {
    format!("site_{site}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::DbName;

    #[test]
    fn every_title_gives_a_name_that_a_server_takes() {
        for (title, name) in
            [("Ana & Sons", "anasons"), ("9 lives", "lives"), ("\u{1f980}", "site"), ("A very long title that goes on and on", "averylongtitl")]
        {
            assert_eq!(word_of(title), name, "{title}");
            let longest = SiteName::new(format!("{name}999")).unwrap();
            assert!(DbName::new(database_name(&longest)).is_ok());
        }
    }
}
