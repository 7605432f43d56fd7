//! The audit log.

pub mod pages;
pub mod server_fns;
