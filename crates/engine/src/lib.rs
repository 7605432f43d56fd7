//! What every module stands on: sagas, reconcilers, clock, secrets, settings, mail, errors. Knows no area.

pub mod cached;
pub mod clock;
pub mod error;
pub mod limits;
pub mod mail;
pub mod modules;
pub mod quota;
pub mod reconcile;
pub mod saga;
pub mod secrets;
pub mod services;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;

pub use error::{Error, Result};
pub use modules::Modules;
pub use services::Services;
