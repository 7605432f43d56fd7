//! What should hold for every subscription.

mod billing;
mod pods;
mod quantity;

pub(super) use billing::SubscriptionBilling;
pub(super) use quantity::SubscriptionQuantity;
