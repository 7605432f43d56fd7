//! Configuration and pages, made by typed builders that refuse control characters, and read back before use.

pub mod environment;
pub mod escape;
pub mod firewall;
pub mod ini;
pub mod nginx;
pub mod pages;
pub mod php_fpm;
pub mod serving;
pub mod tls;
pub mod unit;
pub mod vhost;

/// First line of each file that this program writes.
pub const HEAD: &str = "Written by mPanel. Change this in the panel, not here.";

#[cfg(test)]
mod hostile_tests;
