//! Logins as staff see them.

mod invite;
mod one;
pub mod pages;
pub mod server_fns;
mod why;
