//! Websites, for staff and customers.

mod answers;
mod jobs;
pub mod pages;
pub mod parts;
pub mod server_fns;
mod settings;
mod variables;
