//! From a code on an order to the coupon of a subscription.

use super::{
    queries::{self, Redemption},
    terms::Terms,
};
use db::{PublicTx, SystemTx};
use engine::Result;
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

/// The coupon with this code, or why it cannot be used. With the address of the customer it is held until the transaction ends: whoever wants
/// it next waits, and counts the order that was stored meanwhile.
pub(crate) async fn offer(tx: &mut PublicTx, typed: &str, customer: Option<&str>, now: Time) -> Result<Result<Offer, &'static str>> {
    let code = typed.trim().to_ascii_uppercase();
    let Some(found) = queries::offer(tx.conn(), &code, customer.unwrap_or_default(), now, customer.is_some()).await? else {
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
