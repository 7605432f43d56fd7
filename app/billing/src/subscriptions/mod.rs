//! Subscriptions as the admin sees them.

pub mod pages;
pub mod server_fns;
