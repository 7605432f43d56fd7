//! Ending a subscription at once. Staff may credit what of it is unused; they do not unless they choose to.
//!
//! - The credit is computed to the second for the moment of its preview, and confirmed within ten minutes it is exactly that: where anything has
//!   changed meanwhile, it is refused, and nothing is ended.
//! - Nobody gets back more than was paid: what a coupon took off, what is unpaid, credited already, or disputed is not in it. A period that was paid
//!   ahead is.
//! - It becomes credit of the account. Of a domain nothing is credited here: what the registry has not delivered is paid back by itself.

use super::{
    cancel::{CANCELLED, credit_ahead, lock},
    change, ending,
    queries::{self, Plan},
    transition::{Transition, transition},
};
use crate::invoices::{self, creditable};
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

/// A credit as it is confirmed.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedCredit {
    /// The moment of the preview.
    pub at: Time,
    /// The total that it showed, in minor units; negative.
    pub total: i64,
}

/// What can be credited of a subscription that is ended now.
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
/// A field error on `name` when another name was typed; not found; a conflict when it has ended.
pub async fn cancel_now(services: &Services, tx: PlatformTx<SubscriptionsDelete>, id: SubscriptionId, typed_name: &str) -> Result<()> {
    cancel_now_with_credit(services, tx, id, typed_name, None).await
}

/// [`cancel_now`], and credits what of it is unused, where that was chosen: as it was previewed.
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
        return Err(Error::field("name", format!("Type {} to end this subscription.", plan.product_name)));
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

/// The credit of this preview, when it is still what it showed.
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

async fn quote(services: &Services, conn: &mut PgConnection, plan: &Plan, at: Time) -> Result<EndPreview> {
    let does_not_fit = || anyhow::anyhow!("the credit of a subscription does not fit");
    let money = |minor: i64| Money::new(minor, plan.currency);
    let mut lines = Vec::new();
    if plan.kind != ProductType::Domain {
        lines = change::unused(&mut *conn, plan, at).await?;
        if let Some((ahead, InvoiceStatus::Paid)) = invoices::of_period(&mut *conn, plan.id, plan.renews_at).await? {
            let left = creditable::left_of(&mut *conn, plan.id, ahead, at).await?;
            if left > 0 {
                let description = format!("{}, paid ahead", plan.product_name);
                lines.push(ChangeLine { description, note: format!("from {}", day(plan.renews_at)), net: money(-left) });
            }
        }
    }
    let worth = lines.iter().try_fold(0_i64, |sum, line| sum.checked_sub(line.net.minor)).ok_or_else(does_not_fit)?;
    let (net, tax) = creditable::credit_of(conn, plan.id, worth, at).await?;
    if net < worth {
        let description = "Not paid, or credited already".to_owned();
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
