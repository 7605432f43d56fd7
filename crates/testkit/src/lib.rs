//! testkit

pub mod bed;
