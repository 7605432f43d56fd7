//! Servers: list, enrollment, detail.

mod enroll;
pub mod pages;
mod parts;
pub mod server_fns;
