//! A domain that was deleted is restored by its former holder, as long as the registry keeps it (RFC 3915); one whose subscription has ended, and
//! that the registry still has as ours, is taken back in the same way, without being restored.
//!
//! - The order is a registration of its own, with its own subscription and invoice, in place of the former one. When it is not paid, or
//!   the registry refuses, the former one goes on as it was.
//! - It adds a year to the day on which the domain ended, once.

mod queries;

use super::{
    order::{RegistrationOf, ended},
    queries as registrations, registrar, rules, secrets,
};
use crate::domains;
use adapters::registrar::{AuthCode, DomainInfo};
use db::{AuditEvent, ConstraintExt, SystemTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::registrations::RegistrationStatus,
    ids::{DomainRegistrationId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A domain of an account that it may have restored, or whose subscription it may take back. Whether that has ended is billing's to say.
///
/// # Errors
/// Not found, also when it is somebody else's; a conflict when it is not registered here, cannot be renewed, or an order of it was not paid before.
pub async fn restorable(conn: &mut PgConnection, tenant: TenantId, id: DomainRegistrationId) -> Result<RegistrationOf> {
    let found =
        registrations::lock(&mut *conn, id).await?.filter(|found| found.tenant_id == tenant).ok_or_else(|| Error::not_found("Registration"))?;
    let name = || domains::display(&found.name);
    match found.status {
        RegistrationStatus::Redemption => {}
        RegistrationStatus::Active if found.is_renewal_refused() || found.is_leaving => {
            return Err(Error::conflict(format!("{} can't be renewed here any more. Contact support.", name())));
        }
        // The registry's grace period is no time to wait for payments again and again.
        RegistrationStatus::Active if queries::was_not_paid(&mut *conn, id).await? => {
            return Err(Error::conflict(format!("The last order of {} was not paid. Contact support.", name())));
        }
        RegistrationStatus::Active => {}
        _ => return Err(Error::conflict(format!("{} is not registered here, or is ordered already.", name()))),
    }
    Ok(found)
}

/// Asks the registry whether it still keeps a deleted domain for its former holder, or still has another one as ours.
///
/// # Errors
/// A conflict when it does not; unavailable when it does not respond; `too_many` when it was asked too often in an hour.
pub async fn check_restorable(services: &Services, registration: &RegistrationOf) -> Result<()> {
    super::search::admit(services, registration.tenant_id).await?;
    let name = &registration.name;
    let found = registrar(services)?.info(name, None).await.map_err(|error| super::search::unavailable(&error))?;
    let is_as_known = |found: &DomainInfo| {
        if registration.is_in_redemption() { found.is_in_redemption() } else { !found.is_deleted() && !found.is_being_transferred() }
    };
    if found.is_some_and(|found| found.is_ours && is_as_known(&found)) {
        return Ok(());
    }
    Err(Error::conflict(format!("The registry no longer has {} as it is shown here. Try again later, or contact support.", domains::display(name))))
}

/// Stores the order to restore a domain in the caller's transaction, in place of `found`, which [`restorable`] has locked. `from` is when the domain
/// ended. It is carried out once [`super::follow`] is told that it is paid.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn place_restore(
    services: &Services,
    tx: &mut SystemTx,
    found: &RegistrationOf,
    subscription: SubscriptionId,
    from: Time,
) -> Result<DomainRegistrationId> {
    let (id, now) = (DomainRegistrationId(Uuid::now_v7()), services.now());
    let code: AuthCode = secrets::open(&services.key, found.id, &found.sealed_code)?;
    let sealed_code = secrets::seal(&services.key, id, &code)?;
    let is_open = registrations::end(tx.conn(), found.id, RegistrationStatus::Replaced, now).await?;
    let deleted_since = found.is_in_redemption().then_some(now);
    let new = queries::New { id, restores: found.id, subscription, sealed_code: &sealed_code, from, deleted_since, now };
    let already = || Error::conflict("This domain is ordered already.");
    let is_placed = is_open && queries::insert(tx.conn(), &new).await.on_constraint("domain_registrations_name_key", already)?;
    if !is_placed {
        return Err(already());
    }
    tx.record(ended(found, "it was ordered anew"));
    let event = AuditEvent::new(AuditAction::DomainOrdered, "domain_registration", id, &found.name).in_tenant(found.tenant_id);
    tx.record(event.after(serde_json::json!({ "kind": "RESTORE", "subscription": subscription })));
    Ok(id)
}

/// An order is over: what it was in place of goes on.
pub(super) async fn give_back(conn: &mut PgConnection, order: &RegistrationOf) -> sqlx::Result<()> {
    match order.restores {
        Some(former) => queries::give_back(conn, former).await,
        None => Ok(()),
    }
}

impl RegistrationOf {
    /// When the domain ended, of one that is deleted: the end of what is paid, where the registry has added a year by itself since.
    pub fn ended_at(&self, paid_until: Time) -> Time {
        match self.expires_at {
            Some(expires_at) if !rules::is_beyond(expires_at, paid_until) => expires_at,
            _ => paid_until,
        }
    }

    /// Whether it was deleted at the registry, which keeps it for a time.
    pub fn is_in_redemption(&self) -> bool {
        self.status == RegistrationStatus::Redemption
    }

    /// Until when the registry keeps it, as far as we know; nothing of one that was not deleted.
    pub fn restorable_until(&self) -> Option<Time> {
        self.redemption_since.map(rules::restorable_until)
    }
}
