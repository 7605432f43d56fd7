//! What needs a person, and the figures that have data now.

pub mod pages;
pub mod server_fns;
