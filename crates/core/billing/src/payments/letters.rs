//! Letters about payments.

use engine::mail::Letter;
use serde::Serialize;

/// The bank wants the customer to confirm a charge.
#[derive(Serialize)]
pub(super) struct ConfirmationNeeded {
    pub(super) invoice: String,
    pub(super) amount: String,
    /// The invoice's page, where it is confirmed.
    pub(super) link: String,
}

impl Letter for ConfirmationNeeded {
    const TEMPLATE: &'static str = "payment_confirmation";
    const TEXT: &'static str = include_str!("templates/confirmation.txt");
    const HTML: &'static str = include_str!("templates/confirmation.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: confirm your payment of invoice {}", self.invoice)
    }
}

/// Money is on its way back to the card.
#[derive(Serialize)]
pub(super) struct RefundSucceeded {
    pub(super) amount: String,
    /// Number of the credit note that it is of.
    pub(super) credit_note: String,
    /// The credit note's page.
    pub(super) link: String,
}

impl Letter for RefundSucceeded {
    const TEMPLATE: &'static str = "refund_succeeded";
    const TEXT: &'static str = include_str!("templates/refund.txt");
    const HTML: &'static str = include_str!("templates/refund.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: {} refunded to your card", self.amount)
    }
}

/// A refund could not be carried out. For staff.
#[derive(Serialize)]
pub(super) struct RefundFailed {
    pub(super) amount: String,
    pub(super) credit_note: String,
    /// Why, in the provider's word.
    pub(super) reason: String,
    /// The credit note's page for staff.
    pub(super) link: String,
}

impl Letter for RefundFailed {
    const TEMPLATE: &'static str = "refund_failed";
    const TEXT: &'static str = include_str!("templates/refund_failed.txt");
    const HTML: &'static str = include_str!("templates/refund_failed.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the refund of {} for {} failed", self.amount, self.credit_note)
    }
}

/// A card is about to expire.
#[derive(Serialize)]
pub(super) struct CardExpires {
    pub(super) card: String,
    /// Month and year: `04/2027`.
    pub(super) expires: String,
    /// The page of the cards.
    pub(super) link: String,
}

impl Letter for CardExpires {
    const TEMPLATE: &'static str = "card_expires";
    const TEXT: &'static str = include_str!("templates/expiry.txt");
    const HTML: &'static str = include_str!("templates/expiry.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: your {} expires soon", self.card)
    }
}
