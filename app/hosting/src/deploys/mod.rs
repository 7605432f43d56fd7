//! Deploys of websites from git, for customers, and for staff to look at.

pub mod pages;
mod parts;
mod rollback;
pub mod server_fns;
mod sources;
