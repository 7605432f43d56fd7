//! Area billing: plans and checkout for the public, products, subscriptions and invoices.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;
