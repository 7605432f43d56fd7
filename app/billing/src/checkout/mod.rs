//! From a plan to a paid order.

mod order;
pub mod pages;
mod payment;
pub mod server_fns;
