//! Pods: what should be, what is, the difference, and making it so.

pub mod apply;
pub mod desired;
pub mod install;
pub mod log;
pub mod observe;
mod plan;
pub mod remove;
mod runtime;
mod state;
mod survey;

pub use state::list;
