//! Orders: what billing has invoiced, before it is paid.

use super::{holder, queries, secrets};
use adapters::registrar::AuthCode;
use db::{AuditEvent, ConstraintExt, SystemTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    hosting::registrations::{HolderInput, RegistrationKind},
    ids::{DomainRegistrationId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use super::queries::Registration as RegistrationOf;

/// Orders of one account that may wait for their payment.
const MAX_ORDERED: i64 = 20;

/// What is ordered.
pub struct NewOrder<'a> {
    /// Who orders it.
    pub tenant: TenantId,
    /// What pays for it.
    pub subscription: SubscriptionId,
    /// The name, as [`super::look_up`] has read it.
    pub name: &'a str,
    /// The code of its current registrar; none to register it.
    pub code: Option<AuthCode>,
    /// Who will hold it.
    pub holder: &'a HolderInput,
    /// The name servers that it begins with; for a transfer they stay as they are.
    pub name_servers: Vec<String>,
}

/// Stores an order in the caller's transaction. It is carried out once [`super::follow`] is told that it is paid.
///
/// # Errors
/// On the fields of the holder; on `domain` when somebody else has ordered the name; a conflict when too many orders are not paid.
pub async fn place(services: &Services, tx: &mut SystemTx, order: NewOrder<'_>) -> Result<DomainRegistrationId> {
    let holder = holder::check(order.holder)?;
    if queries::count_ordered(tx.conn(), order.tenant).await? >= MAX_ORDERED {
        return Err(Error::conflict("Too many domains are ordered and not paid. Pay their invoices first."));
    }
    let id = DomainRegistrationId(Uuid::now_v7());
    let kind = if order.code.is_some() { RegistrationKind::Transfer } else { RegistrationKind::Register };
    let sealed = secrets::seal(&services.key, id, &order.code.unwrap_or_else(AuthCode::random))?;
    let new = queries::New {
        id,
        tenant: order.tenant,
        subscription: order.subscription,
        name: order.name,
        kind,
        contact: &contact_id(id),
        holder: &holder,
        sealed_code: &sealed,
        name_servers: &order.name_servers,
        now: services.now(),
    };
    queries::insert(tx.conn(), &new)
        .await
        .on_constraint("domain_registrations_name_key", || Error::field("domain", "This domain is ordered or registered here already."))?;
    let event = AuditEvent::new(AuditAction::DomainOrdered, "domain_registration", id, order.name).in_tenant(order.tenant);
    tx.record(event.after(serde_json::json!({ "kind": kind, "subscription": order.subscription })));
    Ok(id)
}

/// The id of a registration's contact at the registry: at most 16 characters, and no two registrations have the same.
fn contact_id(id: DomainRegistrationId) -> String {
    // The last bytes of an id are chance; those before are time.
    format!("MP{}", hex::encode(&id.0.as_bytes()[9..]).to_uppercase())
}

/// The registration that a subscription pays for.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Option<RegistrationOf>> {
    let Some(id) = queries::id_of_subscription(conn, subscription).await? else { return Ok(None) };
    Ok(queries::lock(conn, id).await?)
}

pub(super) fn ended(registration: &RegistrationOf, reason: &str) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::DomainRegistrationEnded, "domain_registration", registration.id, &registration.name);
    event.in_tenant(registration.tenant_id).after(serde_json::json!({ "reason": reason }))
}

/// Notes whether the subscription of a registration goes on, and with it the registration.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn set_auto_renew(tx: &mut SystemTx, registration: &RegistrationOf, auto_renew: bool) -> Result<()> {
    if queries::set_auto_renew(tx.conn(), registration.id, auto_renew).await? {
        let event = AuditEvent::new(AuditAction::DomainRegistrationChanged, "domain_registration", registration.id, &registration.name);
        let event = event.before(serde_json::json!({ "auto_renew": !auto_renew })).after(serde_json::json!({ "auto_renew": auto_renew }));
        tx.record(event.in_tenant(registration.tenant_id));
    }
    Ok(())
}
