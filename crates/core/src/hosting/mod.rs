//! Hosting: pods and what runs in them.

pub mod artifacts;
pub mod cloudpods;
pub mod domains;
