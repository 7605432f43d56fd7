//! Coupons, for staff.

pub mod pages;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::CouponsRead>("Coupons", "/admin/coupons");
