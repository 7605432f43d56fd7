//! The time that one payment pays for, by the calendar.

use chrono::Months;
use model::{Time, billing::products::BillingCycle};

/// The end of a cycle that begins at `start`: the same day of the next month or year, or that month's last day.
pub fn end(start: Time, cycle: BillingCycle) -> Time {
    let months = match cycle {
        BillingCycle::Monthly => 1,
        BillingCycle::Yearly => 12,
    };
    // Only the year 262143 has no next one.
    start.checked_add_months(Months::new(months)).unwrap_or(start)
}
