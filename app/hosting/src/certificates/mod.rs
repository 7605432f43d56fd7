//! Certificates of sites, for staff and customers; their state on the page of a CloudPod.

pub mod pages;
pub mod parts;
mod platform;
pub mod server_fns;
mod setup;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::SslRead>("Certificates", "/admin/certificates");
