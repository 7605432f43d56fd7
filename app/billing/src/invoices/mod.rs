//! Invoices, for staff and customers.

mod create;
mod document;
pub mod pages;
pub(crate) mod parts;
pub mod server_fns;

pub use create::NewInvoicePage;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::BillingRead>("Invoices", "/admin/invoices");
