//! CloudPods, for staff and customers.

mod logs;
pub mod pages;
mod parts;
pub mod server_fns;
