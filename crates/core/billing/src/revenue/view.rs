//! The figures of the revenue page.

use super::{
    cohorts::cohorts,
    queries::{self, Moved, Recurring, Renewals},
    rounded,
};
use chrono::{Datelike, Duration, Months, NaiveDate};
use db::PlatformRead;
use engine::{Result, Services};
use model::{
    Time,
    billing::revenue::{CurrencyRevenue, Forecast, MovementKind, Outstanding, RevenueMonth, RevenueView},
    money::{Currency, Money},
    permission::RevenueRead,
};

/// Months that are shown, this one among them.
const MONTHS: u32 = 12;
/// Over how long churn and retention are measured, and renewals are looked ahead.
const WINDOW: Duration = Duration::days(30);
/// Beginning of each age of an open invoice, in days past its due date.
const AGES: [Option<i32>; 5] = [None, Some(1), Some(8), Some(15), Some(31)];

/// Revenue by currency, as of now.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn view(services: &Services, tx: &mut impl PlatformRead<RevenueRead>) -> Result<RevenueView> {
    let now = services.now();
    let first = month(now) - Months::new(MONTHS - 1);
    let conn = tx.conn();
    let recurring = queries::recurring(conn).await?;
    let moved = queries::by_month(conn, first).await?;
    let since = queries::since(conn, now - WINDOW).await?;
    let outstanding = queries::outstanding(conn, now).await?;
    let renewals = queries::renewals(conn, now, now + WINDOW).await?;
    let cohort_rows = queries::cohorts(conn, first, MONTHS).await?;
    let snapshot_at = queries::last_snapshot(conn).await?;
    let currencies = recurring.into_iter().map(|Recurring { currency, twelfths, customers }| {
        let window = since.iter().find(|row| row.currency == currency);
        let before = twelfths - window.map_or(0, |row| row.all);
        let churned = window.map_or(0, |row| -row.churn);
        let mrr = rounded(twelfths, currency);
        CurrencyRevenue {
            mrr,
            arr: Money::new(twelfths, currency),
            customers,
            per_customer: (customers > 0).then(|| Money::new((twelfths + 6 * customers) / (12 * customers), currency)),
            before: rounded(before, currency),
            churned: rounded(churned, currency),
            churn_bp: share_bp(churned, before),
            retention_bp: share_bp(before + window.map_or(0, |row| row.kept), before),
            months: months(twelfths, &moved, currency, first),
            outstanding: AGES
                .iter()
                .zip(0..)
                .map(|(from_days, age)| {
                    let found = outstanding.iter().find(|(of, at, ..)| (*of, *at) == (currency, age));
                    let (invoices, open) = found.map_or((0, 0), |(.., invoices, open)| (*invoices, *open));
                    Outstanding { from_days: *from_days, invoices, open: Money::new(open, currency) }
                })
                .collect(),
            forecast: forecast(&renewals, currency, now),
            cohorts: cohorts(&cohort_rows, currency, now),
        }
    });
    Ok(RevenueView { at: now, currencies: currencies.collect(), snapshot_at })
}

/// Part of the whole in hundredths of a percent, rounded half up; nothing of nothing.
pub(super) fn share_bp(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| i64::try_from((i128::from(part) * 20_000 + i128::from(whole)).div_euclid(i128::from(whole) * 2)).unwrap_or(i64::MAX))
}

/// The first moment of the month.
pub(super) fn month(at: Time) -> Time {
    let day = at.date_naive();
    NaiveDate::from_ymd_opt(day.year(), day.month(), 1).unwrap_or(day).and_time(chrono::NaiveTime::MIN).and_utc()
}

/// Each month, from what recurs now backwards.
fn months(now: i64, moved: &[Moved], currency: Currency, first: Time) -> Vec<RevenueMonth> {
    let mut closing = now;
    let mut months: Vec<RevenueMonth> = (0..MONTHS)
        .rev()
        .map(|number| {
            let start = first + Months::new(number);
            let of = |kind: MovementKind| {
                moved.iter().filter(|row| (row.currency, row.month, row.kind) == (currency, start, kind)).map(|row| row.twelfths).sum()
            };
            let sums: Vec<i64> = MovementKind::ALL.iter().map(|kind| of(*kind)).collect();
            let opening = closing - sums.iter().sum::<i64>();
            let month = RevenueMonth {
                start,
                opening: rounded(opening, currency),
                movements: sums.into_iter().map(|sum| rounded(sum, currency)).collect(),
                closing: rounded(closing, currency),
            };
            closing = opening;
            month
        })
        .collect();
    months.reverse();
    months
}

fn forecast(renewals: &[Renewals], currency: Currency, now: Time) -> Forecast {
    let sum = |wanted: &dyn Fn(&Renewals) -> bool| {
        let chosen = renewals.iter().filter(|row| row.currency == currency && wanted(row));
        let (count, net) = chosen.fold((0, 0), |(count, net), row| (count + row.count, net + row.net));
        (count, Money::new(net, currency))
    };
    let weeks = (0..5).map(|week| {
        let (count, net) = sum(&|row| !row.is_ending && row.week == week);
        (now + Duration::weeks(week.into()), count, net)
    });
    Forecast {
        monthly: sum(&|row| !row.is_ending && !row.is_yearly),
        yearly: sum(&|row| !row.is_ending && row.is_yearly),
        ending: sum(&|row| row.is_ending),
        weeks: weeks.collect(),
    }
}
