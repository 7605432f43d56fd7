//! Messages whose webhook never came: the provider lists what it has sent.

use crate::checkout::{queries, webhook};
use adapters::payments::Payments;
use chrono::Duration as Days;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// The poll is one object.
const KEY: Uuid = Uuid::from_u128(1);

/// Read again each time: messages that were made while the list was read.
const OVERLAP: Days = Days::minutes(15);

/// How far back the first poll looks, and any other: providers keep their list for a month.
const FARTHEST: Days = Days::days(29);

/// Stores what was sent and did not arrive. The inbox acts on it.
pub(in crate::checkout) struct PaymentEventPoll;

impl Reconciler for PaymentEventPoll {
    const NAME: &'static str = "payment_event_poll";
    const TITLE: &'static str = "Missed payment events are fetched";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::poll(conn, KEY, after).await
    }

    async fn reconcile(services: &Services, _: Uuid) -> Result<Outcome, ReconcileError> {
        let (provider, now) = (services.part::<dyn Payments>(), services.now());
        let mut tx = services.db.system_read("checkout").await?;
        let polled_to = queries::polled_to(tx.conn(), provider.name()).await?;
        tx.finish().await?;
        let since = polled_to.map_or(now - Days::days(1), |to| to - OVERLAP).max(now - FARTHEST);
        let (mut missed, mut after) = (0, None);
        loop {
            let page = provider.sent_since(since.timestamp(), after.as_deref()).await.map_err(|error| ReconcileError(format!("{error}.")))?;
            // Most have arrived, and the last minutes are read again each time.
            let names: Vec<&str> = page.events.iter().map(|(event, _)| event.id.as_str()).collect();
            let mut tx = services.db.system_read("checkout").await?;
            let known = queries::known_events(tx.conn(), provider.name(), &names).await?;
            tx.finish().await?;
            for (event, body) in page.events.iter().filter(|(event, _)| !known.contains(&event.id)) {
                missed += usize::from(webhook::store(services, body, event).await?);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut tx = services.db.system("checkout").await?;
        queries::set_polled_to(tx.conn(), provider.name(), now).await?;
        tx.commit_progress().await?;
        if missed > 0 {
            tracing::warn!(missed, provider = provider.name(), "payment events had not arrived and were fetched");
        }
        Ok(Outcome::ok(provider.name()))
    }
}
