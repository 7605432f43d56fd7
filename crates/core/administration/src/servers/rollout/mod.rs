//! The agent that this panel ships comes to every server by itself: one server first, then the rest a few at a time. A new agent that does
//! not work is replaced by the one before, and stops the rollout until staff lets it go on.

pub(super) mod drive;
mod queries;
mod rules;
mod staff;

#[cfg(test)]
mod tests;

pub use drive::announce;
pub use staff::{hold_rollout, read_rollout, resume_rollout};
