//! What can be credited of the running time of a subscription: what was paid for it, and not taken back by the bank.

mod again;
mod queries;

pub(crate) use again::invoice_again;
pub(super) use queries::creditable_of;
pub(crate) use queries::{creditable_total, is_disputed, is_not_received};

use crate::tax::TaxDecision;
use engine::Result;
use model::{
    Time,
    billing::tax::TaxTreatment,
    ids::{InvoiceId, SubscriptionId},
    money::Money,
};
use sqlx::PgConnection;

/// What of an invoice of a subscription can be credited, in minor units without tax.
pub(crate) async fn left_of(conn: &mut PgConnection, subscription: SubscriptionId, invoice: InvoiceId, now: Time) -> Result<i64> {
    let rows = creditable_of(conn, subscription, now).await?;
    Ok(rows.into_iter().find(|(id, ..)| *id == invoice).map_or(0, |(_, net, _)| net))
}

/// What a credit takes from one invoice, in minor units, and how that was taxed.
pub(crate) struct CreditPart {
    pub net: i64,
    pub tax: i64,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    treatment: TaxTreatment,
    country: String,
}

impl CreditPart {
    /// Whether the invoice was taxed like this, for a buyer in this country: one document can be about both.
    pub fn is_taxed_as(&self, tax: &TaxDecision, country: &str) -> bool {
        (self.tax_rate_bp, self.treatment, self.country.as_str()) == (tax.rate_bp, tax.treatment, country)
    }
}

/// Splits a credit of `wanted` over the invoices, the latest first: from each at its own tax rate, and never more than was paid for time that is not
/// over.
pub(crate) async fn credits_of(conn: &mut PgConnection, subscription: SubscriptionId, wanted: i64, now: Time) -> Result<Vec<CreditPart>> {
    let (mut left, mut parts) = (wanted, Vec::new());
    for (invoice, net_left, tax_left) in creditable_of(&mut *conn, subscription, now).await? {
        if left <= 0 {
            break;
        }
        let net = left.min(net_left);
        left -= net;
        let (currency, tax_rate_bp, treatment, country) = queries::terms_of(&mut *conn, invoice).await?;
        // The last credit of an invoice takes all tax that is left, so that its credit notes add up to the invoice.
        let tax = if net == net_left {
            tax_left
        } else {
            let share = Money::new(net, currency).share(tax_rate_bp).ok_or_else(|| anyhow::anyhow!("the tax of a credit does not fit"))?;
            share.minor.min(tax_left)
        };
        parts.push(CreditPart { net, tax, tax_rate_bp, treatment, country });
    }
    Ok(parts)
}

/// Net and tax of a credit of `wanted`, in minor units: the sum of [`credits_of`].
pub(crate) async fn credit_of(conn: &mut PgConnection, subscription: SubscriptionId, wanted: i64, now: Time) -> Result<(i64, i64)> {
    let parts = credits_of(conn, subscription, wanted, now).await?;
    Ok(parts.iter().fold((0, 0), |(nets, taxes), part| (nets + part.net, taxes + part.tax)))
}
