//! Cohorts: what is left of the subscriptions that began in a month, month after month.

use super::{
    queries::CohortRow,
    rounded,
    view::{month, share_bp},
};
use chrono::Months;
use model::{
    Time,
    billing::revenue::{Cohort, CohortMonth},
    money::Currency,
};

/// The cohorts of a currency, the oldest first. A month that is not over is left out: it would compare a part with a whole.
pub(super) fn cohorts(rows: &[CohortRow], currency: Currency, now: Time) -> Vec<Cohort> {
    let of_currency = || rows.iter().filter(|row| row.currency == currency);
    let begun = of_currency().filter(|row| row.age == 0);
    let cohort = |first: &CohortRow| {
        let is_over = |row: &&CohortRow| row.month + Months::new(row.age.unsigned_abs()) < month(now);
        let later = of_currency().filter(|row| row.month == first.month && row.age > 0).filter(is_over);
        let after = later.map(|row| CohortMonth {
            months: row.age,
            subscriptions: row.subscriptions,
            mrr: rounded(row.twelfths, currency),
            mrr_bp: share_bp(row.twelfths, first.twelfths),
        });
        Cohort { start: first.month, subscriptions: first.subscriptions, mrr: rounded(first.twelfths, currency), after: after.collect() }
    };
    begun.map(cohort).collect()
}
