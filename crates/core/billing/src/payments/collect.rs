//! What is collected by card. Of a provider that takes no small amounts, or rounds, the rest stays open: it is carried, and charged along with
//! the next invoice.

use crate::invoices::{self, OpenInvoice};
use adapters::payments::Payments;
use engine::{Result, Services};
use model::{ids::SubscriptionId, money::Money};
use sqlx::PgConnection;

/// What the provider takes of an amount.
pub(crate) fn takes(services: &Services, amount: Money) -> Money {
    services.part::<dyn Payments>().takes(amount)
}

/// The invoice of a subscription that is to be paid next: the oldest, without those that are carried.
pub(crate) async fn next_open(services: &Services, conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Option<OpenInvoice>> {
    let open = invoices::open_of(conn, subscription).await?;
    Ok(open.into_iter().find(|invoice| takes(services, invoice.open.money()).minor > 0))
}

/// What a card is charged for an invoice: what it has open, and what is carried of others.
pub(crate) async fn to_charge(services: &Services, conn: &mut PgConnection, subscription: SubscriptionId, invoice: &OpenInvoice) -> Result<Money> {
    let mut sum = invoice.open.money();
    for other in invoices::open_of(conn, subscription).await? {
        let open = other.open.money();
        let is_carried = other.id != invoice.id && other.due_at <= services.now() && takes(services, open).minor == 0;
        if let Some(more) = sum.plus(open).filter(|_| is_carried) {
            sum = more;
        }
    }
    Ok(takes(services, sum))
}
