//! Types shared by browser and server: ids, money, permissions, statuses and what each module shows.
//!
//! Compiles to WASM. It depends only on serde and plain data types (uuid, chrono); ids and times are created on the server.

mod module;
mod text_enum;
#[cfg(any(test, target_family = "wasm"))]
mod timestamp;

pub mod actor;
pub mod audit_action;
pub mod country;
pub mod error;
pub mod ids;
pub mod live;
pub mod money;
pub mod page;
pub mod permission;
pub mod slug;

pub mod administration;
pub mod billing;
pub mod hosting;
pub mod overview;
pub mod security;

pub(crate) use module::{area, module};

/// A point in time, in UTC.
#[cfg(not(target_family = "wasm"))]
pub type Time = chrono::DateTime<chrono::Utc>;
/// A point in time, in UTC.
#[cfg(target_family = "wasm")]
pub type Time = timestamp::Timestamp;

/// A count with its noun: "1 record", "2 records".
pub fn counted<N: std::fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    format!("{count} {noun}{}", if count == N::from(1) { "" } else { "s" })
}

/// A stored value that its enum does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    /// Name of the enum.
    pub set: &'static str,
    /// The value that was found.
    pub word: String,
}

impl std::fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not a {}", self.word, self.set)
    }
}

impl std::error::Error for UnknownValue {}
