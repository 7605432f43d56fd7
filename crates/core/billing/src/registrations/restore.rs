//! A deleted domain is restored for a fee and the price of one more year, paid before the registry is asked. One whose subscription has ended, and
//! that was not deleted yet, is renewed for the price of a year. The order has a subscription and an invoice of its own; the subscription that the domain
//! had ends with it.

use super::Sums;
use crate::{
    domain_prices::queries::{self as prices, Prices, Row},
    ledger, payments, profiles,
    subscriptions::{
        domains::{self, Former},
        period,
        queries::Period,
        transition::{self, Transition},
    },
    tax::TaxDecision,
};
use core_hosting::registrations::{self, RegistrationOf};
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::{InvoiceLine, Party},
        products::BillingCycle,
    },
    hosting::registrations::{OrderedDomain, RestoreInput, RestoreQuote},
    ids::{DomainRegistrationId, SubscriptionId, TenantId},
    money::Money,
    permission::SubscriptionsWrite,
};

/// A restoration with everything that its order needs.
struct Quoted {
    shown: RestoreQuote,
    lines: Vec<InvoiceLine>,
    tax: TaxDecision,
    buyer: Party,
    row: Row,
    /// When the domain ended: the year is added to that.
    from: Time,
}

impl Quoted {
    fn is_as_shown(&self, input: &RestoreInput) -> bool {
        let RestoreQuote { total, due, total_then, .. } = &self.shown;
        (total.minor, due.minor, total_then.minor) == (input.total, input.due, input.total_then)
    }
}

/// What it costs the open account to have a domain restored or renewed, as of now; nothing where that is not offered for its ending.
///
/// # Errors
/// Not found, also when it is somebody else's; a conflict when the domain was not deleted and its subscription goes on.
pub async fn quote_restore(services: &Services, tx: TenantTx<SubscriptionsWrite>, id: DomainRegistrationId) -> Result<Option<RestoreQuote>> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = registrations::restorable(tx.conn(), tenant, id).await?;
    if !registrations::is_offered(services) {
        return Ok(tx.finish().await.map(|()| None)?);
    }
    let former = domains::former(tx.conn(), found.subscription_id).await?;
    let quoted = compute(services, &mut tx, &found, &former, services.now()).await?;
    tx.finish().await?;
    Ok(quoted.map(|quoted| quoted.shown))
}

/// Orders a domain of the open account to be restored or renewed, as it was quoted. The registry is asked for it once that is paid; the account's
/// card is charged at once.
///
/// # Errors
/// Not found; a conflict when it is not offered, costs another sum than the quote showed, or the registry no longer keeps the domain; then nothing is
/// ordered. Unavailable when the registry does not respond; `too_many` when it was asked too often in an hour.
pub async fn order_restore(
    services: &Services,
    tx: TenantTx<SubscriptionsWrite>,
    id: DomainRegistrationId,
    input: &RestoreInput,
) -> Result<OrderedDomain> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    let found = registrations::restorable(tx.conn(), tenant, id).await?;
    tx.finish().await?;
    registrations::check_restorable(services, &found).await?;

    let mut tx = services.db.system(caller).await?;
    // In the order in which subscriptions are billed: subscription, account, registration.
    let former = domains::lock_former(tx.conn(), found.subscription_id, tenant).await?;
    let found = registrations::restorable(tx.conn(), tenant, id).await?;
    let now = services.now();
    let quoted = compute(services, &mut tx, &found, &former, now).await?;
    let quoted = quoted.ok_or_else(|| Error::conflict("Domains with this ending can't be restored here. Contact support."))?;
    if !quoted.is_as_shown(input) {
        return Err(Error::conflict("The price has changed. Nothing was ordered. Reload the page and check the new price."));
    }
    domains::end_former(services, &mut tx, &former).await?;
    let subscription = subscribe(services, &mut tx, tenant, &quoted, now).await?;
    let registration = registrations::place_restore(services, &mut tx, &found, subscription, quoted.from).await?;
    let sums = Sums { currency: quoted.row.currency, lines: &quoted.lines, tax: &quoted.tax, buyer: &quoted.buyer };
    let invoice = super::invoice(services, &mut tx, (tenant, subscription), &found.name, &sums, now).await?;
    tx.commit_progress().await?;
    Ok(OrderedDomain { registration, invoice })
}

/// The subscription that pays for the domain from now on. Its years are those of the domain, whose day stays what it was.
async fn subscribe(services: &Services, tx: &mut SystemTx, tenant: TenantId, quoted: &Quoted, now: Time) -> Result<SubscriptionId> {
    let end = quoted.shown.expires_at;
    let id = super::subscribe(services, tx, tenant, &quoted.row, end, now).await?;
    transition::transition(tx, id, Transition::Period(Period { anchor: quoted.from, number: 0, start: now, end }), now).await?;
    Ok(id)
}

/// Computes a restoration as of `at`. Nothing where no fee is set.
async fn compute(services: &Services, tx: &mut SystemTx, found: &RegistrationOf, former: &Former, at: Time) -> Result<Option<Quoted>> {
    let does_not_fit = || anyhow::anyhow!("the price of a restoration does not fit");
    let conn = tx.conn();
    let Some(row) = prices::of_product(&mut *conn, former.product).await? else { return Ok(None) };
    let Prices { renew, restore, .. } = row.prices();
    let fee = match restore {
        Some(fee) if found.is_in_redemption() => Some(fee),
        None if found.is_in_redemption() => return Ok(None),
        _ if !former.is_ended() => {
            return Err(Error::conflict("This domain's subscription is still active. Turn automatic renewal on, and pay its invoices."));
        }
        _ => None,
    };
    let from = found.ended_at(former.paid_until);
    let end = period::end(from, BillingCycle::Yearly);
    if end <= at {
        return Err(Error::conflict("The year after the last one that was paid is over already. Contact support."));
    }
    let buyer = profiles::buyer(&mut *conn, found.tenant_id).await?;
    let tax = buyer.tax(&services.settings, at);
    let net = fee.map_or(Some(renew), |fee| fee.plus(renew)).ok_or_else(does_not_fit)?;
    let with_tax = |net: Money, rate: i32| net.share(rate).and_then(|tax| net.plus(tax)).ok_or_else(does_not_fit);
    let money = |minor| Money::new(minor, net.currency);
    let total = with_tax(net, tax.rate_bp)?;
    let total_then = with_tax(renew, buyer.tax(&services.settings, end).rate_bp)?;
    let credit = ledger::credit_of(&mut *conn, found.tenant_id).await?.into_iter().find(|credit| credit.currency == net.currency);
    let credit_used = money(credit.map_or(0, |credit| credit.minor).min(total.minor).max(0));
    let shown = RestoreQuote {
        display_name: registrations::display_name(&found.name),
        fee,
        renewal: renew,
        tax_rate_bp: tax.rate_bp,
        tax: money(total.minor - net.minor),
        total,
        credit_used,
        due: money(total.minor - credit_used.minor),
        method: payments::default_method(services, conn, found.tenant_id).await?,
        total_then,
        expires_at: end,
        restorable_until: found.restorable_until(),
    };
    let line = |what: &str, price: Money| InvoiceLine {
        description: format!("{}, {what}", found.name),
        quantity: 1,
        unit_price: price,
        net: price,
        period_start: at,
        period_end: end,
    };
    let lines = fee.map(|fee| line("restoration after its deletion", fee)).into_iter().chain([line("renewal for one year", renew)]).collect();
    Ok(Some(Quoted { shown, lines, tax, buyer: buyer.party, row, from }))
}
