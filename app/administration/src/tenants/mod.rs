//! Customers as staff see them.

pub mod pages;
pub mod server_fns;
