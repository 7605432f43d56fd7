//! Shared by the pages that show users.

use app_kit::prelude::*;
use model::administration::accounts::UserStatus;

/// The list of users.
pub const PATH: &str = "/admin/users";

/// State and label of a user.
pub fn status_label(status: UserStatus) -> (State, &'static str) {
    match status {
        UserStatus::Active => (State::Ok, "Active"),
        UserStatus::Invited => (State::Waiting, "Not activated"),
        UserStatus::Disabled => (State::Stopped, "Disabled"),
    }
}
