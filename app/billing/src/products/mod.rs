//! Products as the admin sees them.

mod form;
pub mod pages;
pub mod server_fns;
