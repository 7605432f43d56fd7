//! Subscriptions.

use super::{
    coupons::SubscriptionCoupon,
    invoices::InvoiceRow,
    payments::PaymentMethodView,
    products::{BillingCycle, ProductView},
    revenue::MovementRow,
};
use crate::{
    Time,
    hosting::cloudpods::Limits,
    ids::{CloudPodId, SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

crate::module! {
    ids {
        /// A recurring purchase of a product by a customer.
        SubscriptionId,
    }
    permissions {
        /// View subscriptions.
        SubscriptionsRead "subscriptions:read" read [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_SUPPORT, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
        /// Change plans; cancel subscriptions at the end of their period, and undo that.
        SubscriptionsWrite "subscriptions:write" write covers SubscriptionsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING, TENANT_OWNER, TENANT_ADMIN, TENANT_BILLING];
        /// End subscriptions at once.
        SubscriptionsDelete "subscriptions:delete" step_up covers SubscriptionsRead [SUPER_ADMIN, PLATFORM_ADMIN, PLATFORM_BILLING];
    }
    audit {
        /// A subscription was created.
        SubscriptionCreated = "SUBSCRIPTION_CREATED",
        /// A subscription was changed.
        SubscriptionUpdated = "SUBSCRIPTION_UPDATED",
        /// A subscription was cancelled.
        SubscriptionCancelled = "SUBSCRIPTION_CANCELLED",
        /// A subscription that had ended was taken back.
        SubscriptionReactivated = "SUBSCRIPTION_REACTIVATED",
        /// The subscriptions of a product are moved to its present price.
        SubscriptionPricesMoved = "SUBSCRIPTION_PRICES_MOVED",
        /// Staff had an overdue invoice of a subscription charged at once.
        SubscriptionChargeRequested = "SUBSCRIPTION_CHARGE_REQUESTED",
        /// Staff extended the payment deadline of a subscription.
        SubscriptionDeadlineExtended = "SUBSCRIPTION_DEADLINE_EXTENDED",
        /// Staff ended such an extension.
        SubscriptionExtensionEnded = "SUBSCRIPTION_EXTENSION_ENDED",
    }
}

crate::text_enum! {
    /// Status of a subscription.
    SubscriptionStatus {
        /// Free until the end of the period that runs.
        Trialing = "TRIALING",
        /// Nothing is overdue.
        Active = "ACTIVE",
        /// An invoice is overdue; its CloudPods still run.
        PastDue = "PAST_DUE",
        /// An invoice was overdue for too long; its CloudPods are offline.
        Suspended = "SUSPENDED",
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
    /// Start of the period that runs.
    pub period_start: Time,
    /// End of the period that runs, and start of the next one.
    pub renews_at: Time,
    /// When it ends or ended, if that is known.
    pub cancel_at: Option<Time>,
    /// Since when its CloudPods are offline because of an unpaid invoice.
    pub suspended_at: Option<Time>,
    /// The subscription of its plan, for an add-on.
    pub parent: Option<SubscriptionId>,
    /// The CloudPod it pays for.
    pub pod: Option<CloudPodId>,
    /// Name of that CloudPod.
    pub pod_name: Option<String>,
}

/// What a subscription is for: its plan, or an add-on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionItem {
    /// Name of the product.
    pub product_name: String,
    /// How many.
    pub quantity: i32,
    /// Price of one per billing cycle, without tax.
    pub price: Money,
    /// Price of all of them.
    pub net: Money,
}

/// What happens to a subscription when nobody does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Upcoming {
    /// The invoice of the next period is issued.
    Invoice,
    /// The invoice is charged.
    Charge,
    /// The charge is tried again.
    Retry,
    /// The next period begins.
    Renewal,
    /// A period begins that has another price.
    PriceChange,
    /// The scheduled change is made.
    PlanChange,
    /// Its CloudPods are suspended.
    Suspension,
    /// It is terminated, with its CloudPods.
    Termination,
    /// It ends, as was asked for.
    End,
}

/// A change that is made when the next period begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduledChange {
    /// Names of the plan and its add-ons from then on.
    pub products: Vec<String>,
    /// The billing cycle from then on.
    pub cycle: BillingCycle,
    /// When it is made.
    pub at: Time,
    /// Price of the period that begins with it, with tax.
    pub total: Money,
}

