//! Domains of CloudPods.

pub mod server_fns;
