//! Logins: made with the first purchase, activated and reset by single-use links, signed in with a password and, where one
//! is set up, a code. The password is asked for again before what cannot be undone.
//!
//! Whoever opens a link or types a password is a stranger until it is proved right: everything here goes through a
//! public transaction, which shows the one login that was looked up. Only the first admin and purchases make logins.

mod device;
pub(crate) mod letters;
mod limits;
mod links;
mod make;
pub(crate) mod own;
pub(crate) mod passwords;
pub(crate) mod queries;
mod reconcile;
mod reset;
pub mod rules;
pub(crate) mod second_step;
pub(crate) mod sessions;
mod set_up;
mod sign_in;
mod step_up;
#[cfg(test)]
mod tests;

pub use limits::peer;
pub use links::{activate, link};
pub(crate) use make::activate_now;
pub use make::{link_url, make_or_reuse, new_link};
pub use own::{account, change_password, end_other_sessions, end_own_session, own_sessions};
pub use reset::{request_reset, reset};
pub use second_step::{begin_second_step, confirm_second_step, new_recovery_codes, remove_lost_second_step, remove_second_step, sign_in_code};
pub use sessions::{SignedIn, sign_out, viewer};
pub use set_up::{make_setup_link, set_up};
pub use sign_in::{Entry, sign_in};
pub use step_up::step_up;

use chrono::Duration;
use engine::Modules;

/// How long the link in a welcome mail works.
pub const ACTIVATION_LIFETIME: Duration = Duration::days(7);
/// How long a link for a new password works.
pub const RESET_LIFETIME: Duration = Duration::hours(1);
/// How long the link that makes the first admin works.
pub const SETUP_LIFETIME: Duration = Duration::hours(24);

/// Registers this module.
pub fn register(modules: &mut Modules) {
    modules.reconcilers.add::<reconcile::ExpiredSignIns>();
    modules.sealed.push(("authenticator apps", |services| Box::pin(second_step::reseal(services))));
}

/// The customer accounts of a login, for the modules beside this one.
pub(crate) async fn memberships(
    conn: &mut sqlx::PgConnection,
    user: model::ids::UserId,
) -> engine::Result<Vec<model::administration::accounts::Membership>> {
    Ok(queries::memberships(conn, user).await?.into_iter().map(queries::MembershipRow::view).collect())
}
