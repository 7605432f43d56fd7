//! Wing billing.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;
