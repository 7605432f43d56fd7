//! Prices of domains, for staff.

pub mod pages;
pub mod server_fns;
