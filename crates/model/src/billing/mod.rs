//! Area billing: products, checkout, subscriptions, invoices.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;

// What the modules add to the product's lists.
crate::area!(checkout, invoices, products, subscriptions);
