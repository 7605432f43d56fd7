//! The billing overview of an account. It only reads: each sum is computed by the module it belongs to.

mod queries;
#[cfg(test)]
mod tests;

use crate::{invoices, payments, profiles, subscriptions};
use db::TenantRead;
use engine::{Result, Services};
use model::{billing::overview::BillingOverview, permission::BillingRead};

/// The billing overview of the open account.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_tenant(services: &Services, tx: &mut impl TenantRead<BillingRead>) -> Result<BillingOverview> {
    let (tenant, now) = (tx.tenant(), services.now());
    let counts = queries::open_counts(tx.conn(), tenant, now).await?;
    let mut open = Vec::new();
    for invoice in queries::open(tx.conn(), tenant).await? {
        open.push(invoices::get_of_tenant(tx, invoice).await?);
    }
    Ok(BillingOverview {
        currency: invoices::has_currency(tx.conn(), tenant).await?,
        open,
        open_count: counts.open,
        overdue_count: counts.overdue,
        next: subscriptions::next_charge(services, tx.conn(), tenant).await?,
        credit: queries::credit(tx.conn(), tenant).await?.into_iter().map(queries::CreditRow::view).collect(),
        methods: payments::list(services, tx).await?,
        profile: profiles::get_of_tenant(services, tx).await?,
        documents: queries::documents(tx.conn(), tenant, now).await?.into_iter().map(queries::Document::view).collect(),
    })
}
