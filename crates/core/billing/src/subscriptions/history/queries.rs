//! SQL of a subscription's history.

use model::{Time, actor::Actor, ids::SubscriptionId};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};

/// An event of the record.
#[derive(sqlx::FromRow)]
pub(super) struct Event {
    pub at: Time,
    pub action: String,
    pub actor: Json<Actor>,
    pub target_name: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// The events of a plan and its add-ons, newest first.
pub(super) async fn events(conn: &mut PgConnection, plan: SubscriptionId) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as(
        "select e.at, e.action, e.actor, e.target_name, e.before, e.after from audit_events e
          where e.target_type = 'subscription' and e.target_id in (select s.id::text from subscriptions s where s.id = $1 or s.parent_id = $1)
          order by e.id desc limit 50",
    )
    .bind(plan)
    .fetch_all(conn)
    .await
}
