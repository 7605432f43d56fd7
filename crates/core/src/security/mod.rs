//! Wing security.

pub mod audit;
