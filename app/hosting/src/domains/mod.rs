//! Domains of customers.

mod answers;
mod offers;
pub mod pages;
mod parts;
pub mod server_fns;
mod steps;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::DomainsRead>("Domains", "/admin/domains");
