//! The record of who did what.

pub mod pages;
pub mod server_fns;
