//! What has happened to a subscription, for staff.

mod queries;

use crate::revenue;
use db::PlatformRead;
use engine::{Error, Result};
use model::{
    billing::subscriptions::{SubscriptionEvent, SubscriptionHistory},
    ids::SubscriptionId,
    permission::SubscriptionsRead,
};
use serde_json::Value;

/// What was recorded about a plan and its add-ons, and how it has moved recurring revenue; newest first. An add-on leads to its plan's.
///
/// # Errors
/// Not found.
pub async fn history(tx: &mut impl PlatformRead<SubscriptionsRead>, id: SubscriptionId) -> Result<SubscriptionHistory> {
    let plan = super::queries::plan_of(tx.conn(), None, id).await?.ok_or_else(|| Error::not_found("Subscription"))?;
    let events = queries::events(tx.conn(), plan).await?.into_iter().map(|event| SubscriptionEvent {
        at: event.at,
        action: event.action,
        actor: event.actor.0.to_string(),
        product_name: event.target_name,
        changes: changes(event.before.as_ref(), event.after.as_ref()),
    });
    Ok(SubscriptionHistory { events: events.collect(), movements: revenue::of_subscription(tx.conn(), plan).await? })
}

/// What changed, as `quantity: 1 → 2`, a line each.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(after)) = after else { return Vec::new() };
    let line = |(key, now): (&String, &Value)| {
        let was = before.and_then(|before| before.get(key)).filter(|was| !was.is_null());
        let key = key.replace('_', " ");
        match (was, now) {
            (Some(was), now) if was != now => Some(format!("{key}: {} → {}", word(was), word(now))),
            (None, now) if !now.is_null() => Some(format!("{key}: {}", word(now))),
            _ => None,
        }
    };
    after.iter().filter_map(line).collect()
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
