//! Area hosting: CloudPods, domains and DNS.

pub mod certificates;
pub mod cloudpods;
pub mod deploys;
pub mod dns;
pub mod domains;
pub mod previews;
pub mod registrations;
pub mod suspensions;
pub mod websites;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[cloudpods::NAV, websites::NAV, domains::NAV, dns::NAV, certificates::NAV];
