//! Words that both halves of mPanel know: ids, money, permissions, states and what each room shows.
//!
//! Compiles to WASM. It sees serde and plain data types (uuid, chrono) only, and mints nothing:
//! ids and times are made on the server.

#[cfg(any(test, target_family = "wasm"))]
mod moment;
mod text_enum;

pub mod actor;
pub mod audit_action;
pub mod country;
pub mod error;
pub mod ids;
pub mod money;
pub mod page;
pub mod permission;

pub mod administration;
pub mod billing;
pub mod hosting;
pub mod overview;
pub mod security;

/// A moment in UTC.
#[cfg(not(target_family = "wasm"))]
pub type Time = chrono::DateTime<chrono::Utc>;
/// A moment in UTC.
#[cfg(target_family = "wasm")]
pub type Time = moment::Moment;

/// A stored word that is not in its closed set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// Name of the set.
    pub set: &'static str,
    /// The word that was found.
    pub word: String,
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not a {}", self.word, self.set)
    }
}

impl std::error::Error for UnknownWord {}
