//! Deploys of websites from git, for customers.

pub mod pages;
mod parts;
pub mod server_fns;
