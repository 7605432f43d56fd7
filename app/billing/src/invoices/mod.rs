//! Invoices, for staff and customers.

mod document;
pub mod pages;
pub mod server_fns;
