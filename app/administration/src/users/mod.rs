//! Users, for staff.

mod access_check;
mod invite;
mod one;
pub mod pages;
pub(crate) mod parts;
pub mod server_fns;
