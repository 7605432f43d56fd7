//! Money: an integer number of minor units and a currency, never a float.

use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// A supported currency, by its ISO 4217 code.
    Currency {
        /// Euro.
        Eur = "EUR",
        /// US dollar.
        Usd = "USD",
        /// Pound sterling.
        Gbp = "GBP",
        /// Swiss franc.
        Chf = "CHF",
        /// Japanese yen, which has no minor unit.
        Jpy = "JPY",
        /// Kuwaiti dinar, which has three decimals.
        Kwd = "KWD",
    }
}

impl Currency {
    /// Number of decimals (ISO 4217).
    pub const fn exponent(self) -> u32 {
        match self {
            Currency::Jpy => 0,
            Currency::Kwd => 3,
            _ => 2,
        }
    }

    /// Prefix of an amount.
    pub const fn symbol(self) -> &'static str {
        match self {
            Currency::Eur => "€",
            Currency::Usd => "$",
            Currency::Gbp => "£",
            Currency::Chf => "CHF\u{a0}",
            Currency::Jpy => "¥",
            Currency::Kwd => "KWD\u{a0}",
        }
    }
}

/// An amount in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Money {
    /// Minor units, such as cents.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// `rate_bp` basis points of this amount, rounded half away from zero.
    ///
    /// Returns `None` on overflow.
    pub fn share(self, rate_bp: i32) -> Option<Self> {
        let product = i128::from(self.minor) * i128::from(rate_bp);
        let half = if product < 0 { -5_000 } else { 5_000 };
        let minor = i64::try_from((product + half) / 10_000).ok()?;
        Some(Self { minor, ..self })
    }

    /// The sum; `None` if the currencies differ or it overflows.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { minor: self.minor.checked_add(other.minor)?, ..self })
    }
}

impl std::fmt::Display for Money {
    /// `€1,290.40`, `-¥300`, `KWD 1.250`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = 10_u64.pow(self.currency.exponent());
        let units = self.minor.unsigned_abs();
        let (whole, rest) = (units / scale, units % scale);
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{sign}{}{}", self.currency.symbol(), grouped(whole))?;
        match self.currency.exponent() {
            0 => Ok(()),
            digits => write!(f, ".{rest:0width$}", width = digits as usize),
        }
    }
}

/// An integer with thousands separators.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
