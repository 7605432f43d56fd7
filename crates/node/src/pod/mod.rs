//! Pods: what should be, what is, the difference, and making it so.

pub mod apply;
mod backup;
pub mod cache;
pub mod cron;
pub mod deploy;
mod edits;
mod legacy;
pub mod log;
pub mod moving;
pub mod observe;
pub mod part;
mod parts;
mod processes;
pub mod remove;
pub mod restart;
pub mod site;
pub mod site_log;
pub mod sleep;
mod state;

pub use state::{list, names};
