//! CloudPods, for staff and customers.

mod drift;
mod migrate;
pub mod pages;
mod parts;
pub mod plan;
mod restart;
pub mod server_fns;

pub(crate) use parts::SiteLink;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::CloudpodsRead>("CloudPods", "/admin/cloudpods");
