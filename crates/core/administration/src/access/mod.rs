//! Who may do what: members of customer accounts and their invitations, logins as staff see them, and why an access check passes or fails.
//!
//! What decides stands in PostgreSQL: `access_decision` for the access checks and for `why`, `role_within` for who gives which role, and
//! triggers that keep an owner in every account and a super admin on the platform.

mod accept;
mod invite;
mod letters;
mod manage;
mod members;
pub(crate) mod queries;
mod users;
mod why;

#[cfg(test)]
mod tests;

pub use accept::{accept_as_new, invitation, join};
pub use invite::{INVITATION_LIFETIME, invite, revoke_invitation};
pub use manage::{disable_user, enable_user, end_user_session, end_user_sessions, invite_staff, remove_user_second_step, set_platform_role};
pub use members::{change_role, leave, members, remove_member};
pub use users::{list_users, user};
pub use why::{note_refusal, why};

use engine::Error;
use model::error::{ApiError, ErrorCode};

/// The answer where a role is above the one who gives or takes it.
fn above() -> Error {
    Error::Api(ApiError::new(ErrorCode::Forbidden, "You can't assign or remove a role higher than your own."))
}

/// The answer where the last owner would go.
fn last_owner() -> Error {
    Error::conflict("An account must have an owner. Add another owner first.")
}
