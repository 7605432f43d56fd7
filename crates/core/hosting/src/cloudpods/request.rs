//! Ordering a pod: the row, its quota and its job, in the transaction of the payment.

use super::{
    jobs::CreateCloudpod,
    names,
    queries::{self, Order},
    rules,
    secrets::PodSecrets,
};
use crate::{dns, domains};
use db::{AuditEvent, ConstraintExt, SystemTx};
use engine::{
    error::{Error, Result},
    saga::{self, JobMeta, Subject},
    secrets::random_bytes,
    services::Services,
};
use model::{
    audit_action::AuditAction,
    hosting::cloudpods::{Limits, Runtime, Stack},
    ids::{CloudPodId, JobId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;
use wire::{DomainName, PodName};

/// A pod to be made.
#[derive(Clone, Debug)]
pub struct NewPod {
    /// Whose.
    pub tenant: TenantId,
    /// The subscription that pays for it.
    pub subscription: SubscriptionId,
    /// Code of its plan.
    pub plan_code: String,
    /// What it runs.
    pub stack: Stack,
    /// The version of its language; nothing for the default of its stack.
    pub runtime: Option<Runtime>,
    /// What it may use; every figure above zero.
    pub limits: Limits,
    /// Its domain; nothing for one below the platform's own.
    pub domain: Option<DomainName>,
    /// Title of its site; empty for the domain.
    pub site_title: String,
    /// Where it must stand; nothing for anywhere.
    pub region: Option<String>,
    /// Address of the first WordPress user.
    pub admin_email: String,
}

/// A pod that was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedPod {
    /// The pod.
    pub id: CloudPodId,
    /// The job that makes it.
    pub job: JobId,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// Address of its site.
    pub site_url: String,
}

/// Gives a pod a name of ours in place of its domain, in the caller's transaction; returns that name. The pod must not be online: its server
/// is told nothing.
///
/// # Errors
/// When there is no such pod, or PostgreSQL refuses.
pub async fn give_own_name(services: &Services, conn: &mut PgConnection, pod: CloudPodId) -> Result<String> {
    let facts = queries::facts(&mut *conn, pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let name = match is_the_platforms(services, conn, &facts.name).await? {
        true => rules::with_suffix(&facts.name, random_bytes()),
        false => facts.name,
    };
    let domain = format!("{name}.{}", services.settings.base_domain);
    names::set_domain(conn, pod, &domain, &services.settings.site_url(&domain)).await?;
    Ok(domain)
}

/// Orders a pod in the caller's transaction and records the audit events there; nothing happens before the commit.
///
/// # Errors
/// A field error on `domain` when another pod has it, an internal one when the runtime is not one of the stack's; then the transaction is to
/// be dropped.
pub async fn request(services: &Services, tx: &mut SystemTx, new: NewPod) -> Result<RequestedPod> {
    let id = CloudPodId(uuid::Uuid::now_v7());
    let runtime = rules::runtime(new.stack, new.runtime).map_err(Error::Internal)?;
    let slug = match &new.domain {
        Some(domain) => rules::slug(domain.as_str()),
        None => rules::slug_of_text(&new.site_title),
    };
    let name = free_name(services, tx, slug).await?;
    let domain = match new.domain {
        Some(domain) => domain,
        None => DomainName::new(format!("{name}.{}", services.settings.base_domain)).map_err(anyhow::Error::from)?,
    };
    let site_url = services.settings.site_url(domain.as_str());
    let sealed = PodSecrets::new(&new.admin_email).seal(&services.key, id)?;
    let order = Order {
        id,
        tenant: new.tenant,
        subscription: new.subscription,
        name: &name,
        plan_code: &new.plan_code,
        region: new.region.as_deref().unwrap_or(rules::ANYWHERE),
        domain: domain.as_str(),
        stack: new.stack,
        runtime,
        site_title: new.site_title.trim(),
        site_url: &site_url,
        sealed_secrets: &sealed,
        created_at: services.now(),
    };
    queries::insert(tx.conn(), &order)
        .await
        .on_constraint("cloud_pods_primary_domain_key", || Error::field("domain", "This domain is not available. Enter another one."))?;
    queries::insert_quota(tx.conn(), new.tenant, id, new.limits).await?;
    let database = match rules::has_database(new.stack) {
        true => Some(queries::insert_database(tx.conn(), new.tenant, id, &rules::database_name(&name), order.created_at).await?),
        false => None,
    };
    queries::insert_site(tx.conn(), &order, rules::FIRST_SITE, database)
        .await
        .on_constraint("site_domains_domain_key", || Error::field("domain", "This domain is not available. Enter another one."))?;
    let meta = JobMeta { actor: tx.caller().actor.clone(), tenant: Some(new.tenant), subject: Some(subject(id, &name)) };
    let job = saga::enqueue(tx.conn(), services.now(), &CreateCloudpod { pod: id }, meta).await?.job;
    tx.record(
        AuditEvent::new(AuditAction::CloudpodRequested, "cloud_pod", id, &*name)
            .in_tenant(new.tenant)
            .after(serde_json::json!({ "plan": new.plan_code, "stack": new.stack, "runtime": runtime, "domain": domain.as_str() })),
    );
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("Create CloudPod {name}")).in_tenant(new.tenant));
    Ok(RequestedPod { id, job, name, domain: domain.as_str().to_owned(), site_url })
}

/// A pod as what a job is about.
pub(super) fn subject(pod: CloudPodId, name: &str) -> Subject {
    Subject { kind: "cloud_pod", id: pod.0, name: name.to_owned() }
}

/// Whether a name right below the platform's domain is the panel's own, a name server's, or that of the ACME zone: no site has one of those.
async fn is_the_platforms(services: &Services, conn: &mut PgConnection, name: &str) -> Result<bool> {
    let domain = format!("{name}.{}", services.settings.base_domain);
    let is_ours = name == dns::acme_zone::LABEL || domain == domains::panel_host(&services.settings);
    Ok(is_ours || dns::name_servers(conn).await?.contains(&domain))
}

/// The first free name; who asks for the same one at the same time waits.
async fn free_name(services: &Services, tx: &mut SystemTx, slug: String) -> Result<String> {
    let mut name = slug.clone();
    for _ in 0..20 {
        queries::lock_name(tx.conn(), &name).await?;
        if !queries::name_taken(tx.conn(), &name).await? && !is_the_platforms(services, tx.conn(), &name).await? {
            let checked = PodName::new(name).map_err(anyhow::Error::from)?;
            return Ok(checked.into());
        }
        name = rules::with_suffix(&slug, random_bytes());
    }
    Err(Error::Internal(anyhow::anyhow!("no free pod name near {slug} in 20 tries")))
}
