//! Products. A plan is a product with CloudPod limits in its metadata.

use crate::{
    hosting::cloudpods::{Limits, Runtime, Stack},
    ids::ProductId,
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A product.
        ProductId,
    }
    permissions {
        /// View products, including inactive ones.
        ProductsRead "products:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING];
        /// Create and change products.
        ProductsWrite "products:write" write covers ProductsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    }
    audit {
        /// A product was created.
        ProductCreated = "PRODUCT_CREATED",
        /// A product was updated.
        ProductUpdated = "PRODUCT_UPDATED",
    }
}

crate::text_enum! {
    /// Product type.
    ProductType {
        /// A plan: ordering it creates a CloudPod.
        Cloudpod = "CLOUDPOD",
        /// Ordered with a plan; extends its limits.
        Addon = "ADDON",
    }
}

crate::text_enum! {
    /// Billing cycle.
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
    /// Code, used in URLs; never changes.
    pub code: String,
    /// Name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// Product type.
    pub kind: ProductType,
    /// Monthly price without tax.
    pub monthly: Money,
    /// Yearly price without tax, if offered.
    pub yearly: Option<Money>,
    /// Features for the price table.
    pub features: Vec<String>,
    /// Stack of the plan; none for add-ons.
    pub stack: Option<Stack>,
    /// Runtime of new sites, if the plan names one; otherwise the default of its stack.
    pub runtime: Option<Runtime>,
    /// A plan's limits, or what an add-on adds to them.
    pub limits: Limits,
    /// Whether the product is active.
    pub active: bool,
}

impl ProductView {
    /// Price for a billing cycle, if offered.
    pub fn price(&self, cycle: BillingCycle) -> Option<Money> {
        match cycle {
            BillingCycle::Monthly => Some(self.monthly),
            BillingCycle::Yearly => self.yearly,
        }
    }
}

/// Input of a product form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductInput {
    /// Code; only used when the product is created.
    pub code: String,
    /// Name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// `CLOUDPOD` or `ADDON`; only used when the product is created.
    pub kind: String,
    /// Monthly price as typed: `9.00`.
    pub monthly: String,
    /// Yearly price as typed; empty to disable yearly billing.
    #[serde(default)]
    pub yearly: String,
    /// Currency code; only used when the product is created.
    pub currency: String,
    /// Features for the price table, one per line.
    #[serde(default)]
    pub features: String,
    /// Stack of a plan; empty for add-ons.
    #[serde(default)]
    pub stack: String,
    /// Runtime of new sites, `php8.4` for example; empty for the default of the stack.
    #[serde(default)]
    pub runtime: String,
    /// CPU in millicores.
    pub cpu_millis: i32,
    /// Memory in MiB.
    pub memory_mb: i32,
    /// Disk in MiB.
    pub disk_mb: i32,
    /// Maximum processes and threads.
    pub tasks: i32,
    /// `on` when the product is active.
    #[serde(default)]
    pub active: Option<String>,
}
