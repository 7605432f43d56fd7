//! Dunning: what happens to an invoice that is not paid, and when. [`rules`] decide, without looking at anything; the reconciler of
//! subscriptions acts.

mod letters;
mod notices;
mod queries;
pub(crate) mod rules;
mod terms;

pub(crate) use letters::{RenewalIssued, day};
pub(crate) use notices::{Notified, notify};
pub use terms::Terms;
