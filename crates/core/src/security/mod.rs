//! Wing security.

pub mod audit;
pub mod policies;
