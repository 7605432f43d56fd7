//! Area overview: the dashboard.

pub mod dashboard;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[dashboard::NAV];
