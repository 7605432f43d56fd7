//! When an invoice is issued, charged, and given up.

use super::queries;
use chrono::Duration;
use engine::Result;
use model::{Time, billing::dunning::PaymentTermsView, ids::SubscriptionId};
use sqlx::PgConnection;

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
        Self::of(&default_view())
    }
}

impl Terms {
    fn of(view: &PaymentTermsView) -> Self {
        let days = |days: i32| Duration::days(days.into());
        Self {
            invoice_lead: days(view.invoice_lead_days),
            attempts: view.attempt_days.iter().map(|day| days(*day)).collect(),
            attempt_spacing: Duration::hours(2),
            suspend_after: days(view.suspend_after_days),
            terminate_after: days(view.terminate_after_days),
        }
    }
}

/// The terms that hold until staff set others.
pub(super) fn default_view() -> PaymentTermsView {
    PaymentTermsView {
        product_code: None,
        product_name: None,
        invoice_lead_days: 7,
        attempt_days: vec![0, 3, 5, 7],
        suspend_after_days: 10,
        terminate_after_days: 30,
        since: None,
    }
}

/// The terms of a subscription that held at a moment: an invoice keeps those that held when it was issued.
pub(crate) async fn terms_at(conn: &mut PgConnection, subscription: SubscriptionId, at: Time) -> Result<Terms> {
    let found = queries::terms_at(conn, subscription, at).await?;
    Ok(found.map(|row| Terms::of(&row.view())).unwrap_or_default())
}
