//! Billing profiles: who is invoiced, where, and under which VAT number.
//!
//! - A change counts for documents that are issued from then on; what was issued keeps its parties.
//! - A VAT number is well-formed before it is stored, and unconfirmed until VIES has confirmed it. Until then, and when VIES does not know it,
//!   invoices carry VAT as for a consumer. VIES not answering changes nothing: a new number stays unconfirmed, a confirmed one confirmed.
//! - Only the answer of VIES to the number that is stored at that moment counts.
//! - A buyer's number is asked about before the sum is shown; one that VIES does not know is refused. The account that the order makes begins with
//!   a profile that carries it. An order never changes the profile of an account that exists: whoever orders may not be its member.

mod input;
mod queries;
mod reconcile;
#[cfg(test)]
mod tests;
mod visitor;

pub(crate) use input::read_address;
pub(crate) use queries::{buyer, contacts};
pub(crate) use visitor::{StatedNumber, state_number};

use crate::tax::VatNumber;
use db::{AuditEvent, Caller, PlatformRead, PlatformTx, SystemTx, TenantRead, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
};
use model::{
    audit_action::AuditAction,
    billing::profiles::{BillingProfile, ProfileInput, VatStatus},
    ids::TenantId,
    permission::{BillingManage, BillingRead},
};
use reconcile::VatNumbers;
use sqlx::PgConnection;

/// The reconciler that tells the payment provider who an account is; it stands in a module above.
pub(crate) const PAYMENT_CUSTOMER: &str = "payment_customer";

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<VatNumbers>();
}

/// The billing profile of a customer.
///
/// # Errors
/// Not found.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<BillingRead>, tenant: TenantId) -> Result<BillingProfile> {
    load(services, tx.conn(), tenant).await
}

/// The billing profile of the open account.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn get_of_tenant(services: &Services, tx: &mut impl TenantRead<BillingRead>) -> Result<BillingProfile> {
    let tenant = tx.tenant();
    load(services, tx.conn(), tenant).await
}

/// Changes the billing profile of a customer, for staff.
///
/// # Errors
/// Not found; on every field that is not right, all at once.
pub async fn save(services: &Services, tx: PlatformTx<BillingManage>, tenant: TenantId, input: &ProfileInput) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    store(services, caller, tenant, input).await
}

/// Changes the billing profile of the open account.
///
/// # Errors
/// As [`save`].
pub async fn save_of_tenant(services: &Services, tx: TenantTx<BillingManage>, input: &ProfileInput) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    store(services, caller, tenant, input).await
}

/// The first profile of an account that an order has made.
pub(crate) async fn create(
    services: &Services,
    tx: &mut SystemTx,
    tenant: TenantId,
    company: Option<&str>,
    address: Option<&str>,
    vat: Option<&StatedNumber>,
) -> Result<()> {
    let now = services.now();
    queries::insert(tx.conn(), tenant, company, address, vat, now).await?;
    let profile = queries::one(tx.conn(), tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    if vat.is_some_and(|vat| vat.status == VatStatus::Pending) {
        touch(tx.conn(), VatNumbers::NAME, tenant.0, now).await?;
    }
    let event = AuditEvent::new(AuditAction::BillingProfileUpdated, "billing_profile", tenant, &profile.account).in_tenant(tenant);
    tx.record(event.after(profile.recorded()));
    Ok(())
}

/// The seller's own VAT number: VIES gives a proof to who has one.
fn requester(services: &Services) -> Option<String> {
    let seller = &services.settings.seller;
    VatNumber::parse(&seller.tax_number, &seller.country).ok().map(|number| number.to_string())
}

async fn load(services: &Services, conn: &mut PgConnection, tenant: TenantId) -> Result<BillingProfile> {
    let found = queries::one(conn, tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    let tax = found.tax(&services.settings, services.now());
    Ok(found.view(tenant, &tax))
}

async fn store(services: &Services, caller: Caller, tenant: TenantId, input: &ProfileInput) -> Result<()> {
    let mut tx = services.db.system(caller).await?;
    let before = queries::one(tx.conn(), tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    let checked = input::check(input)?;
    let now = services.now();
    queries::upsert(tx.conn(), tenant, &checked, now).await?;
    let after = queries::one(tx.conn(), tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    if checked.vat_number.is_some() {
        touch(tx.conn(), VatNumbers::NAME, tenant.0, now).await?;
    }
    touch(tx.conn(), PAYMENT_CUSTOMER, tenant.0, now).await?;
    let event = AuditEvent::new(AuditAction::BillingProfileUpdated, "billing_profile", tenant, &before.account).in_tenant(tenant);
    Ok(tx.commit(event.before(before.recorded()).after(after.recorded())).await?)
}
