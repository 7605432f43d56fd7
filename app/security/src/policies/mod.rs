//! Rules for signing in.

pub mod pages;
pub mod server_fns;
