//! Websites, for staff and customers.

pub mod pages;
pub mod parts;
pub mod server_fns;
mod settings;
