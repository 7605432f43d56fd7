//! CloudPods, for staff and customers.

pub mod pages;
mod parts;
pub mod server_fns;
