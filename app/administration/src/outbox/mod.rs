//! The email log.

pub mod pages;
pub mod server_fns;
