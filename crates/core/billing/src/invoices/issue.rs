//! Issuing an invoice.

use super::queries;
use chrono::Datelike;
use model::{
    Time,
    billing::{
        checkout::Quote,
        invoices::{InvoiceLine, Party},
    },
    ids::{CheckoutId, InvoiceId, SubscriptionId, TenantId},
    money::Money,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A paid order that is to be invoiced.
pub(crate) struct NewInvoice<'a> {
    pub tenant: TenantId,
    pub subscription: SubscriptionId,
    pub checkout: CheckoutId,
    pub quote: &'a Quote,
    pub buyer: &'a Party,
    pub seller: &'a Party,
    pub at: Time,
    pub period_end: Time,
}

/// Issues a paid invoice and returns it with its number. Call it late in the transaction: from here until the commit
/// every other invoice of this year waits for its number.
pub(crate) async fn issue(conn: &mut PgConnection, new: &NewInvoice<'_>) -> sqlx::Result<(InvoiceId, String)> {
    let id = InvoiceId(Uuid::now_v7());
    let series = format!("INV-{}", new.at.year());
    let last = queries::next_number(&mut *conn, &series).await?;
    let number = format!("{series}-{last:05}");
    queries::insert(&mut *conn, id, &number, new).await?;
    for (position, line) in (1..).zip(lines(new)) {
        queries::insert_line(&mut *conn, Uuid::now_v7(), new.tenant, id, position, &line).await?;
    }
    Ok((id, number))
}

fn lines<'a>(new: &'a NewInvoice<'_>) -> impl Iterator<Item = InvoiceLine> + 'a {
    let currency = new.quote.net.currency;
    new.quote.lines.iter().map(move |line| InvoiceLine {
        description: line.description.clone(),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, currency),
        net: Money::new(line.net, currency),
        period_start: new.at,
        period_end: new.period_end,
    })
}
