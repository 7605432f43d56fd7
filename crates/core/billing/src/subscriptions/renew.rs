//! The invoice of a period.

use super::{
    letters::RenewalIssued,
    price::{self, PeriodPrice, PricedItem},
    price_move,
    queries::Plan,
};
use crate::{
    coupons::{self, ChargedTime, ItemCharge},
    documents,
    invoices::{self, Issued, NewInvoice},
    letters, payments, profiles,
};
use db::SystemTx;
use engine::{Result, Services, text::day};
use model::{
    Time,
    billing::{invoices::InvoiceLine, products::BillingCycle},
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::Money,
};

/// Issues the invoice of a period, uses the account's credit for it, and tells the customer what is charged and when.
pub(super) async fn issue(services: &Services, tx: &mut SystemTx, plan: &Plan, period: (Time, Time), due_at: Time) -> Result<()> {
    let at = services.now();
    let price = price::of_period(tx.conn(), plan, period.0).await?;
    let lines = lines(plan, &price, period);
    let buyer = profiles::buyer(tx.conn(), plan.tenant_id).await?;
    let new = NewInvoice {
        tenant: plan.tenant_id,
        subscription: Some(plan.id),
        checkout: None,
        period_start: Some(period.0),
        currency: plan.currency,
        lines: &lines,
        tax: &buyer.tax(&services.settings, period.0),
        buyer: &buyer.party,
        seller: &services.settings.seller,
        at,
        due_at,
    };
    let issued = invoices::issue(tx, &new).await?;
    price_move::note_charged(tx.conn(), plan.id, period.0).await?;
    if let Some(coupon) = &price.coupon {
        let charge =
            |priced: &PricedItem| ItemCharge { item: priced.item.id, quantity: priced.item.quantity, net: priced.net, discount: priced.discount };
        let charges: Vec<ItemCharge> = price.items.iter().map(charge).collect();
        let time = ChargedTime { start: period.0, end: period.1, is_whole_period: true };
        coupons::record(tx.conn(), plan.tenant_id, coupon, Some(issued.id), &charges, &time).await?;
    }
    invoices::use_credit(tx, plan.tenant_id, &issued, at).await?;
    tell(services, tx, plan.tenant_id, &plan.product_name, &issued, due_at).await
}

/// Tells the customer what is charged for an invoice, and when. Nothing where nothing of it is open.
pub(crate) async fn tell(services: &Services, tx: &mut SystemTx, tenant: TenantId, product: &str, issued: &Issued, due_at: Time) -> Result<()> {
    let open = invoices::queries::open(tx.conn(), issued.id).await?;
    let Some(open) = open.map(invoices::queries::Amount::money).filter(|open| open.minor > 0) else { return Ok(()) };
    let card = payments::default_method(services, tx.conn(), tenant).await?.map(|method| method.label());
    let write = |portal: &str| RenewalIssued {
        document: documents::attachment(issued.id, &issued.number),
        product: product.to_owned(),
        invoice: issued.number.clone(),
        amount: open.to_string(),
        due: day(due_at),
        card,
        link: format!("{portal}/invoices/{}", issued.id),
    };
    letters::send(services, tx, tenant, write).await
}

/// A line for the plan and for each add-on, then one for what the coupon takes off each.
pub(super) fn lines(plan: &Plan, price: &PeriodPrice, (start, end): (Time, Time)) -> Vec<InvoiceLine> {
    let cycle = match price.cycle {
        BillingCycle::Monthly => "paid monthly",
        BillingCycle::Yearly => "paid yearly",
    };
    let charge = |priced: &PricedItem| InvoiceLine {
        description: format!("{}, {cycle}", priced.item.product_name),
        quantity: priced.item.quantity,
        unit_price: Money::new(priced.item.price, plan.currency),
        net: Money::new(priced.net, plan.currency),
        period_start: start,
        period_end: end,
    };
    let mut lines: Vec<InvoiceLine> = price.items.iter().map(charge).collect();
    if let Some(coupon) = &price.coupon {
        let discounted = price.items.iter().filter(|priced| priced.discount > 0);
        lines.extend(
            discounted
                .map(|priced| coupons::discount_line(&coupon.terms.code, &priced.item.product_name, priced.discount, plan.currency, (start, end))),
        );
    }
    lines
}

/// The invoice of a subscription that was paid last, since then.
pub(super) async fn paid_since(tx: &mut SystemTx, id: SubscriptionId, since: Time) -> Result<Option<(InvoiceId, String, Money)>> {
    let found = invoices::queries::paid_since(tx.conn(), id, since).await?;
    Ok(found.map(|(id, number, total, currency)| (id, number, Money::new(total, currency))))
}
