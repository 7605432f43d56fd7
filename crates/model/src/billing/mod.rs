//! Area billing: products, checkout, subscriptions, invoices.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;
