//! Area billing: products, checkout, subscriptions, invoices, tax, payments, profiles, dunning.

pub mod bank_statements;
pub mod checkout;
pub mod coupons;
pub mod domain_prices;
pub mod dunning;
pub mod invoices;
pub mod mismatches;
pub mod overview;
pub mod payment_log;
pub mod payments;
pub mod products;
pub mod profiles;
pub mod revenue;
pub mod subscriptions;
pub mod tax;

// What the modules add to the product's lists.
crate::area!(bank_statements, checkout, coupons, domain_prices, dunning, invoices, mismatches, payments, products, profiles, revenue, subscriptions);
