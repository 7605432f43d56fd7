//! Users, for staff.

mod access_check;
mod invite;
mod one;
pub mod pages;
pub mod server_fns;
