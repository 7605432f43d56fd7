//! Saved cards, and the sandbox's page that pays an invoice.

pub mod pages;
pub mod refunds;
pub mod server_fns;
