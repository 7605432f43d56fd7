//! Checkout: from a plan to a paid order, and the page that follows the job.

use super::products::{BillingCycle, ProductView};
use crate::{Time, administration::provisioning::JobPage, ids::CheckoutId, money::Money};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// State of a checkout.
    CheckoutStatus {
        /// Not paid yet.
        Open = "OPEN",
        /// Paid; the order is carried out.
        Paid = "PAID",
        /// The payment was declined.
        Declined = "DECLINED",
        /// Not paid in time.
        Expired = "EXPIRED",
    }
}

/// The order, as the specification's §1 names its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckoutInput {
    /// Code of a plan.
    pub plan_code: String,
    /// `MONTHLY` or `YEARLY`, in any case.
    pub billing_cycle: String,
    /// Where the invoice and the way into the panel go.
    pub email: String,
    /// Country of the buyer, ISO 3166; decides the tax.
    #[serde(default)]
    pub country: String,
    /// Domain of the site; one of ours is given where it is empty.
    #[serde(default)]
    pub domain: Option<String>,
    /// Title of the site, where the plan has one.
    #[serde(default)]
    pub site_title: Option<String>,
    /// Says that a WordPress plan was meant; refused when the plan is none.
    #[serde(default)]
    pub is_word_press_plan: Option<bool>,
    /// Codes of add-ons.
    #[serde(default)]
    pub add_ons: Vec<String>,
}

/// What the caller does next: send the buyer to `payment_url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckoutSession {
    /// The checkout.
    pub checkout_session_id: CheckoutId,
    /// Page of the payment provider.
    pub payment_url: String,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// Code of the product.
    pub code: String,
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: i32,
    /// Price of one, minor units, without tax.
    pub unit_price: i64,
    /// The line, minor units, without tax.
    pub net: i64,
}

/// The sum of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quote {
    /// The lines.
    pub lines: Vec<OrderLine>,
    /// How often it is paid.
    pub cycle: BillingCycle,
    /// Sum without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// The tax.
    pub tax: Money,
    /// What is paid.
    pub total: Money,
}

/// What the payment page and the result page show of a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckoutView {
    /// The checkout.
    pub id: CheckoutId,
    /// Its state.
    pub status: CheckoutStatus,
    /// Where the invoice goes.
    pub email: String,
    /// The sum.
    pub quote: Quote,
    /// Domain of the site.
    pub domain: String,
    /// When it was started.
    pub created_at: Time,
    /// Number of the invoice, when paid.
    pub invoice_number: Option<String>,
    /// Address of the site, when the pod runs.
    pub site_url: Option<String>,
    /// The job that makes the pod, when paid.
    pub job: Option<JobPage>,
}

/// A way to pay on the sandbox's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SandboxChoice {
    /// The payment goes through.
    Approve,
    /// The bank says no.
    Decline,
    /// The payment goes through and the provider tells us three times.
    ApproveThrice,
}

/// What is sold, and to whom the tax goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shop {
    /// Plans and add-ons that are sold.
    pub products: Vec<ProductView>,
    /// Country of the seller.
    pub country: String,
    /// Name of the seller.
    pub seller: String,
    /// Sites without a domain get a name below this one.
    pub base_domain: String,
}
