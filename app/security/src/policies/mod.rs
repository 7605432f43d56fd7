//! Security policies.

pub mod pages;
pub mod server_fns;
