//! Coupons: what a code takes off an order, and off the periods after it.

use crate::{
    Time,
    ids::{CouponId, SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A coupon.
        CouponId,
    }
    permissions {
        /// View coupons and who has redeemed them.
        CouponsRead "coupons:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
        /// Create and deactivate coupons.
        CouponsWrite "coupons:write" write covers CouponsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    }
    audit {
        /// A coupon was created.
        CouponCreated = "COUPON_CREATED",
        /// A coupon was deactivated.
        CouponDeactivated = "COUPON_DEACTIVATED",
    }
}

crate::text_enum! {
    /// How many periods a coupon is for.
    CouponDuration {
        /// The first period.
        Once = "ONCE",
        /// So many periods.
        Repeating = "REPEATING",
        /// All periods.
        Forever = "FOREVER",
    }
}

/// What a coupon takes off each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CouponValue {
    /// Hundredths of a percent of each line.
    Percent(i32),
    /// An amount in all, without tax.
    Amount(Money),
}

impl std::fmt::Display for CouponValue {
    /// `20 % off`, `12.50 % off`, `€5.00 off`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CouponValue::Percent(bp) if bp % 100 == 0 => write!(f, "{} % off", bp / 100),
            CouponValue::Percent(bp) => write!(f, "{}.{:02} % off", bp / 100, bp % 100),
            CouponValue::Amount(amount) => write!(f, "{amount} off"),
        }
    }
}

/// `the first period`, `3 periods`, `every period`.
pub fn periods_label(periods: Option<i32>) -> String {
    match periods {
        None => "every period".to_owned(),
        Some(1) => "the first period".to_owned(),
        Some(periods) => format!("the first {periods} periods"),
    }
}

/// A coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CouponView {
    /// The coupon.
    pub id: CouponId,
    /// What a buyer types.
    pub code: String,
    /// What it takes off each period.
    pub value: CouponValue,
    /// For how many periods; every one, where there is no number.
    pub periods: Option<i32>,
    /// Codes of the products it is for; all, where there are none.
    pub products: Vec<String>,
    /// How often it can be redeemed; without limit, where there is no number.
    pub max_redemptions: Option<i32>,
    /// How often it was redeemed, or is held by an order that can still be paid.
    pub uses: i64,
    /// Whether a customer can redeem it only once.
    pub once_per_customer: bool,
    /// Until when it can be redeemed.
    pub expires_at: Option<Time>,
    /// Whether it can be redeemed at all.
    pub active: bool,
    /// When it was created.
    pub created_at: Time,
}

/// A coupon as a customer has redeemed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedemptionView {
    /// The customer.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// The subscription it was redeemed for.
    pub subscription: SubscriptionId,
    /// Name of its plan.
    pub product_name: String,
    /// What it has taken off so far, without tax.
    pub discounted: Money,
    /// When it was redeemed.
    pub redeemed_at: Time,
}

/// A coupon with its newest redemptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CouponDetail {
    /// The coupon.
    pub coupon: CouponView,
    /// Its newest redemptions, at most a hundred.
    pub redemptions: Vec<RedemptionView>,
}

/// The coupon of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionCoupon {
    /// Its code.
    pub code: String,
    /// What it takes off each period.
    pub value: CouponValue,
    /// For how many more periods; every one, where there is no number.
    pub periods_left: Option<i32>,
    /// What it takes off the next period, without tax.
    pub discount: Money,
}

impl SubscriptionCoupon {
    /// `SPRING: 20 % off, 2 more periods`.
    pub fn label(&self) -> String {
        let left = match self.periods_left {
            None => "every period".to_owned(),
            Some(0) => "no more periods".to_owned(),
            Some(1) => "1 more period".to_owned(),
            Some(left) => format!("{left} more periods"),
        };
        format!("{}: {}, {left}", self.code, self.value)
    }
}

/// Input of the form of a new coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CouponInput {
    /// What a buyer types, in any case.
    pub code: String,
    /// Percent as typed, `20` or `12.50`; empty for an amount.
    #[serde(default)]
    pub percent: String,
    /// Amount as typed, `5.00`; empty for a percentage.
    #[serde(default)]
    pub amount: String,
    /// Currency of the amount.
    #[serde(default)]
    pub currency: String,
    /// `ONCE`, `REPEATING` or `FOREVER`.
    pub duration: String,
    /// Number of periods, for `REPEATING`.
    #[serde(default)]
    pub periods: String,
    /// Codes of the products it is for, one per line; empty for all.
    #[serde(default)]
    pub products: String,
    /// How often it can be redeemed; empty for no limit.
    #[serde(default)]
    pub max_redemptions: String,
    /// `on` when a customer can redeem it only once.
    #[serde(default)]
    pub once_per_customer: Option<String>,
    /// Last day on which it can be redeemed, `2026-12-31`; empty for none.
    #[serde(default)]
    pub last_day: String,
}
