//! From a plan to a paid order.

mod order;
pub mod pages;
pub(crate) mod payment;
pub mod server_fns;
