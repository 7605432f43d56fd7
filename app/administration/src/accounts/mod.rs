//! Signing in, activation, reset, set-up.

pub mod pages;
pub(crate) mod parts;
pub mod server_fns;
