//! What mPanel does. A use case takes the proof that it is allowed (a transaction of crate `db`) and what it needs of [`services::Services`].

pub mod clock;
pub mod error;
pub mod kept;
pub mod saga;
pub mod secrets;
pub mod services;
pub mod settings;
#[cfg(test)]
pub(crate) mod testing;

pub mod administration;
pub mod billing;
pub mod hosting;
pub mod overview;
pub mod security;

pub use error::{Error, Result};
pub use services::Services;
