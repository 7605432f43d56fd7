//! The billing overview of a tenant: what is open, what is charged next, and what the account has.

pub mod pages;
mod parts;
pub mod server_fns;
