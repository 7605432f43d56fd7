//! Products, for staff.

mod form;
pub mod pages;
pub mod server_fns;
