//! Asking for a certificate by hand.

use super::{
    jobs::{CertificateSaga, IssueSsl, RenewSsl, Task},
    queries,
};
use crate::cloudpods;
use adapters::acme::Authorities;
use db::{AuditEvent, PlatformTx, SystemTx};
use engine::{
    Error, Result, Services,
    saga::{self, About},
};
use model::{
    audit_action::AuditAction,
    ids::{CertificateId, JobId},
    permission::SslManage,
};

/// Starts the job that brings a site a new certificate for all of its names, whatever it has. The one that it has stays in use until visitors
/// were seen to get the new one.
///
/// # Errors
/// Not found; a conflict when no CA is configured, the CloudPod is not online, or another job of it goes on.
pub async fn issue(services: &Services, tx: PlatformTx<SslManage>, id: CertificateId) -> Result<JobId> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    if services.find::<Authorities>().is_none() {
        return Err(Error::conflict("No certificate authority is configured."));
    }
    let mut tx = services.db.system(caller).await?;
    let site = queries::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let held = queries::of_site(tx.conn(), site).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let site = cloudpods::served_site(tx.conn(), site).await?.filter(|site| !site.is_moving);
    let site = site.ok_or_else(|| Error::conflict("The CloudPod is not online."))?;
    cloudpods::lock_pod(tx.conn(), site.pod).await?;
    if cloudpods::has_unfinished_job(tx.conn(), site.pod).await? {
        return Err(Error::conflict("A job of this CloudPod is in progress. Wait until it has ended."));
    }
    let task = Task { site: site.id, certificate: id, names: site.names.clone(), fresh: true, round: 0 };
    if held.chain.is_some() { start::<RenewSsl>(services, tx, &site, task).await } else { start::<IssueSsl>(services, tx, &site, task).await }
}

async fn start<S: CertificateSaga>(services: &Services, mut tx: SystemTx, site: &cloudpods::ServedSite, task: Task) -> Result<JobId> {
    let (now, id) = (services.now(), task.certificate);
    let round = queries::count_jobs(tx.conn(), site.pod, S::KIND).await? + 1;
    let about =
        About { actor: tx.caller().actor.clone(), tenant: Some(site.tenant), subject: Some(cloudpods::pod_subject(site.pod, &site.pod_name)) };
    let job = saga::enqueue(tx.conn(), now, &S::of(Task { round, ..task }), about).await?.job;
    saga::set_server(tx.conn(), job, Some(site.server_id)).await?;
    queries::set_tried(tx.conn(), id, now).await?;
    let name = site.names.first().cloned().unwrap_or_default();
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} {name}", S::TITLE)).in_tenant(site.tenant));
    let event = AuditEvent::new(AuditAction::SslIssueRequested, "certificate", id, name).in_tenant(site.tenant);
    tx.commit(event.after(serde_json::json!({ "job": job, "names": site.names }))).await?;
    Ok(job)
}
