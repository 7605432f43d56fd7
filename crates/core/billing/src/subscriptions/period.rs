//! The time that one payment pays for, by the calendar.

use chrono::Months;
use model::{Time, billing::products::BillingCycle};

/// Start of the period with this number: so many cycles after the anchor, on the same day of the month, or on that month's last day. Each is
/// counted from the anchor, so that 31 January, 28 February, 31 March follow each other.
pub fn start(anchor: Time, cycle: BillingCycle, number: i32) -> Time {
    let months = match cycle {
        BillingCycle::Monthly => 1,
        BillingCycle::Yearly => 12,
    };
    let months = u32::try_from(number).unwrap_or(0).saturating_mul(months);
    // Only the year 262143 has no next one.
    anchor.checked_add_months(Months::new(months)).unwrap_or(anchor)
}

/// The end of a first period that begins at `start`.
pub fn end(begin: Time, cycle: BillingCycle) -> Time {
    start(begin, cycle, 1)
}
