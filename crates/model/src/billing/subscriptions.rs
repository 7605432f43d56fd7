//! Subscriptions: active purchases.

use super::products::BillingCycle;
use crate::{
    Time,
    ids::{SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// State of a subscription.
    SubscriptionStatus {
        /// Paid and owed.
        Active = "ACTIVE",
        /// Ended.
        Cancelled = "CANCELLED",
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionView {
    /// The subscription.
    pub id: SubscriptionId,
    /// Whose.
    pub tenant: TenantId,
    /// Name of that customer.
    pub tenant_name: String,
    /// Name of the product.
    pub product_name: String,
    /// Code of the product.
    pub product_code: String,
    /// Its state.
    pub status: SubscriptionStatus,
    /// How often it is paid.
    pub cycle: BillingCycle,
    /// How many.
    pub quantity: i32,
    /// Price of one cycle, without tax.
    pub price: Money,
    /// Since when.
    pub started_at: Time,
    /// When it is due next.
    pub renews_at: Time,
    /// Name of the pod it pays for.
    pub pod_name: Option<String>,
}
