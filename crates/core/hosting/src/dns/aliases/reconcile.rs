//! Whether names still have the addresses of what their ALIAS records lead to.

use super::{
    super::{queries as zones, reconcile::touch_servers, rules::next_serial},
    look_up, queries,
};
use chrono::TimeDelta;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::Time;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// After a change the next one of the zone is not published earlier.
const PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Looks up what ALIAS records lead to, and publishes zones whose addresses are others by now.
pub(in super::super) struct DnsAliases;

impl DnsAliases {
    /// When one that was just looked up is looked up again.
    pub(super) const AGAIN: TimeDelta = TimeDelta::seconds(60);
}

impl Reconciler for DnsAliases {
    const NAME: &'static str = "dns_alias";
    const TITLE: &'static str = "ALIAS records have the addresses of their targets";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system_read("reconciler").await?;
        let Some(alias) = queries::get(tx.conn(), key).await? else { return Ok(Outcome::Removed) };
        tx.finish().await?;
        let found = look_up(services, &alias.target).await;

        let mut tx = services.db.system("reconciler").await?;
        let zone = zones::lock(tx.conn(), alias.zone_id).await?.filter(|zone| zone.removed_at.is_none());
        let (Some(zone), Some(alias)) = (zone, queries::get(tx.conn(), key).await?) else {
            queries::delete(tx.conn(), key).await?;
            tx.commit_progress().await?;
            return Ok(Outcome::Removed);
        };
        let now = services.now();
        let error = match &found {
            Ok(found) if found.is_empty() => Some("No address was found.".to_owned()),
            Ok(_) => None,
            Err(error) => {
                tracing::info!(%error, target = alias.target, "failed to look up the target of an ALIAS record");
                Some("DNS did not answer.".to_owned())
            }
        };
        let last = queries::changed_at(tx.conn(), zone.id).await?;
        let other = found.as_ref().ok().filter(|found| is_due(&alias.addresses, found, last, now));
        queries::set_checked(tx.conn(), key, other.map(Vec::as_slice), error.as_deref(), now).await?;
        if other.is_some() {
            zones::set_published(tx.conn(), zone.id, next_serial(zone.serial(), now), &zone.name_servers).await?;
            touch_servers(tx.conn(), zone.id, now).await?;
        }
        tx.commit_progress().await?;
        // What does not answer is asked ever more seldom: each lookup takes its time from others.
        if found.is_err() {
            return Err(ReconcileError(format!("{}: DNS did not answer.", alias.target)));
        }
        let differences = error.into_iter().collect();
        Ok(Outcome::Checked { subject: format!("{} in {}", alias.target, zone.name), server: None, differences })
    }
}

/// Whether what was found is to be published in the place of what is.
fn is_due(before: &[String], found: &[String], last: Option<Time>, now: Time) -> bool {
    !found.is_empty() && found != before && last.is_none_or(|last| last + PAUSE <= now)
}
