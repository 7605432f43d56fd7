//! The application: document, frames and routes. Pages live in the wings.

mod frame;
mod layout;
mod pages;
mod routes;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "hydrate")]
pub use app_kit::shell::say_unloaded;
pub use routes::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
