//! The letter about a new price.

use engine::mail::Letter;
use serde::Serialize;

/// A plan or an add-on costs something else from a period on.
#[derive(Serialize)]
pub(super) struct PriceChange {
    pub(super) product: String,
    pub(super) before: String,
    pub(super) after: String,
    /// `a month`, `a year`.
    pub(super) per: &'static str,
    /// The day it begins.
    pub(super) from: String,
    /// The subscription's page.
    pub(super) link: String,
}

impl Letter for PriceChange {
    const TEMPLATE: &'static str = "price_change";
    const TEXT: &'static str = include_str!("templates/price_change.txt");
    const HTML: &'static str = include_str!("templates/price_change.html");

    fn subject(&self, company: &str) -> String {
        format!("{company}: the price of {} changes on {}", self.product, self.from)
    }
}
