//! Days and amounts, exactly.

use chrono::{Datelike, NaiveDate};
use model::{billing::bank_statements::DateFormat, money::Currency};

/// The largest amount, in minor units.
const MAX_MINOR: i64 = 1_000_000_000_000;

/// Reads an amount in minor units. `grouping` may stand between thousands, where there is one.
pub(super) fn minor(text: &str, currency: Currency, decimal: char, grouping: Option<char>) -> Option<i64> {
    let (whole, rest) = text.split_once(decimal).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let whole = ungrouped(whole, grouping)?;
    let rest = match rest {
        None => "",
        Some(rest) if is_digits(rest) => rest,
        Some(_) => return None,
    };
    let digits = currency.exponent() as usize;
    // More decimals than the currency has are nothing only where they are zeros.
    if rest.bytes().skip(digits).any(|digit| digit != b'0') {
        return None;
    }
    let rest: String = rest.chars().chain(std::iter::repeat('0')).take(digits).collect();
    let minor: i64 = format!("{whole}{rest}").parse().ok()?;
    (minor <= MAX_MINOR).then_some(minor)
}

fn ungrouped(whole: &str, grouping: Option<char>) -> Option<String> {
    let groups: Vec<&str> = grouping.map_or_else(|| vec![whole], |sign| whole.split(sign).collect());
    let (first, others) = groups.split_first()?;
    let fits = |group: &str| is_digits(group) && group.len() == 3;
    let is_grouped = others.is_empty() || first.len() <= 3;
    (is_digits(first) && is_grouped && others.iter().all(|group| fits(group))).then(|| groups.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a day.
pub(super) fn day(text: &str, format: DateFormat) -> Option<NaiveDate> {
    let separator = match format {
        DateFormat::Iso => '-',
        DateFormat::Dots => '.',
        DateFormat::DayFirst | DateFormat::MonthFirst => '/',
    };
    let mut parts = text.split(separator).map(|part| (is_digits(part) && part.len() <= 4).then(|| (part.len(), part.parse::<u32>().ok())));
    let mut part = || parts.next()?.and_then(|(length, number)| Some((length, number?)));
    let (first, second, third) = (part()?, part()?, part()?);
    let (year, month, day) = match format {
        DateFormat::Iso => (first, second, third),
        DateFormat::Dots | DateFormat::DayFirst => (third, second, first),
        DateFormat::MonthFirst => (third, first, second),
    };
    // Some banks write two digits.
    let year = match year {
        (4, year) => year,
        (2, year) if format != DateFormat::Iso => 2000 + year,
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month.1, day.1)?;
    (parts.next().is_none() && (2000..2200).contains(&date.year())).then_some(date)
}
