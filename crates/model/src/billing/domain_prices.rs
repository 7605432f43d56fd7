//! What domains cost, by their ending.

use crate::money::Money;
use serde::{Deserialize, Serialize};

crate::module! {
    ids {}
    permissions {}
    audit {
        /// The prices of an ending were set.
        DomainPricesSet = "DOMAIN_PRICES_SET",
    }
}

/// What domains with one ending cost, without tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainPrice {
    /// Code of the product.
    pub code: String,
    /// The ending, without a dot before it: `com`.
    pub tld: String,
    /// The first year.
    pub register: Money,
    /// Each further year.
    pub renew: Money,
    /// A transfer, with one more year.
    pub transfer: Money,
    /// Restoring a domain that was deleted, without the year that is added; nothing where that is not offered.
    pub restore: Option<Money>,
    /// Whether such domains can be ordered.
    pub active: bool,
    /// How many subscriptions pay for such domains.
    pub subscriptions: i64,
}

/// Input of the form for the prices of an ending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DomainPriceInput {
    /// The ending.
    pub tld: String,
    /// Currency code.
    pub currency: String,
    /// The first year, as typed.
    pub register_price: String,
    /// Each further year, as typed.
    pub renew_price: String,
    /// A transfer, as typed.
    pub transfer_price: String,
    /// Restoring a domain that was deleted, as typed; empty where that is not offered.
    #[serde(default)]
    pub restore_price: String,
    /// `on` when such domains can be ordered.
    #[serde(default)]
    pub active: Option<String>,
}