/// A subscription in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionDetail {
    /// The same data as in the list; of the plan, for an add-on.
    pub subscription: SubscriptionView,
    /// The plan and its add-ons.
    pub items: Vec<SubscriptionItem>,
    /// Its coupon.
    pub coupon: Option<SubscriptionCoupon>,
    /// The change that is made when the next period begins.
    pub scheduled: Option<ScheduledChange>,
    /// Price of all items for the next period, without tax and after the coupon.
    pub net: Money,
    /// Hundredths of a percent, as of now.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// Price of the next period with tax.
    pub total: Money,
    /// What happens next, in order.
    pub upcoming: Vec<(Time, Upcoming)>,
    /// Its newest invoices.
    pub invoices: Vec<InvoiceRow>,
    /// The card that is charged first.
    pub method: Option<PaymentMethodView>,
    /// Until when it can be taken back with its CloudPods, where it has ended.
    #[serde(default)]
    pub reactivate_until: Option<Time>,
    /// What cancelling it now would lead to, if that is possible.
    #[serde(default)]
    pub cancellation: Option<Cancellation>,
    /// The extended payment deadline, if it has not passed.
    #[serde(default)]
    pub extended_until: Option<Time>,
}

/// When a subscription ends that is cancelled with its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cancellation {
    /// The end of what is paid.
    pub ends_at: Time,
    /// Until when the data of its CloudPods is kept; a domain has none.
    pub data_kept_until: Option<Time>,
}

/// Something that was recorded about a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionEvent {
    /// When.
    pub at: Time,
    /// The action, such as `SUBSCRIPTION_UPDATED`.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// The plan or add-on.
    pub product_name: String,
    /// What changed, such as `quantity: 1 → 2`.
    pub changes: Vec<String>,
}

/// What has happened to a subscription and its add-ons, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionHistory {
    /// What was recorded.
    pub events: Vec<SubscriptionEvent>,
    /// How it has moved recurring revenue.
    pub movements: Vec<MovementRow>,
}

/// What a subscription can be changed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeOptions {
    /// Code of the present plan.
    pub plan_code: String,
    /// The present cycle.
    pub cycle: BillingCycle,
    /// For how many CloudPods it is.
    pub quantity: i32,
    /// Plans on sale with the same stack and currency, the present one among them.
    pub plans: Vec<ProductView>,
    /// Codes of the present add-ons, and how many of each.
    pub add_ons: Vec<(String, i32)>,
    /// Add-ons on sale in the same currency, the present ones among them.
    pub add_ons_on_sale: Vec<ProductView>,
    /// Those of the plans that have less than is in use now, with the present add-ons.
    #[serde(default)]
    pub too_small: Vec<TooSmall>,
}

/// A plan that has less than is in use now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TooSmall {
    /// Code of the plan.
    pub code: String,
    /// What is in use, and what the plan has, for people.
    pub why: String,
    /// Whether add-ons on sale can make it large enough.
    pub is_helped_by_add_ons: bool,
}

/// Add-ons and how many of each, as one text: `disk-10:2,backup:1`, or `-` where there are none. A code alone is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOnQuantities(pub Vec<(String, i32)>);

impl AddOnQuantities {
    /// The text of codes with their numbers, which may be as they were typed.
    pub fn text<C: fmt::Display, N: fmt::Display>(chosen: impl IntoIterator<Item = (C, N)>) -> String {
        let parts: Vec<String> = chosen.into_iter().map(|(code, quantity)| format!("{code}:{quantity}")).collect();
        if parts.is_empty() { "-".to_owned() } else { parts.join(",") }
    }
}

impl fmt::Display for AddOnQuantities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::text(self.0.iter().map(|(code, quantity)| (code, quantity))))
    }
}

