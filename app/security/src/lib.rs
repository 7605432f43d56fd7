//! Wing security: the audit log.

pub mod audit;
pub mod policies;
