//! Actors. Never a bare user id: jobs, visitors and staff are different things.

use crate::ids::{ApiKeyId, SessionId, UserId};
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
        /// The member of a customer account who was impersonated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acting_for: Option<ActingFor>,
    },
    /// A program, by an API key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// Its name at that moment.
        name: String,
        /// The user whose key it is.
        owner: UserId,
    },
    /// mPanel itself: a worker, a webhook, a command.
    System {
        /// The component, such as `checkout`, or `job` with the title of one.
        part: String,
    },
    /// A visitor without a session.
    Visitor,
}

/// Whom a member of staff impersonates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActingFor {
    /// The member.
    pub id: UserId,
    /// Its address at that moment.
    pub email: String,
}

impl Actor {
    /// mPanel itself, with the name of the acting component.
    pub fn system(part: impl Into<String>) -> Self {
        Actor::System { part: part.into() }
    }

    /// The user, if there is one: the one who is signed in, or whose key is used.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Actor::User { id, .. } | Actor::ApiKey { owner: id, .. } => Some(*id),
            Actor::System { .. } | Actor::Visitor => None,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::User { email, acting_for: Some(other), .. } => write!(f, "{email} for {}", other.email),
            Actor::User { email, .. } => f.write_str(email),
            Actor::ApiKey { name, .. } => write!(f, "API key {name}"),
            Actor::System { part } => write!(f, "System ({})", part.strip_prefix("job ").unwrap_or(part)),
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
    /// Country of that address, where a trusted proxy says it; ISO 3166.
    #[serde(default)]
    pub country: Option<String>,
    /// Id of the request, as in the log.
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_actors_are_shown_by_job_title_or_component() {
        assert_eq!(Actor::system("job Create CloudPod").to_string(), "System (Create CloudPod)");
        assert_eq!(Actor::system("checkout").to_string(), "System (checkout)");
    }
}