impl FromStr for AddOnQuantities {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |part: &str| match part.split_once(':') {
            None => Ok((part.to_owned(), 1)),
            Some((code, quantity)) => {
                let code = code.trim();
                let quantity = quantity.trim().parse().map_err(|_| format!("Enter a whole number for {code}."))?;
                Ok((code.to_owned(), quantity))
            }
        };
        text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "-").map(one).collect::<Result<_, _>>().map(Self)
    }
}

/// A line of a change: what is credited, or what is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeLine {
    /// The product, and whether its rest is unused.
    pub description: String,
    /// For which time.
    pub note: String,
    /// Without tax; negative for a credit.
    pub net: Money,
}

/// A document of a change: a credit note or an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeDocument {
    /// Without tax; negative for a credit note.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
}

/// The credit for a subscription that is ended at once. It is credited exactly as shown, or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndPreview {
    /// The moment that it is computed for.
    pub at: Time,
    /// Until when it can be confirmed.
    pub valid_until: Time,
    /// Name of the plan, or the domain.
    pub product_name: String,
    /// What of each item is unused, and what of that was not paid.
    pub lines: Vec<ChangeLine>,
    /// Sum of the lines, negative: what was paid, at the most.
    pub net: Money,
    /// The tax on it, at the rates that were charged.
    pub tax: Money,
    /// With tax.
    pub total: Money,
    /// Until when the data of its CloudPods is kept; a domain has none.
    pub data_kept_until: Option<Time>,
}

/// What a change of plan costs now and later. It is charged exactly as shown, or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangePreview {
    /// The moment that it is computed for.
    pub at: Time,
    /// Until when it can be confirmed.
    pub valid_until: Time,
    /// Name of the new plan.
    pub plan_name: String,
    /// Credit and charge.
    pub lines: Vec<ChangeLine>,
    /// Sum of the lines.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax; the sum of the documents' where there are several.
    pub tax: Money,
    /// Credit notes and then the invoice, where what is credited was taxed otherwise than what is charged now; else there is one document.
    #[serde(default)]
    pub documents: Vec<ChangeDocument>,
    /// With tax; negative where the account is credited.
    pub total: Money,
    /// Account credit that is used.
    pub credit_used: Money,
    /// What is charged now.
    pub due: Money,
    /// The card that is charged.
    pub method: Option<PaymentMethodView>,
    /// When the next period begins.
    pub renews_at: Time,
    /// The price of each period from then on, with tax; a coupon that ends is not in it.
    pub total_then: Money,
    /// What the next period would cost without the change, with tax, and how it is billed; none where there is no next period without it.
    #[serde(default)]
    pub before: Option<(Money, BillingCycle)>,
    /// What the subscription's coupon does from then on, for people.
    pub coupon: Option<String>,
    /// The billing cycle from now on.
    pub cycle: BillingCycle,
    /// Limits of each CloudPod before.
    pub limits_before: Limits,
    /// Limits of each CloudPod afterwards.
    pub limits_after: Limits,
    /// Why the change cannot be made; nothing when it can.
    pub obstacles: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::AddOnQuantities;

    #[test]
    fn add_ons_are_read_as_they_are_written_and_a_bad_number_is_an_error() {
        let chosen = AddOnQuantities(vec![("disk-10".to_owned(), 2), ("backup".to_owned(), 1)]);
        assert_eq!(chosen.to_string(), "disk-10:2,backup:1");
        assert_eq!(chosen.to_string().parse(), Ok(chosen.clone()));
        assert_eq!(" disk-10 : 2 , backup ".parse(), Ok(chosen));
        assert_eq!(AddOnQuantities::default().to_string(), "-");
        for none in ["-", ""] {
            assert_eq!(none.parse(), Ok(AddOnQuantities::default()));
        }
        for bad in ["disk-10:two", "disk-10:", "disk-10:1.5"] {
            assert_eq!(bad.parse::<AddOnQuantities>(), Err("Enter a whole number for disk-10.".to_owned()));
        }
    }
}
