//! Bank statements, for staff: what came in on the bank account, and what it pays.

pub mod import;
pub mod pages;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry =
    app_kit::shell::NavEntry::new::<model::permission::BillingRead>("Bank statements", "/admin/bank-statements");
