//! Subscriptions.

use super::products::BillingCycle;
use crate::{
    Time,
    ids::{SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A recurring purchase of a product by a customer.
        SubscriptionId,
    }
    permissions {
        /// View subscriptions.
        SubscriptionsRead "subscriptions:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
    }
    audit {
        /// A subscription was created.
        SubscriptionCreated = "SUBSCRIPTION_CREATED",
        /// The quantity of a subscription was changed.
        SubscriptionUpdated = "SUBSCRIPTION_UPDATED",
        /// A subscription was cancelled.
        SubscriptionCancelled = "SUBSCRIPTION_CANCELLED",
    }
}

crate::text_enum! {
    /// Status of a subscription.
    SubscriptionStatus {
        /// The total.
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
    /// The customer it belongs to.
    pub tenant: TenantId,
    /// Name of the customer.
    pub tenant_name: String,
    /// Name of the product.
    pub product_name: String,
    /// Code of the product.
    pub product_code: String,
    /// Its status.
    pub status: SubscriptionStatus,
    /// The billing cycle.
    pub cycle: BillingCycle,
    /// How many.
    pub quantity: i32,
    /// Price per billing cycle, without tax.
    pub price: Money,
    /// When it was created.
    pub started_at: Time,
    /// When it is due next.
    pub renews_at: Time,
    /// Name of the CloudPod it pays for.
    pub pod_name: Option<String>,
}
