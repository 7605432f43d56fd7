//! Area security: audit log and security policies.

pub mod audit;
pub mod policies;

// What the modules add to the product's lists.
crate::area!(audit, policies);
