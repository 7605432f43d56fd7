//! Whether one name server answers for the ACME zone as it should.

use super::{
    super::publisher::{call, is_compared},
    queries::{self, Holder},
    rules::{is_near, next_serial},
};
use adapters::{
    dns::{AuthoritativeDns, NameServer},
    node::ServerTarget,
};
use core_administration::servers;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    DomainName,
    verb::{ZoneApply, ZoneRemove, ZoneSerial},
    zone::{MIN_TTL, RecordData, RecordName, TxtText, ZoneRecord, ZoneSpec},
};

/// Longest that a server may take for the zone.
const DEADLINE: Duration = Duration::from_secs(20);

/// Brings the ACME zone to name servers, and takes it away.
pub(in crate::dns) struct AcmeZoneServers;

impl Reconciler for AcmeZoneServers {
    const NAME: &'static str = "proof_zone_server";
    const TITLE: &'static str = "Name servers answer for the ACME challenge zone";
    const INTERVAL: Duration = Duration::from_secs(60);
    const TIMEOUT: Duration = Duration::from_secs(90);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system_read("reconciler").await?;
        let Some(holder) = queries::holder(tx.conn(), key).await? else { return Ok(Outcome::Removed) };
        let spec = spec(tx.conn(), &holder).await?;
        // Nobody reaches a retired one any more.
        let target = if holder.is_retired { None } else { Some(servers::target(tx.conn(), holder.server_id).await?) };
        tx.finish().await?;
        if holder.goes() {
            if let Some(target) = target {
                call(services, &target, DEADLINE, ZoneRemove { name: spec.name.clone(), serial: spec.serial }).await?;
            }
            let mut tx = services.db.system("reconciler").await?;
            queries::forget(tx.conn(), key).await?;
            tx.commit_progress().await?;
            return Ok(Outcome::Removed);
        }
        let subject = format!("{} at {}", holder.zone, holder.name.as_deref().unwrap_or_default());
        let checked = Ok(Outcome::Checked { subject, server: Some(holder.server_id), differences: Vec::new() });
        let Some(target) = target else { return checked };
        let server = NameServer { id: holder.server_id, address: holder.site_address.clone(), simulated: target.simulated };
        let authority = services.part::<dyn AuthoritativeDns>();
        let answer = authority.serial(&server, &holder.zone).await;
        if matches!(answer, Ok(Some(serial)) if serial == spec.serial) && is_compared(holder.applied_at, services.now()) {
            return checked;
        }
        apply(services, key, &target, spec).await?;
        match authority.serial(&server, &holder.zone).await {
            Ok(Some(serial)) if serial >= holder.serial() => checked,
            Ok(_) => Err(ReconcileError(format!("{} does not serve the zone {} yet.", holder.name.unwrap_or_default(), holder.zone))),
            Err(error) => Err(ReconcileError(format!("{}: {error}.", holder.name.unwrap_or_default()))),
        }
    }
}

/// Gives the zone to a server. One that has a later serial than the panel, whose database was set back, is followed.
async fn apply(services: &Services, key: Uuid, target: &ServerTarget, mut spec: ZoneSpec) -> Result<(), ReconcileError> {
    let later = call(services, target, DEADLINE, ZoneSerial { name: spec.name.clone() }).await?.filter(|serial| *serial > spec.serial);
    if let Some(later) = later.filter(|serial| is_near(*serial, services.now())) {
        let mut tx = services.db.system("reconciler").await?;
        spec.serial = next_serial(later, services.now());
        if let Some(zone) = queries::lock(tx.conn(), spec.name.as_str()).await?.filter(|zone| zone.serial() < spec.serial) {
            queries::set_published(tx.conn(), &zone.name, spec.serial, &zone.name_servers).await?;
        }
        tx.commit_progress().await?;
    }
    call(services, target, DEADLINE, ZoneApply { zone: spec }).await?;
    let mut tx = services.db.system("reconciler").await?;
    queries::set_applied(tx.conn(), key, services.now()).await?;
    Ok(tx.commit_progress().await?)
}

/// The zone as a server is to answer it.
async fn spec(conn: &mut PgConnection, holder: &Holder) -> Result<ZoneSpec, ReconcileError> {
    let invalid = |invalid: wire::InvalidText| ReconcileError(format!("{invalid}."));
    let name = DomainName::new(holder.zone.clone()).map_err(invalid)?;
    let name_servers = holder.name_servers.iter().map(|name| DomainName::new(name.clone())).collect::<Result<_, _>>().map_err(invalid)?;
    let stored = queries::all(conn, &holder.zone).await?;
    let record = |(name, value): (String, String)| {
        let data = RecordData::Txt { text: TxtText::new(value).ok()? };
        Some(ZoneRecord { name: RecordName::new(name).ok()?, ttl: MIN_TTL, data })
    };
    let records = stored.into_iter().filter_map(record).collect();
    Ok(ZoneSpec { name, serial: holder.serial(), name_servers, records, signing: None, next: None, drops: Vec::new() })
}
