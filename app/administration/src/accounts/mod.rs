//! Signing in, activation, reset, set-up.

pub mod pages;
mod parts;
pub mod server_fns;
