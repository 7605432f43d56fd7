//! Servers: enrol, list, look after.

mod enrol;
pub mod pages;
mod parts;
pub mod server_fns;
