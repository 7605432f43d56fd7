//! Checkout: from a plan to a paid order.
//!
//! A visitor starts a checkout ([`start()`]), pays on the provider's page, and the provider tells the webhook
//! ([`webhook::receive`]). Its message is stored before anything is done about it; [`process()`] then makes login, customer
//! account, subscriptions, invoice, pod and job in one transaction, however often and in whatever order messages come.

mod book;
mod buyer;
mod fulfil;
mod letters;
mod order;
mod process;
pub(crate) mod queries;
pub mod quote;
mod reconcile;
mod start;
mod view;
pub mod webhook;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use book::book;
pub use process::{Outcome, process};
pub use quote::quote;
pub use start::{shop, start};
pub use view::{payment_page, result, result_path, sandbox_decide};
pub use webhook::{ReceiveError, Received, accept, receive};

use chrono::Duration;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::PaymentEventInbox>();
    modules.reconcilers.add::<reconcile::CheckoutExpiry>();
    modules.reconcilers.add::<reconcile::PaymentEventPoll>();
}

/// How long after a checkout's end the provider's word still counts: the buyer may have paid in the last second.
pub const PAYMENT_GRACE: Duration = Duration::minutes(15);
