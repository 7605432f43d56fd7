//! Coupons: a code that takes a percentage or an amount off the first periods of a subscription, or off all of them.
//!
//! - A coupon is redeemed with an order. From the start of the order until it can no longer be paid it is held, so its limits count orders that
//!   are being paid; the coupon's row is locked meanwhile, one order after the other.
//! - Wrong codes are counted for each peer; after too many in an hour it is told nothing about any.
//! - Terms are copied to the subscription that it was redeemed for. A coupon that is deactivated or has expired is not redeemed any more, and
//!   stays what it was for those who have it.
//! - It counts periods: the first N that were invoiced, void invoices apart. A change within one of them is discounted as well: a percentage of
//!   the new charge, or the part of the amount that falls on the rest of the period.
//! - A percentage is rounded once for each line. An amount is taken off line after line, the plan first, and never below zero; what is left of
//!   it is not carried over.
//! - What was charged after the coupon is kept for each item, so that a change of plan gives back no more.

mod charges;
mod input;
mod queries;
mod redeem;
mod terms;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use charges::{Charged, ChargedTime, ItemCharge, charged, covers, discount_line, label, of_subscription, periods_left, record};
pub(crate) use queries::Redemption;
pub(crate) use redeem::{Offer, is_used_up_by, offer, redeem};
#[cfg(test)]
pub(crate) use terms::Terms;

use db::{AuditEvent, ConstraintExt, Keyset, PlatformRead, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    billing::coupons::{CouponDetail, CouponInput, CouponView},
    ids::CouponId,
    page::{Page, PageRequest},
    permission::{CouponsRead, CouponsWrite},
};
use uuid::Uuid;

/// All coupons, newest first.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(services: &Services, tx: &mut impl PlatformRead<CouponsRead>, request: &PageRequest) -> Result<Page<CouponView>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let rows = queries::page(tx.conn(), &keyset, services.now()).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |view: &CouponView| view.id.0))
}

/// One coupon with its newest redemptions.
///
/// # Errors
/// Not found.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<CouponsRead>, id: CouponId) -> Result<CouponDetail> {
    let row = queries::one(tx.conn(), id, services.now()).await?.ok_or_else(|| Error::not_found("Coupon"))?;
    let redemptions = queries::redemptions(tx.conn(), id).await?.into_iter().map(queries::RedemptionRow::view).collect();
    Ok(CouponDetail { coupon: row.view(), redemptions })
}

/// Creates a coupon.
///
/// # Errors
/// On the fields that are not right, or a code that is taken.
pub async fn create(services: &Services, mut tx: PlatformTx<CouponsWrite>, input: CouponInput) -> Result<CouponView> {
    let coupon = input::check(tx.conn(), &input, services.now()).await?;
    let id = CouponId(Uuid::now_v7());
    queries::insert(tx.conn(), id, &coupon, services.now())
        .await
        .on_constraint("coupons_code_key", || Error::field("code", "This code is already in use."))?;
    let view = queries::one(tx.conn(), id, services.now()).await?.ok_or_else(|| Error::not_found("Coupon"))?.view();
    tx.commit(AuditEvent::new(AuditAction::CouponCreated, "coupon", id, &view.code).after(serde_json::json!(view))).await?;
    Ok(view)
}

/// Deactivates a coupon: it is not redeemed from now on. Subscriptions that have it keep it.
///
/// # Errors
/// Not found; a conflict when it is inactive already.
pub async fn deactivate(mut tx: PlatformTx<CouponsWrite>, id: CouponId) -> Result<()> {
    let code = queries::deactivate(tx.conn(), id).await?;
    let Some(code) = code else {
        return Err(if queries::exists(tx.conn(), id).await? {
            Error::conflict("This coupon is already inactive.")
        } else {
            Error::not_found("Coupon")
        });
    };
    Ok(tx.commit(AuditEvent::new(AuditAction::CouponDeactivated, "coupon", id, code)).await?)
}
