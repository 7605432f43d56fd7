//! Area billing: plans and checkout for the public, products, subscriptions and invoices.

pub mod checkout;
pub mod invoices;
pub mod products;
pub mod subscriptions;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[products::NAV, subscriptions::NAV, invoices::NAV];
