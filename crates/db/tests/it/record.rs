//! What several tests write.

use model::audit_action::AuditAction;
use model::ids::TenantId;
use mpanel_db::{AuditEvent, Db};
use serde_json::json;

/// An event about nothing in particular.
pub fn event(name: &str) -> AuditEvent {
    AuditEvent::new(AuditAction::SettingsChanged, "setting", name, name).before(json!({"old": 1})).after(json!({"new": [1, 2]}))
}

/// Commits this many events to the chain of a tenant, or of the platform.
pub async fn write(db: &Db, tenant: Option<TenantId>, events: usize) {
    for number in 0..events {
        let tx = db.system("test").await.expect("a transaction begins");
        let event = event(&format!("event {number}"));
        let event = match tenant {
            Some(tenant) => event.in_tenant(tenant),
            None => event,
        };
        tx.commit(event).await.expect("the event is kept");
    }
}
