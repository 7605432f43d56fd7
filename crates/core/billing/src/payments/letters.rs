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
