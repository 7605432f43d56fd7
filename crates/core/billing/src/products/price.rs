//! A price as a person types it, read exactly: no float, no guess about commas.

use model::money::{Currency, Money};

/// The largest price of a product, in minor units: nothing that is computed with it can overflow.
pub const HIGHEST: i64 = 1_000_000_000;

/// Reads `9`, `9.00` or `1290.40` for a currency with two decimals, `900` for one without, `9.000` for one with three.
///
/// # Errors
/// What to write instead.
pub fn parse(text: &str, currency: Currency) -> Result<Money, String> {
    let digits = currency.exponent() as usize;
    let wrong = || match digits {
        0 => format!("Enter a whole amount in {currency}, for example 900."),
        _ => format!("Enter an amount with {digits} decimals, for example 9.{}.", "0".repeat(digits)),
    };
    let (whole, rest) = text.trim().split_once('.').map_or((text.trim(), None), |(whole, rest)| (whole, Some(rest)));
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !figures(whole) || rest.is_some_and(|rest| !figures(rest) || rest.len() != digits) {
        return Err(wrong());
    }
    let too_much = || format!("Enter at most {}.", Money::new(HIGHEST, currency));
    let whole: i64 = whole.parse().map_err(|_| too_much())?;
    let rest: i64 = rest.map_or(Ok(0), str::parse).map_err(|_| wrong())?;
    let minor = whole.checked_mul(10_i64.pow(currency.exponent())).and_then(|minor| minor.checked_add(rest));
    let minor = minor.filter(|minor| *minor <= HIGHEST).ok_or_else(too_much)?;
    Ok(Money::new(minor, currency))
}

/// A price as [`parse`] reads it: what stands in the form when it is opened.
pub fn typed(money: Money) -> String {
    let scale = 10_u64.pow(money.currency.exponent());
    let units = money.minor.unsigned_abs();
    match money.currency.exponent() {
        0 => units.to_string(),
        digits => format!("{}.{:0width$}", units / scale, units % scale, width = digits as usize),
    }
}
