//! When an invoice is issued, charged, and given up.

use chrono::Duration;

/// The terms of payment.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How long before a period its invoice is issued.
    pub invoice_lead: Duration,
    /// When a card is charged, counted from the due date.
    pub attempts: Vec<Duration>,
    /// Least time between two attempts on one card.
    pub attempt_spacing: Duration,
    /// From the due date to the suspension.
    pub suspend_after: Duration,
    /// From the suspension to the termination.
    pub terminate_after: Duration,
}

impl Default for Terms {
    /// Invoice 7 days ahead; charged when due and 3, 5 and 7 days later; suspended on day 10; terminated 30 days after that.
    fn default() -> Self {
        Self {
            invoice_lead: Duration::days(7),
            attempts: [0, 3, 5, 7].map(Duration::days).to_vec(),
            attempt_spacing: Duration::hours(2),
            suspend_after: Duration::days(10),
            terminate_after: Duration::days(30),
        }
    }
}
