//! The invoice of a period.

use super::{
    letters::RenewalIssued,
    queries::{self, Plan},
};
use crate::{
    documents,
    dunning::day,
    invoices::{self, NewInvoice},
    letters, payments, profiles, tax,
};
use db::SystemTx;
use engine::{Result, Services};
use model::{
    Time,
    billing::{invoices::InvoiceLine, products::BillingCycle},
    ids::{InvoiceId, SubscriptionId},
    money::Money,
};

/// Issues the invoice of a period, uses the account's credit for it, and tells the customer what is charged and when.
pub(super) async fn issue(services: &Services, tx: &mut SystemTx, plan: &Plan, period: (Time, Time), due_at: Time) -> Result<()> {
    let at = services.now();
    let lines = lines(tx, plan, period).await?;
    let buyer = profiles::buyer(tx.conn(), plan.tenant_id).await?;
    let new = NewInvoice {
        tenant: plan.tenant_id,
        subscription: Some(plan.id),
        checkout: None,
        period_start: Some(period.0),
        currency: plan.currency,
        lines: &lines,
        tax: &tax::decide(&services.settings, &buyer.party.country, buyer.vat_number.as_deref(), period.0),
        buyer: &buyer.party,
        seller: &services.settings.seller,
        at,
        due_at,
    };
    let issued = invoices::issue(tx, &new).await?;
    invoices::use_credit(tx, plan.tenant_id, &issued, at).await?;
    let open = invoices::queries::open(tx.conn(), issued.id).await?;
    let Some(open) = open.map(invoices::queries::Amount::money).filter(|open| open.minor > 0) else { return Ok(()) };
    let card = payments::default_method(services, tx.conn(), plan.tenant_id).await?.map(|method| method.label());
    let write = |portal: &str| RenewalIssued {
        document: documents::attachment(issued.id, &issued.number),
        product: plan.product_name.clone(),
        invoice: issued.number.clone(),
        amount: open.to_string(),
        due: day(due_at),
        card,
        link: format!("{portal}/invoices/{}", issued.id),
    };
    letters::send(services, tx, plan.tenant_id, write).await
}

/// A line for the plan and for each add-on.
async fn lines(tx: &mut SystemTx, plan: &Plan, (start, end): (Time, Time)) -> Result<Vec<InvoiceLine>> {
    let cycle = match plan.billing_cycle {
        BillingCycle::Monthly => "paid monthly",
        BillingCycle::Yearly => "paid yearly",
    };
    let items = queries::items(tx.conn(), plan.id).await?;
    items
        .into_iter()
        .map(|item| {
            let net = item.price.checked_mul(i64::from(item.quantity)).ok_or_else(|| anyhow::anyhow!("the price of a subscription does not fit"))?;
            Ok(InvoiceLine {
                description: format!("{}, {cycle}", item.product_name),
                quantity: item.quantity,
                unit_price: Money::new(item.price, plan.currency),
                net: Money::new(net, plan.currency),
                period_start: start,
                period_end: end,
            })
        })
        .collect()
}

/// The invoice of a subscription that was paid last, since then.
pub(super) async fn paid_since(tx: &mut SystemTx, id: SubscriptionId, since: Time) -> Result<Option<(InvoiceId, String, Money)>> {
    let found = invoices::queries::paid_since(tx.conn(), id, since).await?;
    Ok(found.map(|(id, number, total, currency)| (id, number, Money::new(total, currency))))
}
