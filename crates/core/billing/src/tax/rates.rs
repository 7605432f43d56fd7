//! Standard rates by country and day, from `rates.csv`.

use chrono::NaiveDate;
use std::sync::LazyLock;

const TABLE: &str = include_str!("rates.csv");

pub(super) struct Rate {
    pub country: &'static str,
    pub from: NaiveDate,
    pub rate_bp: i32,
}

static RATES: LazyLock<Vec<Rate>> = LazyLock::new(|| lines().filter_map(parse).collect());

/// The lines of the table without comments and head.
pub(super) fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1)
}

pub(super) fn parse(line: &'static str) -> Option<Rate> {
    let mut fields = line.split(',');
    let (country, from, rate_bp) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    (fields.next().is_none() && country.len() == 2).then_some(Rate { country, from, rate_bp })
}

/// The country whose VAT applies there: Monaco counts as France.
pub(super) fn territory(country: &str) -> &str {
    if country == "MC" { "FR" } else { country }
}

/// The standard rate of a country on a day; nothing for a country outside the EU. Days before the table have its first rate.
pub(super) fn standard(country: &str, day: NaiveDate) -> Option<i32> {
    on(day).find(|rate| rate.country == territory(country)).map(|rate| rate.rate_bp)
}

/// The standard rates of all countries on a day.
pub(super) fn on(day: NaiveDate) -> impl Iterator<Item = &'static Rate> {
    RATES.chunk_by(|one, next| one.country == next.country).filter_map(move |of_country| {
        let applies = of_country.iter().rev().find(|rate| rate.from <= day);
        applies.or_else(|| of_country.first())
    })
}

/// Whether the table has this country.
pub(super) fn contains(country: &str) -> bool {
    RATES.iter().any(|rate| rate.country == territory(country))
}
