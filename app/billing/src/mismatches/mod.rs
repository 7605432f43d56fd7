//! Billing compared with infrastructure. The page is composed in `app`: what it offers belongs to several areas.

pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::BillingRead>("Mismatches", "/admin/mismatches");
