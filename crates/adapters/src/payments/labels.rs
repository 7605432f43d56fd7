//! What a payment is about.

use model::ids::{SubscriptionId, TenantId};

/// For people who look at a payment in the provider's own pages. Nothing is decided by it: the ledger is the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentLabels {
    /// The account.
    pub tenant: Option<TenantId>,
    /// Number of the invoice.
    pub invoice: Option<String>,
    /// The subscription that the invoice is for.
    pub subscription: Option<SubscriptionId>,
}

impl PaymentLabels {
    /// Names and values of those that are known.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let tenant = self.tenant.map(|id| ("tenant", id.to_string()));
        let invoice = self.invoice.clone().map(|number| ("invoice", number));
        let subscription = self.subscription.map(|id| ("subscription", id.to_string()));
        [tenant, invoice, subscription].into_iter().flatten().collect()
    }
}
