//! DNS zones and name servers.

pub mod custom;
mod dnssec;
mod editor;
mod history;
pub mod pages;
mod parts;
mod propagation;
mod rollover;
pub mod server_fns;
pub mod staff;
mod templates;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::DnsRead>("DNS", "/admin/dns");
