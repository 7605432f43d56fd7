//! What reconcilers check, for staff.

pub mod pages;
pub mod server_fns;
