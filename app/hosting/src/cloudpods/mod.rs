//! CloudPods for staff and for the tenant.

mod logs;
pub mod pages;
mod parts;
pub mod server_fns;
