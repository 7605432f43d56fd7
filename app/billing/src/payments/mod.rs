//! Saved cards, and the sandbox's page that pays an invoice.

pub mod pages;
pub mod server_fns;
