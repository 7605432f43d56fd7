//! Products. A plan is a product with CloudPod limits in its metadata.

use crate::{
    Time,
    hosting::cloudpods::{Limits, Runtime, Stack},
    ids::ProductId,
    money::{Currency, Money},
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
        /// Domains with one ending: ordering it registers one.
        Domain = "DOMAIN",
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
    /// Days that are free before the first period; none for add-ons, which follow their plan.
    pub trial_days: i32,
    /// Charged once with the order, without tax.
    pub setup_fee: Money,
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
    /// What it costs in other currencies than its own.
    #[serde(default)]
    pub other_prices: Vec<CurrencyPrice>,
}

/// What a product costs in another currency than its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrencyPrice {
    /// Monthly price without tax.
    pub monthly: Money,
    /// Yearly price without tax, if offered.
    pub yearly: Option<Money>,
    /// Charged once with the order, without tax.
    pub setup_fee: Money,
}

/// Input of the form for a price in another currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrencyPriceInput {
    /// Currency code.
    pub currency: String,
    /// Monthly price as typed.
    pub monthly_price: String,
    /// Yearly price as typed; empty to disable yearly billing.
    #[serde(default)]
    pub yearly_price: String,
    /// Set-up fee as typed; empty for none.
    #[serde(default)]
    pub setup_price: String,
}

impl ProductView {
    /// Price for a billing cycle, if offered.
    pub fn price(&self, cycle: BillingCycle) -> Option<Money> {
        match cycle {
            BillingCycle::Monthly => Some(self.monthly),
            BillingCycle::Yearly => self.yearly,
        }
    }

    /// Currencies that it is sold in, its own first.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        std::iter::once(self.monthly.currency).chain(self.other_prices.iter().map(|price| price.monthly.currency))
    }

    /// The product at its prices in this currency; nothing where it is not sold in it.
    pub fn in_currency(&self, currency: Currency) -> Option<Self> {
        if self.monthly.currency == currency {
            return Some(Self { other_prices: Vec::new(), ..self.clone() });
        }
        let CurrencyPrice { monthly, yearly, setup_fee } = *self.other_prices.iter().find(|price| price.monthly.currency == currency)?;
        Some(Self { monthly, yearly, setup_fee, other_prices: Vec::new(), ..self.clone() })
    }
}

/// A version of a product's price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductPrice {
    /// Monthly price without tax.
    pub monthly: Money,
    /// Yearly price without tax, if offered.
    pub yearly: Option<Money>,
    /// Since when new orders pay it.
    pub valid_from: Time,
}

/// Subscriptions that have another price than their product, of one currency and billing cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceMoveGroup {
    /// How they are billed.
    pub cycle: BillingCycle,
    /// How many.
    pub count: i64,
    /// What they pay for each period now, in all and without tax.
    pub before: Money,
    /// What they will pay.
    pub after: Money,
}

/// What moving the subscriptions of a product to its present price changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceMovePreview {
    /// By currency and billing cycle; nothing where all have the present price.
    pub groups: Vec<PriceMoveGroup>,
    /// The new price counts from the first period on that begins then or later.
    pub effective_from: Time,
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
    /// Days of the free trial of a plan; empty for none.
    #[serde(default)]
    pub trial_days: String,
    /// Set-up fee as typed; empty for none.
    #[serde(default)]
    pub setup_fee: String,
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
    /// After how many minutes without a visitor the sites of a plan sleep; empty for never.
    #[serde(default)]
    pub sleep_after_minutes: String,
    /// `on` when customers may keep a site always on all the same.
    #[serde(default)]
    pub sleep_is_optional: Option<String>,
    /// How many sites each CloudPod of a plan can have, or how many an add-on adds; empty for the most of a plan, and none of an add-on.
    #[serde(default)]
    pub sites: String,
    /// `INTERNET` or `CLOSED`: what the programs of a plan reach; empty for the internet.
    #[serde(default)]
    pub network: String,
    /// `on` when the product is active.
    #[serde(default)]
    pub active: Option<String>,
}
