//! Logins: made with the first purchase, activated and reset by single-use links, signed in with a password.
//!
//! Whoever opens a link or types a password is a stranger until it is proved right: everything here goes through the
//! public door, which shows the one login that was looked up. Only the first admin and purchases make logins.

mod limits;
mod links;
mod make;
mod passwords;
mod queries;
mod reset;
pub mod rules;
mod sessions;
mod set_up;
mod sign_in;
mod sweep;
#[cfg(test)]
mod tests;

pub use links::{activate, link};
pub use make::{link_url, make_or_reuse, new_link};
pub use reset::{request_reset, reset};
pub use sessions::{SignedIn, sign_out, viewer};
pub use set_up::{make_setup_link, set_up};
pub use sign_in::sign_in;
pub use sweep::sweep;

use chrono::Duration;

/// How long the link in a welcome mail works.
pub const ACTIVATION_LIFETIME: Duration = Duration::days(7);
/// How long a link for a new password works.
pub const RESET_LIFETIME: Duration = Duration::hours(1);
/// How long the link that makes the first admin works.
pub const SETUP_LIFETIME: Duration = Duration::hours(24);
