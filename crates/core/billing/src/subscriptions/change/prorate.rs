//! The exact price of a part of a period.

use crate::coupons::Charged;
use model::Time;

/// The share of `amount` that falls on `from..end` of the period `start..end`, to the second, rounded once, half away from zero. Nothing where it
/// does not fit.
pub(super) fn share(amount: i64, from: Time, period: (Time, Time)) -> Option<i64> {
    share_of(amount, (1, 1), from, period)
}

/// [`share`] of so many parts of the amount: nothing is rounded in between.
fn share_of(amount: i64, (parts, of): (i32, i32), from: Time, (start, end): (Time, Time)) -> Option<i64> {
    let seconds = i128::from((end - start).num_seconds());
    let rest = i128::from((end - from).num_seconds()).clamp(0, seconds.max(0));
    if seconds <= 0 || of <= 0 {
        return None;
    }
    let (product, whole) = (i128::from(amount) * rest * i128::from(parts), seconds * i128::from(of));
    // Half a unit towards the sign, then cut off.
    i64::try_from((2 * product + product.signum() * whole) / (2 * whole)).ok()
}

/// What the rest of an item's running period is worth: of what it was charged, where a coupon took something off, and of its price otherwise.
pub(super) fn unused(price: i64, quantity: i32, charged: Option<&Charged>, at: Time, running: (Time, Time)) -> Option<i64> {
    match charged.filter(|charged| charged.discount > 0) {
        // It may have been charged for more of them than there are now.
        Some(charged) => {
            let parts = (quantity.min(charged.quantity), charged.quantity.max(1));
            share_of(charged.net - charged.discount, parts, at, (charged.period_start, charged.period_end))
        }
        None => share(price, at, running),
    }
}

/// `13 d 9 h of 30 d`: which part of a period is meant, for people.
pub(super) fn label(from: Time, (start, end): (Time, Time)) -> String {
    let (rest, whole) = (end - from, end - start);
    let span = |span: chrono::Duration| match (span.num_days(), span.num_hours() % 24) {
        (0, 0) => format!("{} min", span.num_minutes()),
        (0, hours) => format!("{hours} h"),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    };
    format!("{} of {}", span(rest), span(whole))
}
