//! Numbers of natural persons that serve as VAT numbers: their date of birth is part of them.

use super::digits::{digits, number, weighted};
use chrono::NaiveDate;

fn is_day(year: u32, month: u32, day: u32) -> bool {
    i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
}

/// Year, month and day as three pairs of digits.
fn pairs(digits: &[u32]) -> (u32, u32, u32) {
    (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3], digits[4] * 10 + digits[5])
}

/// EGN: months of the years from 1800 are given with 20 more, those from 2000 with 40 more.
pub(super) fn bulgaria(body: &str) -> bool {
    let Some(digits) = digits(body, 10) else { return false };
    let (year, month, day) = pairs(&digits);
    let (year, month) = match month {
        41.. => (2000 + year, month - 40),
        21.. => (1800 + year, month - 20),
        _ => (1900 + year, month),
    };
    is_day(year, month, day) && weighted(&digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == digits[9]
}

/// Rodné číslo: women's months have 50 more, and from 2004 on 20 more where a day had too many births. Nine digits until 1953.
pub(super) fn czechia(body: &str) -> bool {
    let old = body.len() == 9;
    let Some(digits) = digits(body, if old { 9 } else { 10 }) else { return false };
    let (year, month, day) = pairs(&digits);
    let year = match (old, year) {
        (true, 80..) => 1800 + year,
        (true, 54..) => return false,
        (false, ..54) => 2000 + year,
        _ => 1900 + year,
    };
    let checked = old || number(&body[..9]).is_some_and(|number| number % 11 % 10 == u64::from(digits[9]));
    is_day(year, month % 50 % 20, day) && checked
}

/// Personas kods: the seventh digit is the century from 1800; those that begin with 32 have no date.
pub(super) fn latvia(body: &str) -> bool {
    let Some(digits) = digits(body, 11) else { return false };
    let (day, month, year) = pairs(&digits);
    let check = (1 + weighted(&digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10;
    (body.starts_with("32") || is_day(1800 + digits[6] * 100 + year, month, day)) && check == digits[10]
}
