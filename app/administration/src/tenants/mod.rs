//! Customers, for staff.

pub mod pages;
pub mod server_fns;
mod suspension;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::CustomersRead>("Customers", "/admin/customers");
