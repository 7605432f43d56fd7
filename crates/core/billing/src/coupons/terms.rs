//! What a coupon takes off, without I/O.

use model::{
    billing::coupons::CouponValue,
    money::{Currency, Money},
};

/// The terms of a coupon.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Terms {
    pub code: String,
    pub percent_bp: Option<i32>,
    pub amount: Option<i64>,
    pub currency: Option<Currency>,
    pub periods: Option<i32>,
    pub products: Vec<String>,
}

impl Terms {
    /// The percentage, or the amount.
    pub fn value(&self) -> CouponValue {
        match (self.percent_bp, self.amount, self.currency) {
            (None, Some(minor), Some(currency)) => CouponValue::Amount(Money::new(minor, currency)),
            (percent, ..) => CouponValue::Percent(percent.unwrap_or(0)),
        }
    }

    /// Whether it is for this product.
    pub fn is_for(&self, product: &str) -> bool {
        self.products.is_empty() || self.products.iter().any(|code| code == product)
    }

    /// Whether it can be used in this currency.
    pub fn fits(&self, currency: Currency) -> bool {
        self.currency.is_none_or(|own| own == currency)
    }

    /// Whether it is for one more period after so many.
    pub fn covers_after(&self, periods: i64) -> bool {
        self.periods.is_none_or(|most| periods < i64::from(most))
    }

    /// The amount that it takes off a whole period; nothing for a percentage.
    pub fn whole_amount(&self) -> i64 {
        self.amount.unwrap_or(0)
    }

    /// What it takes off each of these charges: products and their net, none below zero. Of an amount, so much is left.
    pub fn discounts<'a>(&self, charges: impl IntoIterator<Item = (&'a str, i64)>, amount: i64) -> Vec<i64> {
        let mut left = amount.max(0);
        charges
            .into_iter()
            .map(|(product, net)| match self.percent_bp {
                _ if net <= 0 || !self.is_for(product) => 0,
                Some(percent) => i64::try_from((i128::from(net) * i128::from(percent) + 5_000) / 10_000).unwrap_or(net).min(net),
                None => {
                    let part = left.min(net);
                    left -= part;
                    part
                }
            })
            .collect()
    }
}
