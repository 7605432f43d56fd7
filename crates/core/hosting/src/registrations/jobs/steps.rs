//! Steps that registering a domain and bringing it here share.

use super::{OfRegistration, Registration, SUBSCRIPTION_BILLING, failed, find, queries, registrar};
use crate::registrations::{holder, reconcile::DomainRegistrations, restore};
use db::AuditEvent;
use engine::{
    reconcile::{Reconciler, touch},
    saga::{FencedTx, Step, StepContext, StepError},
};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::registrations::{HolderInput, RegistrationKind, RegistrationStatus},
    ids::DomainRegistrationId,
};
use std::marker::PhantomData;

/// Tells the registry who will hold the domain. Rolled back last: then the order is over, and billing pays it back.
pub(super) struct SaveContact<S>(PhantomData<fn() -> S>);

impl<S: OfRegistration> Step for SaveContact<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "save_contact";
    const TITLE: &'static str = "Save the holder's contact at the registry";

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let found = find(cx, saga.registration()).await?;
        ensure_open(cx, &found).await?;
        if let Err(error) = registrar(cx)?.save_contact(&found.contact_id, &holder::contact(&found.holder)).await {
            return Err(failed(cx, &found, &error).await);
        }
        let mut tx = cx.begin().await?;
        holder_sent(&mut tx, found.id, &found.holder).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(cx: &StepContext, saga: &S, _: Option<&()>) -> Result<(), StepError> {
        let found = find(cx, saga.registration()).await?;
        refuse(cx, &found).await
    }
}

/// A job that was rolled back can be tried again until billing has paid the order back; then nothing is registered any more.
async fn ensure_open(cx: &StepContext, found: &Registration) -> Result<(), StepError> {
    let status = match found.kind {
        RegistrationKind::Register => RegistrationStatus::Registering,
        RegistrationKind::Transfer => RegistrationStatus::Transferring,
        RegistrationKind::Restore => RegistrationStatus::Restoring,
    };
    if found.status == status {
        return Ok(());
    }
    let mut tx = cx.begin().await?;
    // Billing pays back under this lock: what it has done is seen by the next statement.
    queries::lock(tx.conn(), found.id).await?;
    if !queries::reopen(tx.conn(), found.id, status).await? {
        return Err(StepError::fail("The order is over and was paid back. The domain has to be ordered again."));
    }
    Ok(tx.commit_progress().await?)
}

/// The order is over, and billing pays it back.
pub(super) async fn refuse(cx: &StepContext, found: &Registration) -> Result<(), StepError> {
    let now = cx.services().now();
    let mut tx = cx.begin().await?;
    if queries::end(tx.conn(), found.id, RegistrationStatus::Refused, now).await? {
        restore::give_back(tx.conn(), found).await?;
        let event = AuditEvent::new(AuditAction::DomainRegistrationEnded, "domain_registration", found.id, &found.name);
        tx.record(event.in_tenant(found.tenant_id).after(serde_json::json!({ "reason": found.failure })));
        touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
    }
    Ok(tx.commit_progress().await?)
}

async fn holder_sent(tx: &mut FencedTx, id: DomainRegistrationId, holder: &HolderInput) -> Result<(), StepError> {
    Ok(queries::set_holder_sent(tx.conn(), id, holder).await?)
}

/// The domain is the account's from now on; the reconciler puts it among its domains, and has its name servers and its lock set.
pub(super) async fn take_over(cx: &StepContext, id: DomainRegistrationId, expires_at: Time) -> Result<(), StepError> {
    let found = find(cx, id).await?;
    let now = cx.services().now();
    let mut tx = cx.begin().await?;
    if queries::set_active(tx.conn(), id, expires_at).await? {
        let event = AuditEvent::new(AuditAction::DomainRegistered, "domain_registration", id, &found.name).in_tenant(found.tenant_id);
        tx.record(event.after(serde_json::json!({ "expires_at": expires_at })));
    }
    touch(tx.conn(), DomainRegistrations::NAME, id.0, now).await?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
    Ok(tx.commit_progress().await?)
}
