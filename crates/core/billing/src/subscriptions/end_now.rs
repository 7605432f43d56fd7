//! Ending a subscription at once. Staff can choose to credit its unused time; by default nothing is credited.
//!
//! - The credit is computed to the second for the time of its preview and can be confirmed for ten minutes. If anything has changed meanwhile, the
//!   request is refused and nothing is ended.
//! - Never more is credited than was paid: discounts, unpaid or disputed amounts and earlier credits are left out. A period that was paid ahead is
//!   included.
//! - It becomes account credit. Domains are not credited here: what the registry has not delivered is refunded automatically.

use super::{
    cancel::{CANCELLED, credit_ahead, lock},
    change, ending,
    queries::{self, Plan},
    transition::{Transition, transition},
};
use crate::{
    invoices::{self, creditable},
    payments,
};
use db::{PlatformRead, PlatformTx};
use engine::{Error, Result, Services, text::day};
use model::{
    Time,
    billing::{
        invoices::InvoiceStatus,
        products::ProductType,
        subscriptions::{ChangeLine, EndPreview, SubscriptionStatus},
    },
    ids::SubscriptionId,
    money::Money,
    permission::{SubscriptionsDelete, SubscriptionsRead},
};
use sqlx::PgConnection;

/// Printed on the credit notes.
const UNUSED: &str = "The subscription has ended before the end of the period.";

/// A confirmed credit.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedCredit {
    /// The time of the preview.
    pub at: Time,
    /// The total that it showed, in minor units; negative.
    pub total: i64,
}

/// Previews the credit for a subscription that is ended now.
///
/// # Errors
/// Not found; a conflict when it has ended.
pub async fn preview_end(services: &Services, tx: &mut impl PlatformRead<SubscriptionsRead>, id: SubscriptionId) -> Result<EndPreview> {
    let not_found = || Error::not_found("Subscription");
    let plan = queries::plan_of(tx.conn(), None, id).await?.ok_or_else(not_found)?;
    let plan = queries::plan_by_id(tx.conn(), plan).await?.ok_or_else(not_found)?;
    if plan.status == SubscriptionStatus::Cancelled {
        return Err(Error::conflict("This subscription has ended."));
    }
    quote(services, tx.conn(), &plan, services.now()).await
}

/// Ends a subscription at once: its CloudPods are deleted, their data is kept for the grace period. `typed_name` is the name of the product
/// as the person typed it. What is paid stays paid. An invoice of a period that has not begun is credited. Of a domain what the registry has not
/// delivered is paid back.
///
/// # Errors
/// A field error on `confirm_name` when another name was typed; not found; a conflict when it has ended.
pub async fn cancel_now(services: &Services, tx: PlatformTx<SubscriptionsDelete>, id: SubscriptionId, typed_name: &str) -> Result<()> {
    cancel_now_with_credit(services, tx, id, typed_name, None).await
}

/// [`cancel_now`], and credits the unused time as it was previewed, if that was chosen.
///
/// # Errors
/// As there; a conflict also when the preview is outdated. Then the subscription goes on.
pub async fn cancel_now_with_credit(
    services: &Services,
    tx: PlatformTx<SubscriptionsDelete>,
    id: SubscriptionId,
    typed_name: &str,
    credit: Option<ConfirmedCredit>,
) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let (mut tx, plan) = lock(services, caller, None, id).await?;
    if typed_name.trim() != plan.product_name {
        return Err(Error::field("confirm_name", format!("Type {} to end this subscription.", plan.product_name)));
    }
    let now = services.now();
    let credit = match credit {
        Some(confirmed) => Some(as_confirmed(services, tx.conn(), &plan, confirmed).await?),
        None => None,
    };
    credit_ahead(services, &mut tx, &plan, CANCELLED).await?;
    if let Some(EndPreview { net, tax, .. }) = credit.filter(|credit| credit.net.minor < 0) {
        invoices::credit_subscription(services, &mut tx, plan.id, net, tax, UNUSED).await?;
    }
    transition(&mut tx, plan.id, Transition::Cancel, now).await?;
    ending::tell_ended(services, &mut tx, &plan).await?;
    Ok(tx.commit_progress().await?)
}

/// The credit of this preview, if it is still valid and unchanged.
async fn as_confirmed(services: &Services, conn: &mut PgConnection, plan: &Plan, confirmed: ConfirmedCredit) -> Result<EndPreview> {
    let outdated = || Error::conflict("This preview is outdated. Nothing was ended or credited. Check the new preview.");
    let now = services.now();
    let is_fresh = confirmed.at <= now && now <= confirmed.at + change::VALIDITY;
    // Of another period, or from before a change that has credited the rest already.
    let is_of_period = confirmed.at >= plan.period_start && (now < plan.renews_at || confirmed.at >= plan.renews_at);
    if !is_fresh || !is_of_period || change::last_change(&mut *conn, plan.id).await?.is_some_and(|last| confirmed.at <= last) {
        return Err(outdated());
    }
    let preview = quote(services, conn, plan, confirmed.at).await?;
    if preview.total.minor == confirmed.total { Ok(preview) } else { Err(outdated()) }
}

/// Whether the running period is not paid, or the bank has taken its payment back or may still do so. Then nothing of it is credited: what is left
/// of earlier invoices was paid for time that was used.
async fn is_unpaid(services: &Services, conn: &mut PgConnection, plan: &Plan, at: Time) -> Result<bool> {
    let is_overdue = payments::next_open(services, &mut *conn, plan.id).await?.is_some_and(|open| open.due_at <= at);
    Ok(is_overdue || creditable::is_not_received(conn, plan.id, at).await?)
}

async fn quote(services: &Services, conn: &mut PgConnection, plan: &Plan, at: Time) -> Result<EndPreview> {
    let does_not_fit = || anyhow::anyhow!("the credit of a subscription does not fit");
    let money = |minor: i64| Money::new(minor, plan.currency);
    let (mut lines, mut unpaid) = (Vec::new(), 0);
    if plan.kind != ProductType::Domain {
        lines = change::unused(&mut *conn, plan, at).await?;
        if is_unpaid(services, &mut *conn, plan, at).await? {
            unpaid = lines.iter().try_fold(0_i64, |sum, line| sum.checked_sub(line.net.minor)).ok_or_else(does_not_fit)?;
        }
        if let Some((ahead, InvoiceStatus::Paid)) = invoices::of_period(&mut *conn, plan.id, plan.renews_at).await? {
            let left = creditable::left_of(&mut *conn, plan.id, ahead, at).await?;
            if left > 0 {
                let description = format!("{}, paid ahead", plan.product_name);
                lines.push(ChangeLine { description, note: format!("from {}", day(plan.renews_at)), net: money(-left) });
            }
        }
    }
    let worth = lines.iter().try_fold(0_i64, |sum, line| sum.checked_sub(line.net.minor)).ok_or_else(does_not_fit)?;
    let (net, tax) = creditable::credit_of(conn, plan.id, worth - unpaid, at).await?;
    if net < worth {
        let description = "Not paid or already credited".to_owned();
        lines.push(ChangeLine { description, note: String::new(), net: money(worth - net) });
    }
    Ok(EndPreview {
        at,
        valid_until: at + change::VALIDITY,
        product_name: plan.product_name.clone(),
        lines,
        net: money(-net),
        tax: money(-tax),
        total: money(-(net.checked_add(tax).ok_or_else(does_not_fit)?)),
        data_kept_until: ending::data_kept_until(services, plan.kind, services.now()),
    })
}
