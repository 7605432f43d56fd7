//! What a payment is for, as the provider hands it back.

use model::ids::{CheckoutId, PaymentSessionId};
use std::{fmt, str::FromStr};

/// Before the id of a page that pays an invoice.
const INVOICE: &str = "invoice_";

/// What a payment page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentReference {
    /// An order. Written as its id.
    Checkout(CheckoutId),
    /// An open invoice. Written as `invoice_` and the id of the page.
    Invoice(PaymentSessionId),
}

impl PaymentReference {
    /// The id without hyphens, for names that are derived from it.
    pub(super) fn simple(self) -> String {
        match self {
            PaymentReference::Checkout(id) => id.0.simple().to_string(),
            PaymentReference::Invoice(id) => id.0.simple().to_string(),
        }
    }
}

impl fmt::Display for PaymentReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaymentReference::Checkout(id) => id.fmt(f),
            PaymentReference::Invoice(id) => write!(f, "{INVOICE}{id}"),
        }
    }
}

/// It is no reference of ours.
#[derive(Debug, thiserror::Error)]
#[error("not a reference")]
pub struct NotAReference;

impl FromStr for PaymentReference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        match text.strip_prefix(INVOICE) {
            Some(id) => id.parse().map(PaymentReference::Invoice).map_err(|_| NotAReference),
            None => text.parse().map(PaymentReference::Checkout).map_err(|_| NotAReference),
        }
    }
}
