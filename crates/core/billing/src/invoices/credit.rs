//! Credit notes: what is wrong on an invoice is credited, never edited. Each is mailed to the account.

use super::{
    creditable,
    issue::{Issued, NewCreditNote, issue_credit_note},
    letters::CreditNoteIssued,
    note_if_paid, queries,
};
use crate::{documents, ledger, letters, products::price};
use db::{PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    billing::invoices::InvoiceStatus,
    ids::{InvoiceId, SubscriptionId},
    money::Money,
    permission::BillingManage,
};

/// Credits an invoice in full, or a part of it: `net` is an amount without tax as typed, empty for all that is not credited yet. What the
/// invoice has open is settled with it; the rest becomes credit of the account.
///
/// # Errors
/// On field `net` when it is no amount or more than the invoice has left; on `reason` when it is missing or too long; a conflict when nothing
/// is left to credit, or all of an invoice is meant whose period has not begun.
pub async fn credit(services: &Services, tx: PlatformTx<BillingManage>, invoice: InvoiceId, net: &str, reason: &str) -> Result<InvoiceId> {
    let reason = crate::reason::check(reason)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = lock(&mut tx, invoice).await?;
    let is_ahead = found.status == InvoiceStatus::Open && found.period_start.is_some_and(|start| start > services.now());
    let wanted = match net.trim() {
        "" => found.net_left(),
        typed => price::parse(typed, found.currency).map_err(|message| Error::field("net", message))?,
    };
    if found.status == InvoiceStatus::WrittenOff {
        return Err(Error::conflict("This invoice was written off. There is nothing to credit."));
    }
    if found.net_left().minor <= 0 {
        return Err(Error::conflict("This invoice is already credited in full."));
    }
    if wanted.minor <= 0 || wanted.minor > found.net_left().minor {
        return Err(Error::field("net", format!("Enter an amount of at most {} without tax.", found.net_left())));
    }
    if is_ahead && wanted == found.net_left() {
        // It would be issued anew at once: the subscription goes on.
        return Err(Error::conflict("This invoice is for a period that has not begun. Cancel the subscription instead, or credit a part of it."));
    }
    let issued = credit_net(services, &mut tx, &found, wanted, reason).await?;
    mail(services, &mut tx, &found, &issued, reason).await?;
    tx.commit_progress().await?;
    Ok(issued.id)
}

/// Credits all that an invoice has left, in the caller's transaction, and returns the credit note. Nothing happens to one that has nothing left or
/// was written off.
pub(crate) async fn credit_rest(services: &Services, tx: &mut SystemTx, invoice: InvoiceId, reason: &str) -> Result<Option<InvoiceId>> {
    let Some((found, issued)) = credit_left(services, tx, invoice, reason).await? else { return Ok(None) };
    mail(services, tx, &found, &issued, reason).await?;
    Ok(Some(issued.id))
}

/// [`credit_rest`] of an invoice that was not mailed: whoever calls it writes about both.
pub(crate) async fn credit_unsent(services: &Services, tx: &mut SystemTx, invoice: InvoiceId, reason: &str) -> Result<Option<Issued>> {
    Ok(credit_left(services, tx, invoice, reason).await?.map(|(_, issued)| issued))
}

async fn credit_left(services: &Services, tx: &mut SystemTx, invoice: InvoiceId, reason: &str) -> Result<Option<(queries::Creditable, Issued)>> {
    let found = lock(tx, invoice).await?;
    let left = found.net_left();
    if left.minor <= 0 || found.status == InvoiceStatus::WrittenOff {
        return Ok(None);
    }
    let issued = credit_net(services, tx, &found, left, reason).await?;
    Ok(Some((found, issued)))
}

/// Credits this much of what was paid for the running period of a subscription, net and tax as they are shown to the customer (negative), from
/// its latest invoices.
pub(crate) async fn credit_subscription(
    services: &Services,
    tx: &mut SystemTx,
    subscription: SubscriptionId,
    net: Money,
    tax: Money,
    reason: &str,
) -> Result<()> {
    for note in credit_subscription_unsent(services, tx, subscription, net, tax, reason).await? {
        send(services, tx, note).await?;
    }
    Ok(())
}

/// [`credit_subscription`] without the mail: whoever calls it has the credit notes sent later, or takes them back.
pub(crate) async fn credit_subscription_unsent(
    services: &Services,
    tx: &mut SystemTx,
    subscription: SubscriptionId,
    net: Money,
    tax: Money,
    reason: &str,
) -> Result<Vec<InvoiceId>> {
    let mut notes = Vec::new();
    let (mut net_left, mut tax_left) = (-net.minor, -tax.minor);
    for (invoice, net_of, tax_of) in creditable::creditable_of(tx.conn(), subscription, services.now()).await? {
        if net_left == 0 {
            break;
        }
        let found = lock(tx, invoice).await?;
        let net_part = net_left.min(net_of);
        let tax_part = tax_left.min(tax_of);
        let money = |minor: i64| Money::new(-minor, found.currency);
        let note = NewCreditNote {
            corrects: &found,
            reason,
            net: money(net_part),
            tax: money(tax_part),
            seller: &services.settings.seller,
            at: services.now(),
        };
        notes.push(issue_credit_note(tx, &note).await?.id);
        net_left -= net_part;
        tax_left -= tax_part;
    }
    if net_left != 0 || tax_left != 0 {
        return Err(anyhow::anyhow!("subscription {subscription} has not paid what is to be credited").into());
    }
    Ok(notes)
}

/// Mails a credit note that was issued without.
pub(crate) async fn send(services: &Services, tx: &mut SystemTx, note: InvoiceId) -> Result<()> {
    let view = super::as_issued(tx.conn(), note).await?;
    let (note, reason) = (view.invoice, view.reason);
    let invoice = view.corrects.map(|(_, number)| number).unwrap_or_default();
    let write = |portal: &str| CreditNoteIssued {
        document: documents::attachment(note.id, &note.number),
        number: note.number.clone(),
        invoice,
        amount: Money::new(-note.total.minor, note.total.currency).to_string(),
        reason,
        link: format!("{portal}/invoices/{}", note.id),
    };
    letters::send(services, tx, note.tenant, write).await
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
    if found.status == InvoiceStatus::Open && net == found.net_left() {
        // What was paid of it is in the rest of the credit note.
        queries::set_void(tx.conn(), found.id).await?;
        super::touch_billing(tx, found.id, at).await?;
    } else {
        note_if_paid(tx, found.id, at).await?;
    }
    Ok(issued)
}

/// Mails a credit note to the account, whoever or whatever has issued it.
async fn mail(services: &Services, tx: &mut SystemTx, found: &queries::Creditable, issued: &Issued, reason: &str) -> Result<()> {
    let write = |portal: &str| CreditNoteIssued {
        document: documents::attachment(issued.id, &issued.number),
        number: issued.number.clone(),
        invoice: found.number.clone(),
        amount: Money::new(-issued.total.minor, issued.total.currency).to_string(),
        reason: reason.to_owned(),
        link: format!("{portal}/invoices/{}", issued.id),
    };
    letters::send(services, tx, found.tenant_id, write).await
}

pub(super) async fn lock(tx: &mut SystemTx, invoice: InvoiceId) -> Result<queries::Creditable> {
    let tenant = queries::tenant_of(tx.conn(), invoice).await?.ok_or_else(|| Error::not_found("Invoice"))?;
    ledger::lock(tx.conn(), tenant).await?;
    queries::creditable(tx.conn(), invoice).await?.ok_or_else(|| Error::conflict("A credit note can't be credited."))
}
