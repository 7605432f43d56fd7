//! `DELETE_DOMAIN`: a domain that nobody has paid for is deleted in the grace period of the year that the registry has added by itself. A
//! payment that arrives before the registry is asked wins.

use super::{OfRegistration, PAUSE, SUBSCRIPTION_BILLING, find, later, registrar, rules};
use crate::registrations::unpaid::queries;
use db::AuditEvent;
use engine::{
    reconcile::touch,
    saga::{Saga, Step, StepContext, StepError, Steps},
};
use model::{Time, administration::provisioning::EventLevel, audit_action::AuditAction, ids::DomainRegistrationId};
use serde::{Deserialize, Serialize};

/// Deletes a domain at the registry.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) struct DeleteDomain {
    pub(in crate::registrations) registration: DomainRegistrationId,
    /// Until when it was paid.
    pub(in crate::registrations) paid_until: Time,
    /// How many times this was begun for the domain, this one included.
    pub(in crate::registrations) round: i64,
}

impl OfRegistration for DeleteDomain {
    fn registration(&self) -> DomainRegistrationId {
        self.registration
    }
}

impl Saga for DeleteDomain {
    const KIND: &'static str = "DELETE_DOMAIN";
    const TITLE: &'static str = "Delete unpaid domain";

    fn key(&self) -> String {
        format!("delete_domain:{}:{}", self.registration, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<DeleteName>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(6)
    }
}

/// Deletes the domain, unless it is paid or the registry has ended its grace period. Its outcome is whether it did.
pub(in crate::registrations) struct DeleteName;

impl Step for DeleteName {
    type Saga = DeleteDomain;
    type Output = bool;
    const NAME: &'static str = "delete_name";
    const TITLE: &'static str = "Delete the domain at the registry";
    // Its holder can have it restored; we cannot take it back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &DeleteDomain) -> Result<bool, StepError> {
        let found = find(cx, saga.registration()).await?;
        let registrar = registrar(cx)?;
        let kept = |reason: &str| {
            cx.log(EventLevel::Info, format!("{} is not deleted: {reason}.", found.name));
            Ok(false)
        };
        let domain = registrar.info(&found.name, None).await.map_err(|error| later(cx, &error))?;
        let Some(domain) = domain.filter(|domain| domain.is_ours) else { return kept("the registry does not have it in our account") };
        // An earlier try of this step may have deleted it, and its answer may have been lost.
        if !domain.is_deleted() {
            if !domain.is_auto_renewed() || domain.is_being_transferred() {
                return kept("its grace period at the registry is over, or it is being transferred");
            }
            // As late as can be: whoever pays until now keeps the domain.
            let mut tx = cx.begin_read().await?;
            let fresh = super::queries::get(tx.conn(), found.id).await?;
            let is_being_paid = queries::is_being_paid(tx.conn(), found.id, saga.paid_until, cx.services().now()).await?;
            tx.finish().await?;
            if is_being_paid || fresh.is_none_or(|fresh| !fresh.is_registered() || fresh.paid_until != Some(saga.paid_until)) {
                return kept("it was paid, or its payment is on its way");
            }
            match registrar.delete(&found.name).await {
                Ok(()) => cx.log(EventLevel::Info, format!("Deleted {} at the registry.", found.name)),
                Err(error) if error.is_temporary() => return Err(later(cx, &error)),
                Err(error) => {
                    cx.log(EventLevel::Warn, rules::sentence(&error));
                    return Err(StepError::Wait { until: cx.services().now() + PAUSE });
                }
            }
        }
        deleted(cx, saga).await
    }

    async fn undo(_: &StepContext, _: &DeleteDomain, _: Option<&bool>) -> Result<(), StepError> {
        Err(StepError::fail("A deletion can't be taken back."))
    }
}

/// Notes the deletion. Billing pays back what arrived while the registry was deleting.
async fn deleted(cx: &StepContext, saga: &DeleteDomain) -> Result<bool, StepError> {
    let found = find(cx, saga.registration()).await?;
    let now = cx.services().now();
    let mut tx = cx.begin().await?;
    if queries::set_deleted(tx.conn(), found.id, saga.paid_until, now).await? {
        let event = AuditEvent::new(AuditAction::DomainDeleted, "domain_registration", found.id, &found.name);
        tx.record(event.in_tenant(found.tenant_id).after(serde_json::json!({ "paid_until": saga.paid_until })));
        touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
    }
    tx.commit_progress().await?;
    Ok(true)
}
