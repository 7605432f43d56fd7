//! Jobs for staff and for the tenant.

pub mod pages;
mod parts;
pub mod server_fns;
