//! Real test hosts, and a domain registry, for tests.

pub mod bed;
pub mod registry;
