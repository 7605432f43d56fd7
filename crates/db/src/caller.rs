//! Who asks for access, and where the request came from.

use crate::Principal;
use model::actor::{Actor, Origin};
use model::ids::UserId;

/// Who acts and from where; goes into every audit event of the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// The password was typed again in this session a moment ago.
    recent_password: bool,
    /// What an API key is narrowed to.
    scopes: Vec<String>,
}

impl Caller {
    /// A caller with a known origin.
    pub fn new(actor: Actor, origin: Origin) -> Self {
        Self { actor, origin, recent_password: false, scopes: Vec::new() }
    }

    /// The same caller, whose password was typed again a moment ago. Only who has checked that may say so.
    #[must_use]
    pub fn with_recent_password(mut self) -> Self {
        self.recent_password = true;
        self
    }

    /// Whether the password was typed again a moment ago: access checks for what cannot be undone ask for that.
    pub fn has_recent_password(&self) -> bool {
        self.recent_password
    }

    /// The same caller, whose API key has these scopes. A key without any may do nothing; to a session they mean nothing.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Vec<String>) -> Self {
        self.scopes = scopes;
        self
    }

    /// Whose rights count, where somebody is known.
    pub fn principal(&self) -> Option<Principal> {
        Principal::of(&self.actor, &self.scopes)
    }

    /// The signed-in user, while they act for nobody else: whose own rows the public transaction shows.
    pub(crate) fn own_session(&self) -> Option<UserId> {
        match self.principal() {
            Some(Principal::User { id, acting_for: None }) => Some(id),
            _ => None,
        }
    }

    /// The signed-in login, where there is one.
    pub fn user_id(&self) -> Option<UserId> {
        self.actor.user_id()
    }
}

impl From<Actor> for Caller {
    fn from(actor: Actor) -> Self {
        Self::new(actor, Origin::default())
    }
}

/// mPanel itself, by the name of the part that acts, such as `checkout`.
impl From<&str> for Caller {
    fn from(part: &str) -> Self {
        Actor::system(part).into()
    }
}

impl From<&Caller> for Caller {
    fn from(caller: &Caller) -> Self {
        caller.clone()
    }
}
