//! Wing overview.

pub mod dashboard;
