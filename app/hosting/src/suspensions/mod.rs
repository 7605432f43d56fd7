//! Suspensions, on the page of their CloudPod.

pub mod parts;
pub mod server_fns;
