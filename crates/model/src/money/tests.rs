use super::*;
use proptest::prelude::*;

#[test]
fn amounts_use_the_currencys_exponent() {
    assert_eq!(Money::new(129_040, Currency::Eur).to_string(), "€1,290.40");
    assert_eq!(Money::new(-300, Currency::Jpy).to_string(), "-¥300");
    assert_eq!(Money::new(1_250, Currency::Kwd).to_string(), "KWD\u{a0}1.250");
    assert_eq!(Money::new(5, Currency::Usd).to_string(), "$0.05");
}

#[test]
fn shares_round_half_away_from_zero() {
    assert_eq!(Money::new(24_000, Currency::Eur).share(2_100).map(|m| m.minor), Some(5_040));
    assert_eq!(Money::new(50, Currency::Eur).share(100).map(|m| m.minor), Some(1));
    assert_eq!(Money::new(-50, Currency::Eur).share(100).map(|m| m.minor), Some(-1));
    assert_eq!(Money::new(i64::MAX, Currency::Eur).share(20_000), None);
}

#[test]
fn currencies_do_not_mix() {
    assert_eq!(Money::new(1, Currency::Eur).plus(Money::new(1, Currency::Usd)), None);
}

proptest! {
    #[test]
    fn share_rounding_error_is_at_most_half_a_unit(minor in -1_000_000_000_i64..1_000_000_000, rate in 0_i32..10_000) {
        let share = Money::new(minor, Currency::Eur).share(rate).map(|m| m.minor).unwrap_or_default();
        let exact = i128::from(minor) * i128::from(rate);
        prop_assert!((i128::from(share) * 10_000 - exact).abs() <= 5_000);
    }
}
