//! Real test hosts for tests.

pub mod bed;
