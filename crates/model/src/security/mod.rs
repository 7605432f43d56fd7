//! Wing security: the audit log, the rules for signing in.

pub mod audit;
pub mod policies;
