//! Area billing: products, checkout, subscriptions, invoices.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    checkout::register(modules);
    subscriptions::register(modules);
}
