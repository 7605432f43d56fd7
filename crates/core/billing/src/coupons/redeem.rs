//! From a code on an order to the coupon of a subscription.

use super::{
    queries::{self, Redemption},
    terms::Terms,
};
use chrono::Duration;
use core_administration::accounts;
use db::{PublicTx, SystemTx};
use engine::{Result, Services};
use model::{
    Time,
    ids::{CouponId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;

/// A coupon that can be used for an order.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub id: CouponId,
    pub terms: Terms,
}

/// Different wrong codes that a peer may type in an hour.
pub(super) const WRONG_CODES_PER_HOUR: i64 = 20;

/// The coupon with this code, or why it cannot be used. A peer that has typed too many wrong ones is told nothing. With the address of the
/// customer it is held until the transaction ends: whoever wants it next waits, and counts the order that was stored meanwhile.
pub(crate) async fn offer(services: &Services, tx: &mut PublicTx, typed: &str, customer: Option<&str>) -> Result<Result<Offer, &'static str>> {
    let (code, now) = (typed.trim().to_ascii_uppercase(), services.now());
    let peer = accounts::peer(tx.caller().origin.ip.as_deref());
    if queries::wrong_codes(tx.conn(), &peer, now - Duration::hours(1)).await? >= WRONG_CODES_PER_HOUR {
        tracing::info!(peer, "too many wrong coupon codes");
        return Ok(Err("Too many attempts. Try again later."));
    }
    let found = queries::offer(tx.conn(), &code, customer.unwrap_or_default(), now, customer.is_some()).await?;
    let Some(found) = found.filter(|found| found.refusal.as_deref() != Some("INACTIVE")) else {
        // By itself: what the order's transaction writes goes with the refusal.
        let mut noted = services.db.public(tx.caller().clone()).await?;
        queries::note_wrong_code(noted.conn(), &peer, &code, now).await?;
        noted.commit_bookkeeping().await?;
        return Ok(Err("This code is not valid."));
    };
    Ok(match found.refusal.as_deref() {
        None => Ok(Offer { id: found.id, terms: found.terms }),
        Some("EXPIRED") => Err("This code has expired."),
        Some("USED_UP") => Err("This code has been used up."),
        Some("USED_BEFORE") => Err("This code can be used once per customer. An unpaid order of yours may hold it until that order expires."),
        Some(_) => Err("This code is not valid."),
    })
}

/// Whether this customer may not use the coupon any more, which is for once and was redeemed since the order. It is locked, so that orders of
/// one customer are carried out one after the other.
pub(crate) async fn is_used_up_by(tx: &mut SystemTx, coupon: CouponId, email: &str) -> Result<bool> {
    Ok(queries::lock_if_once(tx.conn(), coupon).await? && queries::was_redeemed(tx.conn(), coupon, email).await?)
}

/// Makes the coupon that was ordered with the coupon of this subscription.
pub(crate) async fn redeem(
    tx: &mut SystemTx,
    coupon: CouponId,
    tenant: TenantId,
    subscription: SubscriptionId,
    email: &str,
    now: Time,
) -> Result<Redemption> {
    let conn: &mut PgConnection = tx.conn();
    Ok(queries::redeem(conn, coupon, tenant, subscription, email, now).await?)
}
