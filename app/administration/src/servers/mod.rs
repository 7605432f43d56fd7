//! Servers: list, enrollment, detail.

mod enroll;
pub mod pages;
mod parts;
mod rollout;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::ServersRead>("Servers", "/admin/servers");
