//! Whether name servers sign as they should, and what the parent says of it.

use super::{
    super::{challenges::name_servers, queries as zones},
    finish_off, queries, rollover,
    rules::point,
};
use crate::domains::display;
use adapters::dns::{AuthoritativeDns, Dns};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{hosting::dns::DnssecStatus, ids::DnsZoneId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Asks each name server of a signed zone for its key, and DNS for the DS record of the parent; ends what was asked to be turned off.
pub(in super::super) struct DnsSigning;

impl Reconciler for DnsSigning {
    const NAME: &'static str = "dns_signing";
    const TITLE: &'static str = "DNSSEC of zones matches their parents";
    const INTERVAL: Duration = Duration::from_secs(300);
    const TIMEOUT: Duration = Duration::from_secs(90);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = DnsZoneId(key);
        let mut tx = services.db.system_read("reconciler").await?;
        let (zone, signing) = (zones::get(tx.conn(), id).await?, queries::get(tx.conn(), id).await?);
        let (Some(zone), Some(signing)) = (zone, signing) else { return Ok(Outcome::Removed) };
        let servers = name_servers(tx.conn(), id).await?;
        tx.finish().await?;
        let wanted = point(&signing.public_key).map_err(|error| ReconcileError(error.to_string()))?;
        let next = signing.next_public_key.as_deref().map(point).transpose().map_err(|error| ReconcileError(error.to_string()))?;
        let mut has_next = !servers.is_empty();
        let mut lacking = servers.is_empty().then(|| "There is no name server.".to_owned());
        // One that is silent says nothing of what it had.
        let mut silent = None;
        for one in &servers {
            match services.part::<dyn AuthoritativeDns>().zone_keys(&one.server, &zone.name).await {
                Ok(keys) if keys.contains(&wanted) => has_next &= next.as_ref().is_some_and(|next| keys.contains(next)),
                Ok(_) => lacking = Some(format!("{} does not return the key.", one.name)),
                Err(error) => silent = Some(format!("{}: {error}.", one.name)),
            }
        }
        let found = services.part::<dyn Dns>().ds(&zone.name).await;

        let mut tx = services.db.system("reconciler").await?;
        let Some(zone) = zones::lock(tx.conn(), id).await?.filter(|zone| zone.removed_at.is_none()) else { return Ok(Outcome::Removed) };
        let is_same = |now: &queries::Signing| now.public_key == signing.public_key && now.next_public_key == signing.next_public_key;
        let same = queries::lock(tx.conn(), id).await?.filter(is_same);
        // A key that has just come is looked for in the run that came with it.
        let Some(before) = same else { return Ok(Outcome::ok(display(&zone.name))) };
        let served_at = match (&lacking, &silent) {
            (Some(_), _) => None,
            (None, Some(_)) => before.served_at,
            (None, None) => before.served_at.or(Some(services.now())),
        };
        if served_at != before.served_at {
            queries::set_served(tx.conn(), id, served_at).await?;
        }
        queries::set_ds(tx.conn(), &before, found.as_deref(), services.now()).await?;
        let is_served = if lacking.is_some() { Some(false) } else { silent.is_none().then_some(has_next) };
        rollover::advance(services, &mut tx, &zone, is_served, found.is_ok()).await.map_err(|error| ReconcileError(error.to_string()))?;
        let Some(after) = queries::get(tx.conn(), id).await? else { return Ok(Outcome::Removed) };
        let is_due = after.free_from().is_some_and(|free| free <= services.now());
        // Only what DNS has just said counts: it may be wrong by now that there is no DS record.
        if is_due && found.is_ok() {
            finish_off(services, &mut tx, &zone, &after).await.map_err(|error| ReconcileError(error.to_string()))?;
            tx.commit_progress().await?;
            return Ok(Outcome::Removed);
        }
        tx.commit_progress().await?;
        let is_wrong = after.status(&zone.name).map_err(|error| ReconcileError(error.to_string()))? == DnssecStatus::Mismatch;
        let mismatch = is_wrong.then(|| "The DS record at the parent is of another key.".to_owned());
        let differences = [lacking, silent, mismatch].into_iter().flatten().collect();
        Ok(Outcome::Checked { subject: display(&zone.name), server: None, differences })
    }
}
