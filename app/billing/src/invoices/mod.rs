//! Invoices for staff and for the tenant.

mod document;
pub mod pages;
pub mod server_fns;
