//! The application: document, frames and routes. Pages live in the sections.

mod context;
mod layout;
mod mismatches;
mod pages;
mod registrations;
mod routes;
#[cfg(feature = "ssr")]
mod shell;

pub use routes::App;
#[cfg(feature = "hydrate")]
pub use routes::fetch_page;
#[cfg(feature = "ssr")]
pub use routes::is_html_only;
#[cfg(feature = "ssr")]
pub use shell::shell;
