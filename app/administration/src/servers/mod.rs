//! Servers: list, enrollment, detail.

mod enroll;
pub mod pages;
mod parts;
mod rollout;
pub mod server_fns;
