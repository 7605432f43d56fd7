//! Whose rights count for a request.

use model::{actor::Actor, ids::UserId};

/// Whose rights count. PostgreSQL decides by it, in `access_decision`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A user, by a session.
    User {
        /// The one who is signed in.
        id: UserId,
        /// The member of a customer account that this member of staff impersonates. Only that member's rights in the account count then.
        acting_for: Option<UserId>,
    },
    /// An API key of a user.
    ApiKey {
        /// The owner, whose rights bound the key's.
        owner: UserId,
        /// Names of the permissions that the key may use, of those that its owner has.
        scopes: Vec<String>,
    },
}

impl Principal {
    /// Who acts, when somebody does: visitors and mPanel itself have no rights that are looked up.
    pub(crate) fn of(actor: &Actor, scopes: &[String]) -> Option<Self> {
        match actor {
            Actor::User { id, acting_for, .. } => Some(Principal::User { id: *id, acting_for: acting_for.as_ref().map(|other| other.id) }),
            Actor::ApiKey { owner, .. } => Some(Principal::ApiKey { owner: *owner, scopes: scopes.to_vec() }),
            Actor::System { .. } | Actor::Visitor => None,
        }
    }

    /// The user whose rights are looked up first.
    pub fn user(&self) -> UserId {
        match self {
            Principal::User { id, .. } | Principal::ApiKey { owner: id, .. } => *id,
        }
    }

    /// The permissions that the rights are narrowed to; none for a session.
    pub fn scopes(&self) -> Option<&[String]> {
        match self {
            Principal::User { .. } => None,
            Principal::ApiKey { scopes, .. } => Some(scopes),
        }
    }

    /// The member who is impersonated.
    pub fn acting_for(&self) -> Option<UserId> {
        match self {
            Principal::User { acting_for, .. } => *acting_for,
            Principal::ApiKey { .. } => None,
        }
    }

    /// Whether the own user may be looked at and changed with `permission`: by the user alone, or by a key with that scope.
    pub(crate) fn may_own(&self, permission: &str) -> bool {
        match self {
            Principal::User { acting_for, .. } => acting_for.is_none(),
            Principal::ApiKey { scopes, .. } => scopes.iter().any(|scope| scope == permission),
        }
    }
}
