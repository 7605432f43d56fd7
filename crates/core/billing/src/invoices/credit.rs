//! Credit notes: what is wrong on an invoice is credited, never edited.

use super::{
    issue::{Issued, NewCreditNote, issue_credit_note},
    note_if_paid, queries,
};
use crate::{ledger, products::price};
use db::{PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::invoices::InvoiceStatus,
    ids::{InvoiceId, SubscriptionId},
    money::Money,
    permission::BillingManage,
};

/// Longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Credits an invoice in full, or a part of it: `net` is an amount without tax as typed, empty for all that is not credited yet. What the
/// invoice has open is settled with it; the rest becomes credit of the account.
///
/// # Errors
/// On field `net` when it is no amount or more than the invoice has left; on `reason` when it is missing or too long; a conflict when nothing
/// is left to credit.
pub async fn credit(services: &Services, tx: PlatformTx<BillingManage>, invoice: InvoiceId, net: &str, reason: &str) -> Result<InvoiceId> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS {
        return Err(Error::field("reason", format!("Enter a reason of at most {MAX_REASON_CHARS} characters. It is printed on the credit note.")));
    }
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = lock(&mut tx, invoice).await?;
    let wanted = match net.trim() {
        "" => found.net_left(),
        typed => price::parse(typed, found.currency).map_err(|message| Error::field("net", message))?,
    };
    if found.net_left().minor <= 0 {
        return Err(Error::conflict("This invoice is already credited in full."));
    }
    if wanted.minor <= 0 || wanted.minor > found.net_left().minor {
        return Err(Error::field("net", format!("Enter an amount of at most {} without tax.", found.net_left())));
    }
    let issued = credit_net(services, &mut tx, &found, wanted, reason).await?;
    tx.commit_progress().await?;
    Ok(issued.id)
}

/// Credits all that an invoice has left, in the caller's transaction. Nothing happens to one that has nothing left.
pub(crate) async fn credit_rest(services: &Services, tx: &mut SystemTx, invoice: InvoiceId, reason: &str) -> Result<()> {
    let found = lock(tx, invoice).await?;
    let left = found.net_left();
    if left.minor > 0 {
        credit_net(services, tx, &found, left, reason).await?;
    }
    Ok(())
}

/// Credits this much of what was paid for a subscription, net and tax as they are shown to the customer (negative), from its latest invoices.
pub(crate) async fn credit_subscription(
    services: &Services,
    tx: &mut SystemTx,
    subscription: SubscriptionId,
    net: Money,
    tax: Money,
    reason: &str,
) -> Result<()> {
    let (mut net_left, mut tax_left) = (-net.minor, -tax.minor);
    for (invoice, net_of, tax_of) in queries::creditable_of(tx.conn(), subscription).await? {
        if net_left == 0 {
            break;
        }
        let found = lock(tx, invoice).await?;
        let net_part = net_left.min(net_of);
        let tax_part = if net_part == net_left { tax_left.min(tax_of) } else { tax_of.min(tax_left) };
        let money = |minor: i64| Money::new(-minor, found.currency);
        let note = NewCreditNote {
            corrects: &found,
            reason,
            net: money(net_part),
            tax: money(tax_part),
            seller: &services.settings.seller,
            at: services.now(),
        };
        issue_credit_note(tx, &note).await?;
        net_left -= net_part;
        tax_left -= tax_part;
    }
    if net_left != 0 || tax_left != 0 {
        return Err(anyhow::anyhow!("subscription {subscription} has not paid what is to be credited").into());
    }
    Ok(())
}

/// Credits this net amount. The last credit note of an invoice takes what tax is left, so that all of them add up to the invoice.
async fn credit_net(services: &Services, tx: &mut SystemTx, found: &queries::Creditable, net: Money, reason: &str) -> Result<Issued> {
    let at = services.now();
    let tax = if net == found.net_left() {
        found.tax_left()
    } else {
        let share = net.share(found.tax_rate_bp).ok_or_else(|| anyhow::anyhow!("the tax of a credit note does not fit"))?;
        Money::new(share.minor.min(found.tax_left().minor), found.currency)
    };
    let negative = |money: Money| Money::new(-money.minor, money.currency);
    let note = NewCreditNote { corrects: found, reason, net: negative(net), tax: negative(tax), seller: &services.settings.seller, at };
    let issued = issue_credit_note(tx, &note).await?;
    settle(tx, found.id, at).await?;
    Ok(issued)
}

/// An invoice that nothing but its credit notes has settled is void.
async fn settle(tx: &mut SystemTx, invoice: InvoiceId, at: Time) -> Result<()> {
    if ledger::open_amount(tx.conn(), invoice).await? == 0 && !ledger::has_money(tx.conn(), invoice).await? {
        queries::set_status(tx.conn(), invoice, InvoiceStatus::Void, None).await?;
        return super::touch_billing(tx, invoice, at).await;
    }
    note_if_paid(tx, invoice, at).await?;
    Ok(())
}

async fn lock(tx: &mut SystemTx, invoice: InvoiceId) -> Result<queries::Creditable> {
    let tenant = queries::tenant_of(tx.conn(), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    ledger::lock(tx.conn(), tenant).await?;
    queries::creditable(tx.conn(), invoice).await?.ok_or_else(|| Error::conflict("A credit note can't be credited."))
}
