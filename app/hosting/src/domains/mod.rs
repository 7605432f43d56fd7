//! Domains of customers.

mod offers;
pub mod pages;
mod parts;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::DomainsRead>("Domains", "/admin/domains");
