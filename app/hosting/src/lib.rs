//! Area hosting: CloudPods and domains.

pub mod certificates;
pub mod cloudpods;
pub mod domains;
pub mod suspensions;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[cloudpods::NAV, domains::NAV, certificates::NAV];
