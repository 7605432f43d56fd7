//! The dashboard: items that need attention, and figures.

pub mod pages;
pub mod server_fns;
