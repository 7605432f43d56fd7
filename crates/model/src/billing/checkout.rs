//! Checkout: from a plan to a paid order, and the page that follows the job.

use super::{
    products::{BillingCycle, ProductView},
    profiles::VatStatus,
};
use crate::{Time, administration::provisioning::JobPage, ids::CheckoutId, money::Money};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// One checkout by a visitor.
        CheckoutId,
        /// A webhook event of a payment provider.
        PaymentEventId,
    }
    permissions {}
    audit {
        /// A visitor started a checkout.
        CheckoutStarted = "CHECKOUT_STARTED",
        /// A payment was declined.
        CheckoutDeclined = "CHECKOUT_DECLINED",
        /// A payment was confirmed by the provider.
        CheckoutPaid = "CHECKOUT_PAID",
        /// A webhook event was rejected: invalid signature, stale or malformed.
        WebhookRefused = "WEBHOOK_REFUSED",
        /// A webhook event was received.
        WebhookReceived = "WEBHOOK_RECEIVED",
    }
}

crate::text_enum! {
    /// Status of a checkout.
    CheckoutStatus {
        /// Not paid yet.
        Open = "OPEN",
        /// Paid; the order is fulfilled.
        Paid = "PAID",
        /// The payment was declined.
        Declined = "DECLINED",
        /// Not paid in time.
        Expired = "EXPIRED",
    }
}

/// An order, with the field names of §1 of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckoutInput {
    /// Code of a plan.
    pub plan_code: String,
    /// `MONTHLY` or `YEARLY`, in any case.
    pub billing_cycle: String,
    /// Email address of the buyer; the invoice and the sign-in link go there.
    pub email: String,
    /// Country of the buyer, ISO 3166; determines the tax.
    #[serde(default)]
    pub country: String,
    /// Domain of the site; without one a subdomain is assigned.
    #[serde(default)]
    pub domain: Option<String>,
    /// Title of the site, if the plan has one.
    #[serde(default)]
    pub site_title: Option<String>,
    /// The buyer expects a WordPress plan; other plans are rejected.
    #[serde(default)]
    pub is_word_press_plan: Option<bool>,
    /// Codes of add-ons.
    #[serde(default)]
    pub add_ons: Vec<String>,
    /// Code of a coupon, in any case.
    #[serde(default)]
    pub coupon_code: Option<String>,
    /// Currency code; the plan's own where none is named.
    #[serde(default)]
    pub currency: Option<String>,
    /// Postal address, printed on the invoice; one line or several.
    #[serde(default)]
    pub address: Option<String>,
    /// Name of the company that is invoiced; needed with a VAT number.
    #[serde(default)]
    pub company_name: Option<String>,
    /// VAT number of the company in its country, with or without its letters. A confirmed one of another EU country pays no VAT.
    #[serde(default)]
    pub vat_number: Option<String>,
}

/// The started checkout. The caller sends the buyer to `payment_url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckoutSession {
    /// The checkout.
    pub checkout_session_id: CheckoutId,
    /// URL of the payment provider's page.
    pub payment_url: String,
}

crate::text_enum! {
    /// What a line of an order is.
    OrderLineKind {
        /// A plan or an add-on for the first period; nothing is charged in a trial.
        Product = "PRODUCT",
        /// What a coupon takes off a product.
        Discount = "DISCOUNT",
        /// A fee that is charged once.
        SetupFee = "SETUP_FEE",
    }
}

/// A line of an order. What a coupon takes off a product is a line of its own after the products, with a negative net.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// Code of the product.
    pub code: String,
    /// Product, discount or fee.
    #[serde(default = "product_line")]
    pub kind: OrderLineKind,
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: i32,
    /// Unit price in minor units, without tax.
    pub unit_price: i64,
    /// Line total in minor units, without tax.
    pub net: i64,
    /// Unit price of each period after a trial, in minor units, without tax.
    #[serde(default)]
    pub after_trial: Option<i64>,
}

/// Orders that were stored before there were other lines.
const fn product_line() -> OrderLineKind {
    OrderLineKind::Product
}

/// Totals of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quote {
    /// The lines.
    pub lines: Vec<OrderLine>,
    /// The billing cycle.
    pub cycle: BillingCycle,
    /// The trial that it begins with.
    #[serde(default)]
    pub trial: Option<Trial>,
    /// What the coupon does, for people: `20 % off the first period`.
    #[serde(default)]
    pub coupon: Option<String>,
    /// Subtotal without tax.
    pub net: Money,
    /// Hundredths of a percent.
    pub tax_rate_bp: i32,
    /// What is known of the buyer's VAT number; nothing without one. While it is pending, VAT is charged.
    #[serde(default)]
    pub vat: Option<VatStatus>,
    /// The tax.
    pub tax: Money,
    /// The total to pay.
    pub total: Money,
}

/// A trial that an order begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trial {
    /// How many days are free.
    pub days: i32,
    /// Price of each period after it, with tax and before any coupon.
    pub total_after: Money,
}

/// A checkout as its payment and result pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckoutView {
    /// The checkout.
    pub id: CheckoutId,
    /// Its status.
    pub status: CheckoutStatus,
    /// Recipient of the invoice.
    pub email: String,
    /// The sum.
    pub quote: Quote,
    /// Domain of the site.
    pub domain: String,
    /// When it started.
    pub created_at: Time,
    /// Number of the invoice, once paid.
    pub invoice_number: Option<String>,
    /// URL of the site, when the CloudPod is running.
    pub site_url: Option<String>,
    /// The provisioning job, once paid.
    pub job: Option<JobPage>,
}

/// A choice on the sandbox's payment page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SandboxChoice {
    /// The payment succeeds.
    Approve,
    /// The payment is declined.
    Decline,
    /// The payment succeeds and its webhook is delivered three times.
    ApproveThrice,
    /// The payment succeeds; later charges of this card are declined for lack of funds.
    ApproveOnce,
    /// The payment succeeds; the card is then reported lost, and declined for good.
    ApproveLost,
}

/// The offered products and the settings of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shop {
    /// Active plans and add-ons.
    pub products: Vec<ProductView>,
    /// Country that the order form begins with: of the visitor's network address where it is known, otherwise of the seller.
    pub country: String,
    /// Name of the seller.
    pub seller: String,
    /// Sites without a domain get a subdomain of it.
    pub base_domain: String,
}
