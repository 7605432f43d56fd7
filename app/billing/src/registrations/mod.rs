//! Ordering domains and bringing them here, and their automatic renewal. The pages of those that are registered are hosting's.

pub mod order;
mod renewal;
mod restore;
pub mod server_fns;

pub use renewal::Renewal;
