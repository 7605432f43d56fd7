//! DNS zones and name servers.

mod editor;
mod history;
pub mod pages;
mod parts;
pub mod server_fns;
pub mod staff;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::DnsRead>("DNS", "/admin/dns");
