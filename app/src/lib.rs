//! The application: document, layouts and routes. Pages are in the areas' crates.

mod context;
mod layout;
mod pages;
mod routes;
#[cfg(feature = "ssr")]
mod shell;

pub use routes::App;
#[cfg(feature = "hydrate")]
pub use routes::fetch_page;
#[cfg(feature = "ssr")]
pub use routes::is_plain;
#[cfg(feature = "ssr")]
pub use shell::shell;
