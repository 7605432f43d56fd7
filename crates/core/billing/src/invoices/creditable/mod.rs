//! What can be credited of the running time of a subscription: what was paid for it, and not taken back by the bank.

mod queries;

pub(super) use queries::creditable_of;
pub(crate) use queries::{creditable_total, is_disputed};
