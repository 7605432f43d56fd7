//! `RENEW_DOMAIN`: a year that was paid for is added at the registry, once.

use super::{NOT_FOUND_TIMEOUT, OfRegistration, PAUSE, SUBSCRIPTION_BILLING, find, later_until, queries, registrar, rules};
use adapters::registrar::RegistrarError;
use chrono::TimeDelta;
use db::AuditEvent;
use engine::{
    reconcile::touch,
    saga::{Saga, Step, StepContext, StepError, Steps},
    text::day,
};
use model::{
    Time, administration::provisioning::EventLevel, audit_action::AuditAction, hosting::registrations::RegistrationStatus, ids::DomainRegistrationId,
};
use serde::{Deserialize, Serialize};

/// Years that are added at a time, as they are paid.
const YEARS: u8 = 1;

/// So long after a registration has ended registries take a renewal; then a person has to look.
const GRACE: TimeDelta = TimeDelta::days(30);

/// Adds a year to a domain.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) struct RenewDomain {
    pub(in crate::registrations) registration: DomainRegistrationId,
    /// When the registration ended before.
    pub(in crate::registrations) from: Time,
    /// How many times this was begun for the domain, this one included.
    pub(in crate::registrations) round: i64,
}

impl OfRegistration for RenewDomain {
    fn registration(&self) -> DomainRegistrationId {
        self.registration
    }
}

impl Saga for RenewDomain {
    const KIND: &'static str = "RENEW_DOMAIN";
    const TITLE: &'static str = "Renew domain";

    fn key(&self) -> String {
        format!("renew_domain:{}:{}", self.registration, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<RenewName>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(6)
    }
}

/// Renews the domain, unless it was. Its outcome is until when; nothing when the registry refuses, which billing pays back.
pub(in crate::registrations) struct RenewName;

impl Step for RenewName {
    type Saga = RenewDomain;
    type Output = Option<Time>;
    const NAME: &'static str = "renew_name";
    const TITLE: &'static str = "Renew the domain at the registry";
    // A year that was added is not given back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RenewDomain) -> Result<Option<Time>, StepError> {
        let found = find(cx, saga.registration()).await?;
        let now = cx.services().now();
        let renewed = match registrar(cx)?.extend(&found.name, saga.from, YEARS).await {
            Err(error) if error.is_temporary() => return Err(later_until(cx, &error, Some(saga.from + GRACE))),
            // One wrong answer ends no renewal that was paid.
            Err(RegistrarError::NotFound { .. }) if now < cx.since() + NOT_FOUND_TIMEOUT => return Err(StepError::Wait { until: now + PAUSE }),
            renewed => renewed,
        };
        let mut tx = cx.begin().await?;
        let outcome = match renewed {
            Ok(expires_at) => {
                if queries::set_active(tx.conn(), found.id, expires_at).await? {
                    let event = AuditEvent::new(AuditAction::DomainRenewed, "domain_registration", found.id, &found.name);
                    tx.record(event.in_tenant(found.tenant_id).after(serde_json::json!({ "expires_at": expires_at })));
                }
                cx.log(EventLevel::Info, format!("{} is registered until {}.", found.name, day(expires_at)));
                Some(expires_at)
            }
            Err(error) => {
                let sentence = rules::sentence(&error);
                cx.log(EventLevel::Warn, &sentence);
                if found.status != RegistrationStatus::Left && !found.is_renewal_refused() {
                    queries::set_renewal_refused(tx.conn(), found.id, &sentence, now).await?;
                    let event = AuditEvent::new(AuditAction::DomainRenewalRefused, "domain_registration", found.id, &found.name);
                    tx.record(event.in_tenant(found.tenant_id).after(serde_json::json!({ "reason": sentence })));
                }
                None
            }
        };
        touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
        tx.commit_progress().await?;
        Ok(outcome)
    }

    async fn undo(_: &StepContext, _: &RenewDomain, _: Option<&Option<Time>>) -> Result<(), StepError> {
        Err(StepError::fail("A renewal can't be taken back."))
    }
}
