//! Products, for staff.

mod currencies;
mod form;
pub mod pages;
mod prices;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::ProductsRead>("Products", "/admin/products");
