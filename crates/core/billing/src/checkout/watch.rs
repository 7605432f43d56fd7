//! What holds without anybody asking: no message stays unread in the inbox, no checkout stays open for ever.

use super::{PAYMENT_GRACE, process, queries};
use adapters::payments::Payments;
use chrono::Duration;
use engine::{Result, Services};
use model::Time;
use std::collections::HashMap;
use tokio_util::sync::CancellationToken;

/// How often the inbox is looked at.
const LOOK: std::time::Duration = std::time::Duration::from_secs(3);
/// Younger messages are left to whoever has just stored them.
const LEFT_ALONE: Duration = Duration::seconds(2);

/// Takes up messages that were stored and not acted on (the process died in between, PostgreSQL was away), and closes
/// checkouts that were not paid in time. Until `stop`; any number of processes may do so at once.
pub async fn watch(services: Services, stop: CancellationToken) {
    let mut failures = Failures::default();
    loop {
        if let Err(error) = sweep(&services, &mut failures).await {
            tracing::warn!(%error, "failed to read the webhook inbox");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One look. Returns how many messages were dealt with.
pub(super) async fn sweep(services: &Services, failures: &mut Failures) -> Result<usize> {
    let now = services.now();
    let mut tx = services.db.system("checkout").await?;
    queries::expire(tx.conn(), now - PAYMENT_GRACE).await?;
    let waiting = queries::waiting_events(tx.conn(), services.part::<dyn Payments>().name(), now - LEFT_ALONE).await?;
    tx.commit_progress().await?;
    failures.0.retain(|event, _| waiting.contains(event));
    let mut done = 0;
    for event in waiting {
        if failures.rests(&event, now) {
            continue;
        }
        match process(services, &event).await {
            Ok(_) => done += 1,
            Err(error) => {
                tracing::error!(event, %error, "failed to process a webhook event");
                failures.count(event, now);
            }
        }
    }
    Ok(done)
}

/// Messages that fail again and again, each with its pause: one that cannot be worked on must not fill the log.
#[derive(Default)]
pub(super) struct Failures(HashMap<String, (u32, Time)>);

impl Failures {
    fn rests(&self, event: &str, now: Time) -> bool {
        self.0.get(event).is_some_and(|(_, until)| now < *until)
    }

    fn count(&mut self, event: String, now: Time) {
        let (failed, until) = self.0.entry(event).or_insert((0, now));
        *failed += 1;
        *until = now + Duration::seconds(3 * 2_i64.pow((*failed).min(10)));
    }
}
