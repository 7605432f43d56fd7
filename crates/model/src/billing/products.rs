//! Products: what is sold. A plan is a product with pod limits in its metadata.

use crate::{
    hosting::cloudpods::{Limits, Stack},
    ids::ProductId,
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What kind of thing a product is.
    ProductType {
        /// A plan: buying it makes a pod.
        Cloudpod = "CLOUDPOD",
        /// Bought with a plan; widens its limits.
        Addon = "ADDON",
    }
}

crate::text_enum! {
    /// How often a subscription is paid.
    BillingCycle {
        /// Every month.
        Monthly = "MONTHLY",
        /// Every year.
        Yearly = "YEARLY",
    }
}

impl BillingCycle {
    /// `a month`, `a year`.
    pub const fn per(self) -> &'static str {
        match self {
            BillingCycle::Monthly => "a month",
            BillingCycle::Yearly => "a year",
        }
    }
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductView {
    /// The product.
    pub id: ProductId,
    /// Its code, which stands in addresses and never changes.
    pub code: String,
    /// Its name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// What kind of thing it is.
    pub kind: ProductType,
    /// Price of a month, without tax.
    pub monthly: Money,
    /// Price of a year, without tax, where it is sold by the year.
    pub yearly: Option<Money>,
    /// Lines for the price table.
    pub features: Vec<String>,
    /// What a pod of this plan runs; nothing for add-ons.
    pub stack: Option<Stack>,
    /// A plan's limits, or what an add-on adds to them.
    pub limits: Limits,
    /// Whether it is sold.
    pub active: bool,
}

impl ProductView {
    /// Price for one cycle, where it is sold so.
    pub fn price(&self, cycle: BillingCycle) -> Option<Money> {
        match cycle {
            BillingCycle::Monthly => Some(self.monthly),
            BillingCycle::Yearly => self.yearly,
        }
    }
}

/// What an admin may say about a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductInput {
    /// Code; only read when the product is made.
    pub code: String,
    /// Name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// `CLOUDPOD` or `ADDON`; only read when the product is made.
    pub kind: String,
    /// Price of a month, as typed: `9.00`.
    pub monthly: String,
    /// Price of a year, as typed; empty when it is not sold by the year.
    #[serde(default)]
    pub yearly: String,
    /// Currency code; only read when the product is made.
    pub currency: String,
    /// Lines for the price table, one a line.
    #[serde(default)]
    pub features: String,
    /// Stack of a plan; empty for add-ons.
    #[serde(default)]
    pub stack: String,
    /// CPU in thousandths of a core.
    pub cpu_millis: i32,
    /// Memory in MiB.
    pub memory_mb: i32,
    /// Disk in MiB.
    pub disk_mb: i32,
    /// Most processes and threads.
    pub tasks: i32,
    /// `on` when it is sold.
    #[serde(default)]
    pub active: Option<String>,
}
