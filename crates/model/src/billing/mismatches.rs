//! Mismatches: where billing and infrastructure differ.

use super::{products::BillingCycle, subscriptions::SubscriptionStatus};
use crate::{
    Time,
    administration::provisioning::JobRow,
    ids::{CloudPodId, InvoiceId, JobId, MismatchId, ServerId, SubscriptionId, TenantId},
    money::Money,
};
use serde::{Deserialize, Serialize};

crate::module! {
    ids {
        /// A mismatch between billing and infrastructure.
        MismatchId,
    }
    permissions {}
    audit {
        /// Staff asked for a comparison of billing with infrastructure.
        MismatchCheckRequested = "MISMATCH_CHECK_REQUESTED",
        /// Staff accepted a mismatch until a day.
        MismatchAccepted = "MISMATCH_ACCEPTED",
        /// Staff ended the acceptance of a mismatch.
        MismatchAcceptanceEnded = "MISMATCH_ACCEPTANCE_ENDED",
    }
}

crate::text_enum! {
    /// What does not match.
    MismatchKind {
        /// A subscription is paid for, and its CloudPod is not running.
        PaidNotRunning = "PAID_NOT_RUNNING",
        /// A CloudPod is running, and its subscription is not paid for.
        RunningNotPaid = "RUNNING_NOT_PAID",
        /// A CloudPod is to be suspended, and still serves.
        SuspendedServing = "SUSPENDED_SERVING",
        /// A CloudPod belongs to no subscription that goes on.
        PodWithoutSubscription = "POD_WITHOUT_SUBSCRIPTION",
        /// A subscription has fewer CloudPods than it is for.
        SubscriptionWithoutPod = "SUBSCRIPTION_WITHOUT_POD",
        /// An invoice is marked as paid, and no payment or credit covers it.
        InvoiceWithoutPayment = "INVOICE_WITHOUT_PAYMENT",
        /// The payment provider has taken a payment that is on no invoice.
        PaymentWithoutInvoice = "PAYMENT_WITHOUT_INVOICE",
        /// A subscription is past due, and should have been suspended.
        OverdueNotSuspended = "OVERDUE_NOT_SUSPENDED",
    }
}

impl MismatchKind {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            MismatchKind::PaidNotRunning => "Paid, not running",
            MismatchKind::RunningNotPaid => "Running, not paid",
            MismatchKind::SuspendedServing => "Suspended, still serving",
            MismatchKind::PodWithoutSubscription => "No subscription",
            MismatchKind::SubscriptionWithoutPod => "Missing CloudPod",
            MismatchKind::InvoiceWithoutPayment => "Invoice without payment",
            MismatchKind::PaymentWithoutInvoice => "Payment without invoice",
            MismatchKind::OverdueNotSuspended => "Overdue, not suspended",
        }
    }
}

/// The word for mismatches that are accepted, beside the kinds, in the filter of their list.
pub const ACCEPTED: &str = "ACCEPTED";

/// A mismatch that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MismatchRow {
    /// The mismatch.
    pub id: MismatchId,
    /// What does not match.
    pub kind: MismatchKind,
    /// Name of the object: of a CloudPod, a product, an invoice, a payment.
    pub subject: String,
    /// What was found, in a sentence.
    pub message: String,
    /// The customer, if known.
    pub tenant: Option<TenantId>,
    /// Name of the customer.
    pub tenant_name: Option<String>,
    /// The CloudPod.
    pub pod: Option<CloudPodId>,
    /// The subscription.
    pub subscription: Option<SubscriptionId>,
    /// Status of the subscription.
    pub subscription_status: Option<SubscriptionStatus>,
    /// The invoice.
    pub invoice: Option<InvoiceId>,
    /// The CloudPod has processes that can be restarted.
    pub is_online: bool,
    /// The CloudPod's last job, if it failed and can be retried.
    pub failed_job: Option<JobId>,
    /// A job of the CloudPod is in progress.
    pub is_busy: bool,
    /// The money at stake: in each billing cycle, or once where there is none.
    pub amount: Money,
    /// The billing cycle.
    pub cycle: Option<BillingCycle>,
    /// Since when it holds, as far as that is known.
    pub since: Time,
    /// When it was first found.
    pub found_at: Time,
    /// Until when staff accept it, and why.
    pub accepted: Option<(Time, String)>,
}

/// One thing that is compared: what billing asks for, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MismatchFact {
    /// What it is: `Website`.
    pub what: String,
    /// As it should be.
    pub desired: String,
    /// As it was seen; `Unknown` where it was not.
    pub observed: String,
    /// Whether the two differ.
    pub differs: bool,
}

/// A mismatch in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MismatchDetail {
    /// The same data as in the list.
    pub row: MismatchRow,
    /// What is compared.
    pub facts: Vec<MismatchFact>,
    /// What has probably led to it, in sentences, the likeliest first.
    pub causes: Vec<String>,
    /// The last job of the CloudPod.
    pub job: Option<JobRow>,
    /// When the CloudPod was last seen.
    pub observed_at: Option<Time>,
    /// When the comparison last found that it holds.
    pub checked_at: Time,
}

/// How many mismatches there are of a group, and the money at stake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AtStake {
    /// How many.
    pub count: i64,
    /// The money by currency: a month, where it recurs.
    pub money: Vec<Money>,
}

/// A server whose CloudPods cannot be compared, because it does not respond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnknownServer {
    /// The server.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// When it last responded.
    pub last_seen_at: Option<Time>,
    /// Its CloudPods.
    pub pods: i64,
    /// What is paid for them, a month.
    pub money: Vec<Money>,
}

/// Billing compared with infrastructure, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MismatchSummary {
    /// When everything was last compared.
    pub checked_at: Option<Time>,
    /// CloudPods that were compared.
    pub pods: i64,
    /// Subscriptions that were compared.
    pub subscriptions: i64,
    /// Invoices paid in the last 30 days that were compared.
    pub invoices: i64,
    /// Payments of the provider in the last days that were compared; nothing when it did not respond.
    pub payments: Option<i64>,
    /// Mismatches that hold.
    pub open: i64,
    /// How many of each kind; kinds without any are left out.
    pub kinds: Vec<(MismatchKind, i64)>,
    /// Mismatches that hold and are accepted for now; they count nowhere else.
    pub accepted: i64,
    /// Since when the oldest one holds.
    pub oldest: Option<Time>,
    /// Paid for and not delivered.
    pub not_delivered: AtStake,
    /// Delivered and not paid for.
    pub not_paid: AtStake,
    /// Payments and invoices that belong to nothing.
    pub unmatched: AtStake,
    /// Mismatches that were resolved in the last 30 days.
    pub resolved: i64,
    /// Servers whose CloudPods cannot be compared.
    pub unknown: Vec<UnknownServer>,
}
