//! Users, for staff.

mod access_check;
mod invite;
mod one;
pub mod pages;
pub(crate) mod parts;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::UsersRead>("Users", "/admin/users");
