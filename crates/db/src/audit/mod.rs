//! The record of who did what, written in the transaction that did it.

pub(crate) mod append;
mod canonical;
mod queries;
mod verify;

pub use canonical::{AuditKey, storable, storable_text};
pub use verify::{Fault, Finding, Head, Report};

use model::actor::Actor;
use model::audit_action::AuditAction;
use model::ids::TenantId;
use serde_json::Value;

/// One thing that happened to one thing. Who did it and from where is added by the transaction.
///
/// `before` and `after` are shown to people and kept for ever: leave secrets out of them.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    pub(crate) action: AuditAction,
    pub(crate) actor: Option<Actor>,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) target_type: String,
    pub(crate) target_id: String,
    pub(crate) target_name: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

impl AuditEvent {
    /// `action` happened to the thing of this type (`cloud_pod`, `user`), id and name.
    pub fn new(action: AuditAction, target_type: &str, target_id: impl ToString, target_name: impl Into<String>) -> Self {
        Self {
            action,
            actor: None,
            tenant: None,
            target_type: target_type.to_owned(),
            target_id: target_id.to_string(),
            target_name: target_name.into(),
            before: None,
            after: None,
        }
    }

    /// The event belongs to this tenant and to its chain. A tenant's transaction says so by itself.
    pub fn in_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Somebody else than the transaction's caller did it: the login that has just signed in, the person who ordered the job.
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// How it was.
    pub fn before(mut self, value: Value) -> Self {
        self.before = Some(value);
        self
    }

    /// How it is now.
    pub fn after(mut self, value: Value) -> Self {
        self.after = Some(value);
        self
    }
}
