//! The sagas of certificates: `ISSUE_SSL` and `RENEW_SSL` are the same steps under two names; `INSTALL_SSL` does the second half of them with what a
//! customer brings, and `SET_HSTS` changes for how long browsers insist on HTTPS.

mod install_ssl;
mod order;
mod set_hsts;
mod shared;
mod steps;

use super::{
    queries::{self, Held},
    rules::{self, Trouble},
};
use crate::cloudpods::{self, ServedSite, served_site};
use adapters::acme::{AcmeError, Authorities};
use db::{AuditEvent, SystemTx};
use engine::{
    Result as Outcome, Services,
    saga::{self, JobMeta, Saga, StepContext, StepError, Steps},
};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{CertificateId, JobId},
};
use order::{AnswerChallenges, CollectCertificate, PlaceOrder};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use steps::{InstallCertificate, TakeIntoUse, VerifyHttps};
use uuid::Uuid;

pub(super) use install_ssl::InstallSsl;
pub(super) use set_hsts::SetHsts;

/// What a job is to bring a certificate for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    /// The site.
    pub(super) site: Uuid,
    /// Its certificate.
    pub(super) certificate: CertificateId,
    /// Names that it is to be for.
    pub(super) names: Vec<String>,
    /// Those of them that the certificate which all sites share is used for.
    #[serde(default)]
    pub(super) platform: Vec<String>,
    /// Wildcards that take the place of names below them.
    #[serde(default)]
    pub(super) wildcards: Vec<String>,
    /// Whether one that was issued and could not be verified is not good enough.
    pub(super) fresh: bool,
    /// How many times this was begun for the pod, this one included.
    pub(super) round: i64,
}

impl Task {
    /// Names that one is ordered for.
    fn ordered(&self) -> Vec<String> {
        let others: Vec<String> = self.names.iter().filter(|name| !self.platform.contains(name)).cloned().collect();
        rules::with_wildcards(&others, &self.wildcards)
    }
}

/// A saga that brings a site a certificate.
pub(super) trait CertificateSaga: Saga {
    /// Whether a customer has brought it.
    const IS_OWN: bool = false;
    /// Whether it takes the place of one for the same names.
    const IS_RENEWAL: bool = false;

    /// From what it is to do.
    fn of(task: Task) -> Self;
    /// What it is to do.
    fn task(&self) -> &Task;
}

/// Puts a job that brings a certificate in line. Whoever calls has locked the pod and seen that no other job of it goes on.
pub(super) async fn start<S: CertificateSaga>(services: &Services, tx: &mut SystemTx, site: &ServedSite, task: Task) -> Outcome<JobId> {
    let id = task.certificate;
    let round = queries::count_jobs(tx.conn(), site.pod, S::KIND).await? + 1;
    let saga = S::of(Task { round, ..task });
    let job = enqueue_for_site(services, tx, site, &saga).await?;
    if !S::IS_OWN {
        queries::set_tried(tx.conn(), id, services.now()).await?;
    }
    let event = AuditEvent::new(AuditAction::SslIssueRequested, "certificate", id, main_name(site)).in_tenant(site.tenant);
    tx.record(event.after(serde_json::json!({ "job": job, "names": saga.task().names })));
    Ok(job)
}

/// Puts a job of a site in line.
pub(super) async fn enqueue_for_site<S: Saga>(services: &Services, tx: &mut SystemTx, site: &ServedSite, saga: &S) -> Outcome<JobId> {
    let actor = tx.caller().actor.clone();
    let meta = JobMeta { actor, tenant: Some(site.tenant), subject: Some(cloudpods::pod_subject(site.pod, &site.pod_name)) };
    let job = saga::enqueue(tx.conn(), services.now(), saga, meta).await?.job;
    saga::set_server(tx.conn(), job, Some(site.server_id)).await?;
    let title = format!("{} {}", S::TITLE, main_name(site));
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, title).in_tenant(site.tenant));
    Ok(job)
}

/// What a site is called.
fn main_name(site: &ServedSite) -> String {
    site.names.first().cloned().unwrap_or_else(|| site.pod_name.clone())
}

/// Brings a site a certificate that it does not have.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct IssueSsl(Task);

/// Brings a site the certificate after the one it has.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RenewSsl(Task);

fn steps<S: CertificateSaga>() -> Steps<S> {
    Steps::new()
        .then::<PlaceOrder<S>>()
        .then::<AnswerChallenges<S>>()
        .then::<CollectCertificate<S>>()
        .then::<InstallCertificate<S>>()
        .then::<VerifyHttps<S>>()
        .then::<TakeIntoUse<S>>()
}

impl Saga for IssueSsl {
    const KIND: &'static str = "ISSUE_SSL";
    const TITLE: &'static str = "Issue certificate";

    fn key(&self) -> String {
        format!("issue_ssl:{}:{}", self.0.site, self.0.round)
    }

    fn steps() -> Steps<Self> {
        steps()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

impl CertificateSaga for IssueSsl {
    fn of(task: Task) -> Self {
        Self(task)
    }

    fn task(&self) -> &Task {
        &self.0
    }
}

impl Saga for RenewSsl {
    const KIND: &'static str = "RENEW_SSL";
    const TITLE: &'static str = "Renew certificate";

    fn key(&self) -> String {
        format!("renew_ssl:{}:{}", self.0.site, self.0.round)
    }

    fn steps() -> Steps<Self> {
        steps()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

impl CertificateSaga for RenewSsl {
    const IS_RENEWAL: bool = true;

    fn of(task: Task) -> Self {
        Self(task)
    }

    fn task(&self) -> &Task {
        &self.0
    }
}

/// The site and its certificate as they are now.
async fn find(cx: &StepContext, task: &Task) -> Result<(Option<ServedSite>, Held), StepError> {
    let mut tx = cx.begin_read().await?;
    let site = served_site(tx.conn(), task.site).await?;
    let held = queries::of_site(tx.conn(), task.site).await?.ok_or_else(|| StepError::fail("The site no longer exists."))?;
    tx.finish().await?;
    Ok((site, held))
}

/// The same for a step that cannot do without the site's server.
async fn find_served(cx: &StepContext, task: &Task) -> Result<(ServedSite, Held), StepError> {
    let (site, held) = find(cx, task).await?;
    Ok((site.ok_or_else(|| StepError::fail("The CloudPod is not online."))?, held))
}

fn authorities(cx: &StepContext) -> Result<Arc<Authorities>, StepError> {
    cx.services().find::<Authorities>().cloned().ok_or_else(|| StepError::fail("No certificate authority is configured."))
}

/// Notes what failed, for the certificate's page.
async fn note(cx: &StepContext, certificate: CertificateId, trouble: &Trouble, earliest: Option<Time>) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_trouble(tx.conn(), certificate, trouble, earliest).await?;
    Ok(tx.commit_progress().await?)
}

/// Notes what a CA says, and ends the step with it. One that is out of order may be back in a moment.
async fn failed(cx: &StepContext, certificate: CertificateId, error: &AcmeError, address: &str, by_dns: &[String]) -> StepError {
    let trouble = Trouble::of_authority(error, address, by_dns);
    let earliest = match error {
        AcmeError::RateLimited { retry_after, .. } => Some(rules::after_rate_limit(cx.services().now(), *retry_after)),
        _ => None,
    };
    if let Err(broken) = note(cx, certificate, &trouble, earliest).await {
        return broken;
    }
    match error {
        AcmeError::Unavailable { .. } => StepError::retry(trouble.failure),
        _ => StepError::fail(format!("{} {}", trouble.failure, trouble.remedy)),
    }
}
