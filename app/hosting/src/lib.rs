//! Area hosting: CloudPods.

pub mod cloudpods;
pub mod domains;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[cloudpods::NAV];
