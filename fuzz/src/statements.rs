//! Bank statements, as `crates/core/billing` reads them.

/// What must hold of them.
#[path = "../../crates/core/billing/src/bank_statements/hostile.rs"]
pub mod hostile;
#[path = "../../crates/core/billing/src/bank_statements/matching.rs"]
mod matching;
#[path = "../../crates/core/billing/src/bank_statements/read/mod.rs"]
pub mod read;
