//! Area security: audit log and security policies.

pub mod audit;
pub mod policies;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[audit::NAV, policies::NAV];
