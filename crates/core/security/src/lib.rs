//! Area security: the audit log, the installation's key, rules for signing in.

pub mod audit;
pub mod key;
pub mod policies;
