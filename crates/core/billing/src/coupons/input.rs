//! What an admin has typed about a coupon, checked: all fields at once.

use super::terms::Terms;
use crate::products::{self, price};
use engine::{Result, error::Errors};
use model::{
    Time,
    billing::coupons::{CouponDuration, CouponInput},
    money::Currency,
};
use sqlx::PgConnection;

/// Most periods that a repeating coupon is for.
const MAX_PERIODS: i32 = 120;
/// Highest limit of redemptions.
const MAX_LIMIT: i32 = 1_000_000;
/// Most products that a coupon names.
const MAX_PRODUCTS: usize = 50;

/// A coupon that may be stored.
pub(super) struct Checked {
    pub terms: Terms,
    pub max_redemptions: Option<i32>,
    pub once_per_customer: bool,
    pub expires_at: Option<Time>,
}

/// Checks a coupon.
pub(super) async fn check(conn: &mut PgConnection, input: &CouponInput, now: Time) -> Result<Checked> {
    let mut errors = Errors::default();
    let code = errors.take("code", code(&input.code));
    let (percent_bp, amount, currency) = value(input, &mut errors);
    let periods = periods(input, &mut errors);
    let products = products_of(conn, &input.products, &mut errors).await?;
    let max_redemptions = match input.max_redemptions.trim() {
        "" => None,
        typed => errors.take("max_redemptions", number(typed, MAX_LIMIT)),
    };
    let expires_at = match input.last_day.trim() {
        "" => None,
        typed => errors.take("last_day", end_of(typed, now)),
    };
    match code {
        Some(code) if errors.is_empty() => Ok(Checked {
            terms: Terms { code, percent_bp, amount, currency, periods, products },
            max_redemptions,
            once_per_customer: input.once_per_customer.as_deref() == Some("on"),
            expires_at,
        }),
        _ => Err(errors.into_error()),
    }
}

fn code(typed: &str) -> Result<String, String> {
    let code = typed.trim().to_ascii_uppercase();
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let is_good =
        (2..=40).contains(&code.len()) && code.bytes().next().is_some_and(plain) && code.bytes().all(|b| plain(b) || b == b'-' || b == b'_');
    if is_good { Ok(code) } else { Err("Use 2 to 40 letters, numbers, and hyphens, for example SPRING-20.".to_owned()) }
}

/// A percentage in hundredths, or an amount with its currency.
fn value(input: &CouponInput, errors: &mut Errors) -> (Option<i32>, Option<i64>, Option<Currency>) {
    match (input.percent.trim(), input.amount.trim()) {
        ("", "") => {
            errors.add("percent", "Enter a percentage or an amount.");
        }
        (percent, "") => return (errors.take("percent", parse_percent(percent)), None, None),
        ("", amount) => {
            let currency = errors.take("currency", input.currency.parse::<Currency>().map_err(|_| "Select a currency.".to_owned()));
            let amount = currency.and_then(|currency| errors.take("amount", price::parse(amount, currency)));
            if amount.is_some_and(|amount| amount.minor == 0) {
                errors.add("amount", "Enter more than nothing.");
            }
            return (None, amount.map(|amount| amount.minor), currency);
        }
        _ => {
            errors.add("amount", "Enter a percentage or an amount, not both.");
        }
    }
    (None, None, None)
}

/// `20` or `12.50`, as hundredths of a percent.
fn parse_percent(typed: &str) -> Result<i32, String> {
    let hundredths = price::parse(typed, Currency::Eur).ok().and_then(|percent| i32::try_from(percent.minor).ok());
    hundredths.filter(|bp| (1..=10_000).contains(bp)).ok_or_else(|| "Enter a percentage up to 100, for example 20 or 12.50.".to_owned())
}

fn periods(input: &CouponInput, errors: &mut Errors) -> Option<i32> {
    match errors.take("duration", input.duration.parse::<CouponDuration>().map_err(|_| "Select a duration.".to_owned()))? {
        CouponDuration::Once => Some(1),
        CouponDuration::Repeating => errors.take("periods", number(input.periods.trim(), MAX_PERIODS)),
        CouponDuration::Forever => None,
    }
}

fn number(typed: &str, most: i32) -> Result<i32, String> {
    typed.parse::<i32>().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| format!("Enter a number between 1 and {most}."))
}

/// Codes of products that exist.
async fn products_of(conn: &mut PgConnection, lines: &str, errors: &mut Errors) -> Result<Vec<String>> {
    let mut codes: Vec<String> = lines.split([',', '\n']).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    codes.sort();
    codes.dedup();
    if codes.len() > MAX_PRODUCTS {
        errors.add("products", format!("Enter at most {MAX_PRODUCTS} products."));
        return Ok(Vec::new());
    }
    let mut known = Vec::new();
    for row in products::queries::by_codes(conn, &codes).await? {
        known.push(row.view()?.code);
    }
    if let Some(unknown) = codes.iter().find(|code| !known.contains(code)) {
        errors.add("products", format!("There is no product with the code {unknown}."));
    }
    Ok(codes)
}

/// The end of a day, which is still to come.
fn end_of(typed: &str, now: Time) -> Result<Time, String> {
    let wrong = || "Enter a day to come.".to_owned();
    let day: chrono::NaiveDate = typed.parse().map_err(|_| wrong())?;
    let end = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0)).ok_or_else(wrong)?.and_utc();
    if end > now { Ok(end) } else { Err(wrong()) }
}
