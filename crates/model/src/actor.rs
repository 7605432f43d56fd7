//! Actors. Never a bare user id: jobs, visitors and staff are different things.

use crate::{
    administration::provisioning::JobKind,
    ids::{SessionId, UserId},
};
use serde::{Deserialize, Serialize};

/// Who acts, as stored with jobs and audit events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in user.
    User {
        /// The user.
        id: UserId,
        /// Email address at that time.
        email: String,
        /// The session.
        session: SessionId,
    },
    /// mPanel itself: a worker, a webhook, a command.
    System {
        /// The component, such as `checkout` or `job CREATE_CLOUDPOD`.
        part: String,
    },
    /// A visitor without a session.
    Visitor,
}

impl Actor {
    /// mPanel itself, with the name of the acting component.
    pub fn system(part: impl Into<String>) -> Self {
        Actor::System { part: part.into() }
    }

    /// The user, if there is one.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Actor::User { id, .. } => Some(*id),
            _ => None,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::User { email, .. } => f.write_str(email),
            Actor::System { part } => match part.strip_prefix("job ").and_then(|kind| kind.parse::<JobKind>().ok()) {
                Some(kind) => write!(f, "System ({})", kind.title()),
                None => write!(f, "System ({part})"),
            },
            Actor::Visitor => f.write_str("Visitor"),
        }
    }
}

/// Origin of a request; stored with the actor in the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Origin {
    /// IP address of the client.
    pub ip: Option<String>,
    /// Id of the request, as in the log.
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_actors_are_shown_by_job_title_or_component() {
        assert_eq!(Actor::system("job CREATE_CLOUDPOD").to_string(), "System (Create CloudPod)");
        assert_eq!(Actor::system("checkout").to_string(), "System (checkout)");
        assert_eq!(Actor::system("job OF_LATER").to_string(), "System (job OF_LATER)");
    }
}
