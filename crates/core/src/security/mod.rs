//! Wing security.

pub mod audit;
pub mod key;
pub mod policies;
