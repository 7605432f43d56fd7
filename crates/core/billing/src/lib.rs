//! Area billing. From below: ledger, invoices, documents, payments, dunning (rules without I/O), coupons, subscriptions, checkout; products, profiles and
//! tax beside them; bank statements above payments; the overview of an account above all of them.

pub mod bank_statements;
pub mod checkout;
pub mod coupons;
pub mod documents;
pub mod domain_prices;
pub mod dunning;
pub mod invoices;
mod ledger;
mod letters;
pub mod mismatches;
pub mod overview;
pub mod payment_log;
pub mod payments;
pub mod products;
pub mod profiles;
mod reason;
pub mod registrations;
pub mod revenue;
pub mod subscriptions;
pub mod tax;
#[cfg(test)]
mod tests;

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    checkout::register(modules);
    documents::register(modules);
    mismatches::register(modules);
    payments::register(modules);
    profiles::register(modules);
    revenue::register(modules);
    subscriptions::register(modules);
}
