//! Area security: audit log and security policies.

pub mod audit;
pub mod policies;
