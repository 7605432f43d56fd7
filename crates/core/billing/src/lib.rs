//! Area billing: products, checkout, subscriptions, invoices, the ledger, payments, dunning.

pub mod checkout;
pub mod dunning;
pub mod invoices;
mod ledger;
pub mod payments;
pub mod products;
pub mod subscriptions;
mod tax;

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    checkout::register(modules);
    payments::register(modules);
    subscriptions::register(modules);
}
