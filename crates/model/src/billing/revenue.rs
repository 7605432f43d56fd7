//! Revenue: what recurs each month and what moved it, what is outstanding, and what is due.

use crate::{Time, money::Money};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A change of the monthly recurring revenue.
        MovementId,
    }
    permissions {
        /// View revenue.
        RevenueRead "revenue:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    }
    audit {}
}

crate::text_enum! {
    /// What moved the monthly recurring revenue (MRR).
    MovementKind {
        /// A subscription began to count for the first time.
        New = "NEW",
        /// A subscription counts for more: a larger plan, or a higher quantity.
        Expansion = "EXPANSION",
        /// A subscription counts for less.
        Contraction = "CONTRACTION",
        /// A subscription counts no longer: it was suspended for non-payment, or ended.
        Churn = "CHURN",
        /// A suspended subscription was paid and counts again.
        Reactivation = "REACTIVATION",
    }
}

impl MovementKind {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            MovementKind::New => "New",
            MovementKind::Expansion => "Expansion",
            MovementKind::Contraction => "Contraction",
            MovementKind::Churn => "Churn",
            MovementKind::Reactivation => "Reactivation",
        }
    }
}

/// The movements of a month. Opening plus movements is closing, to the twelfth of a minor unit; the amounts shown are rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevenueMonth {
    /// Its first moment.
    pub start: Time,
    /// MRR at its beginning.
    pub opening: Money,
    /// The sum of each kind, in the order of [`MovementKind::ALL`].
    pub movements: Vec<Money>,
    /// MRR at its end, or now.
    pub closing: Money,
}

/// Open amounts of invoices of an age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outstanding {
    /// Days past the due date, from; nothing for what is not due yet.
    pub from_days: Option<i32>,
    /// Invoices.
    pub invoices: i64,
    /// What is open of them, with tax.
    pub open: Money,
}

/// Renewals that are booked for the next 30 days, if nothing changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forecast {
    /// Plans and add-ons with a monthly price that renew, and the sum without tax.
    pub monthly: (i64, Money),
    /// Plans and add-ons with a yearly price that renew.
    pub yearly: (i64, Money),
    /// Plans and add-ons that end instead: what they will not bring.
    pub ending: (i64, Money),
    /// The renewals by week: first day, how many, and the sum without tax.
    pub weeks: Vec<(Time, i64, Money)>,
}

/// What is left of a cohort after so many months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CohortMonth {
    /// Months after the one in which they began; measured at its end.
    pub months: i32,
    /// Subscriptions that count.
    pub subscriptions: i64,
    /// Their MRR.
    pub mrr: Money,
    /// Their MRR of what the cohort began with, in hundredths of a percent.
    pub mrr_bp: Option<i64>,
}

/// Subscriptions that began to be paid in the same month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cohort {
    /// First moment of that month.
    pub start: Time,
    /// How many.
    pub subscriptions: i64,
    /// The MRR that they began with.
    pub mrr: Money,
    /// What was left at the end of each following month that is over.
    pub after: Vec<CohortMonth>,
}

/// The revenue in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrencyRevenue {
    /// MRR: the prices of active and past-due subscriptions a month, without tax.
    pub mrr: Money,
    /// Twelve times that.
    pub arr: Money,
    /// Customers with such a subscription.
    pub customers: i64,
    /// MRR divided by customers; nothing without customers.
    pub per_customer: Option<Money>,
    /// MRR 30 days ago.
    pub before: Money,
    /// Churn of the last 30 days, as a positive amount.
    pub churned: Money,
    /// Churned of the MRR 30 days ago, in hundredths of a percent; nothing where that was zero.
    pub churn_bp: Option<i64>,
    /// MRR of the customers of 30 days ago now, of their MRR then, in hundredths of a percent; without what was new.
    pub retention_bp: Option<i64>,
    /// The last twelve months, the oldest first.
    pub months: Vec<RevenueMonth>,
    /// Open invoices by age, those that are not due yet first.
    pub outstanding: Vec<Outstanding>,
    /// What renews in the next 30 days.
    pub forecast: Forecast,
    /// Subscriptions by the month in which they began, of the last twelve months, the oldest first.
    pub cohorts: Vec<Cohort>,
}

/// Revenue as of a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevenueView {
    /// When it was computed.
    pub at: Time,
    /// Each currency with a subscription or an open invoice, the largest first.
    pub currencies: Vec<CurrencyRevenue>,
    /// When the movements were last compared with a snapshot of all subscriptions.
    pub snapshot_at: Option<Time>,
}

/// A movement of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovementRow {
    /// What it was.
    pub kind: MovementKind,
    /// By how much the monthly revenue changed, rounded.
    pub amount: Money,
    /// When.
    pub at: Time,
}
