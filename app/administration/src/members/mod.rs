//! Members of a customer account.

pub mod pages;
pub mod server_fns;
