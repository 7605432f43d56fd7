//! Billing profiles, for customers and staff.

pub mod pages;
pub mod server_fns;
