//! Servers: enrol, list, look after.

mod enrol;
pub mod pages;
mod parts;
mod rollout;
pub mod server_fns;
