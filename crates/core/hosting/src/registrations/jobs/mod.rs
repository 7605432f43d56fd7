//! The sagas of registered domains. Each looks at what the registry has before it asks for anything, so that none does it twice.

mod delete_domain;
mod register_domain;
mod renew_domain;
mod restore_domain;
mod steps;
mod transfer_domain;

pub(super) use delete_domain::DeleteDomain;
pub(super) use register_domain::RegisterDomain;
pub(super) use renew_domain::RenewDomain;
pub(super) use restore_domain::RestoreDomain;
pub(super) use transfer_domain::TransferDomain;

use super::{
    follow::SUBSCRIPTION_BILLING,
    queries::{self, Registration},
    rules, secrets,
};
use adapters::registrar::{AuthCode, Registrar, RegistrarError};
use chrono::TimeDelta;
use db::{AuditEvent, SystemTx};
use engine::{
    Services,
    saga::{self, JobMeta, Saga, StepContext, StepError, Subject},
};
use model::{
    Time,
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    ids::{DomainRegistrationId, JobId},
};
use std::sync::Arc;

/// Between two tries while the registry does not respond, or our account there is out of order.
const PAUSE: TimeDelta = TimeDelta::minutes(10);
/// So long a registry may say, by mistake, that it does not have a domain of ours.
const NOT_FOUND_TIMEOUT: TimeDelta = TimeDelta::days(1);
/// So long a domain is asked for while the registry does not respond; then the order is over, and billing pays it back.
const PATIENCE: TimeDelta = TimeDelta::days(14);

/// Puts a job of a registration in line. Whoever calls has locked it and seen that no other job of it goes on.
pub(super) async fn start<S: Saga>(services: &Services, tx: &mut SystemTx, registration: &Registration, saga: &S) -> Result<JobId, sqlx::Error> {
    let subject = Subject { kind: "domain_registration", id: registration.id.0, name: registration.name.clone() };
    let meta = JobMeta { actor: tx.caller().actor.clone(), tenant: Some(registration.tenant_id), subject: Some(subject) };
    let job = saga::enqueue(tx.conn(), services.now(), saga, meta).await?.job;
    queries::set_job(tx.conn(), registration.id, job).await?;
    let title = format!("{} {}", S::TITLE, registration.name);
    tx.record(AuditEvent::new(AuditAction::JobEnqueued, "job", job, title).in_tenant(registration.tenant_id));
    Ok(job)
}

/// A saga about a registration.
trait OfRegistration: Saga {
    fn registration(&self) -> DomainRegistrationId;
}

async fn find(cx: &StepContext, id: DomainRegistrationId) -> Result<Registration, StepError> {
    let mut tx = cx.begin_read().await?;
    let found = queries::get(tx.conn(), id).await?;
    tx.finish().await?;
    found.ok_or_else(|| StepError::fail("The registration no longer exists."))
}

fn registrar(cx: &StepContext) -> Result<Arc<dyn Registrar>, StepError> {
    cx.services().find::<dyn Registrar>().cloned().ok_or_else(|| StepError::fail("No registry is configured."))
}

fn code(cx: &StepContext, registration: &Registration) -> Result<AuthCode, StepError> {
    Ok(secrets::open(&cx.services().key, registration.id, &registration.sealed_code)?)
}

/// What may work later is tried again until then: the job sleeps, for a registry can be out of order for hours, and no order ends by that.
fn later_until(cx: &StepContext, error: &RegistrarError, until: Option<Time>) -> StepError {
    let (sentence, now) = (rules::sentence(error), cx.services().now());
    if !error.is_temporary() || until.is_some_and(|until| until <= now) {
        return StepError::retry(sentence);
    }
    tracing::warn!(%error, job = %cx.job(), "the registry did nothing, and is asked again later");
    cx.log(EventLevel::Warn, format!("{sentence} It is asked again in {} minutes.", PAUSE.num_minutes()));
    StepError::Wait { until: now + PAUSE }
}

/// The same without an end: on the way back, and where there is none, nothing else can be done.
fn later(cx: &StepContext, error: &RegistrarError) -> StepError {
    later_until(cx, error, None)
}

/// What the registry says, as the end of a step: what may work later is tried again, and the rest is noted for the registration's page.
async fn failed(cx: &StepContext, found: &Registration, error: &RegistrarError) -> StepError {
    if error.is_temporary() {
        return later_until(cx, error, Some(cx.since() + PATIENCE));
    }
    let sentence = rules::sentence(error);
    match note(cx, found.id, &sentence).await {
        Ok(()) => StepError::fail(sentence),
        Err(broken) => broken,
    }
}

async fn note(cx: &StepContext, id: DomainRegistrationId, sentence: &str) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_failure(tx.conn(), id, sentence).await?;
    Ok(tx.commit_progress().await?)
}
