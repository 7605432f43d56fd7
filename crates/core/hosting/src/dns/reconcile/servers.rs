//! Whether one name server answers for one zone as it should.

use super::super::{
    aliases, challenges, publisher,
    queries::{self, Holder, Seen},
    rules::{is_near, next_serial, zone},
    signing::{self, DnsSigning},
};
use crate::domains::display;
use adapters::{
    dns::{AuthoritativeDns, NameServer},
    node::ServerTarget,
};
use chrono::TimeDelta;
use core_administration::servers;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{hosting::dns::RecordType, ids::ServerId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    DomainName,
    verb::{Call, ZoneApply, ZoneRemove, ZoneSerial},
    zone::{ZoneRecord, ZoneSpec},
};

/// A server that has not responded to anybody for so long is away: while it answers no DNS either, nobody waits for its agent.
const AWAY_AFTER: TimeDelta = TimeDelta::minutes(2);
/// Longest that a server may take for a zone.
const DEADLINE: Duration = Duration::from_secs(30);
/// Longest that a server may take to answer over the network: three questions of a second each.
const NETWORK_MOST: Duration = Duration::from_secs(3);
/// For how long nobody waits again for an agent that has failed while its server was silent over the network: PowerDNS hangs there, and each
/// request would take a place from everything else that is asked of the server.
const AGENT_PAUSE: TimeDelta = TimeDelta::minutes(5);

// A run asks over the network, twice the agent, and over the network again; what it has seen must be stored even when each takes as long as it may.
const _: () = assert!(ZoneServers::TIMEOUT.as_secs() >= 2 * (NETWORK_MOST.as_secs() + DEADLINE.as_secs()) + 20);

/// Brings zones to name servers, and takes them away: each zone on each server by itself, so that a silent server keeps no other one waiting and
/// is asked for a few zones at a time only.
pub(in super::super) struct ZoneServers;

impl Reconciler for ZoneServers {
    const NAME: &'static str = "dns_zone_server";
    const TITLE: &'static str = "Name servers answer for zones";
    const INTERVAL: Duration = Duration::from_secs(60);
    const TIMEOUT: Duration = Duration::from_secs(90);
    const MAX_BACKOFF: Duration = Duration::from_secs(600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::holders_to_reconcile(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(wanted) = read(services, key).await? else { return Ok(Outcome::Removed) };
        let holder = &wanted.holder;
        let mut seen = Seen::default();
        let outcome = sync_server(services, &wanted, &mut seen).await;
        let is_right = outcome.is_ok() && !holder.goes() && seen.answer == Some(Some(holder.serial()));
        let mut tx = services.db.system("reconciler").await?;
        if matches!(outcome, Ok(SyncOutcome::Gone)) {
            queries::forget_holder(tx.conn(), key).await?;
            tx.commit_progress().await?;
            return Ok(Outcome::Removed);
        }
        seen.behind_since = (!is_right).then(|| holder.behind_since.unwrap_or_else(|| services.now()));
        seen.error = outcome.err().or_else(|| (!is_right).then(|| answer_label(seen.answer)));
        // Whoever locks a zone and what servers have of it takes the zone first.
        if let Some(later) = seen.later {
            go_on_from(services, tx.conn(), holder, later).await?;
        }
        queries::set_seen(tx.conn(), key, &seen, services.now()).await?;
        if seen.is_applied && wanted.spec.as_ref().is_some_and(|spec| spec.signing.is_some()) {
            touch(tx.conn(), DnsSigning::NAME, holder.zone_id.0, services.now()).await?;
        }
        tx.commit_progress().await?;
        match seen.error {
            Some(error) => Err(ReconcileError(format!("{}: {error}", holder.name))),
            None => {
                let subject = format!("{} at {}", display(&holder.zone), holder.name);
                Ok(Outcome::Checked { subject, server: Some(holder.server_id), differences: Vec::new() })
            }
        }
    }
}

/// What should hold of a zone on a server.
struct Wanted {
    holder: Holder,
    /// The zone as the server is to answer it; nothing where it is not to.
    spec: Option<ZoneSpec>,
}

async fn read(services: &Services, key: Uuid) -> Result<Option<Wanted>, ReconcileError> {
    let mut tx = services.db.system_read("reconciler").await?;
    let Some(holder) = queries::holder(tx.conn(), key).await? else { return Ok(None) };
    let spec = if holder.goes() { None } else { published(services, tx.conn(), &holder).await? };
    tx.finish().await?;
    Ok(Some(Wanted { holder, spec }))
}

/// The zone as servers are to answer it; nothing before it has any name server.
async fn published(services: &Services, conn: &mut PgConnection, holder: &Holder) -> Result<Option<ZoneSpec>, ReconcileError> {
    let names: Option<Vec<DomainName>> = holder.name_servers.iter().map(|name| DomainName::new(name.clone()).ok()).collect();
    let (Some(name_servers), Ok(name)) = (names.filter(|names| !names.is_empty()), DomainName::new(holder.zone.clone())) else { return Ok(None) };
    let stored = queries::records(conn, holder.zone_id).await?;
    let plain = stored.iter().filter(|record| record.kind != RecordType::Alias);
    let records: Option<Vec<ZoneRecord>> = plain.map(|record| zone::wire(&holder.zone, record)).collect();
    let mut records = records.ok_or_else(|| ReconcileError("A record of the zone cannot be read.".to_owned()))?;
    records.extend(aliases::published(conn, holder.zone_id, &holder.zone, &stored).await?);
    records.extend(challenges::published(conn, holder.zone_id, &records).await?);
    let keys = signing::keys(services, conn, holder.zone_id).await.map_err(|error| ReconcileError(error.to_string()))?;
    let (signing, next) = keys.map_or((None, None), |(signing, next)| (Some(signing), next));
    let drops = signing::dropped(conn, holder.zone_id).await.map_err(|error| ReconcileError(error.to_string()))?;
    Ok(Some(ZoneSpec { name, serial: holder.serial(), name_servers, records, signing, next, drops }))
}

/// What has become of a zone on a server.
enum SyncOutcome {
    /// The server has it no longer, as it should.
    Gone,
    /// The server was asked, and has what it was given.
    Asked,
}

/// Sees to one server; an error is a sentence for staff. What was seen on the way stands in `seen`, also then. No transaction is open meanwhile.
async fn sync_server(services: &Services, wanted: &Wanted, seen: &mut Seen) -> Result<SyncOutcome, String> {
    let holder = &wanted.holder;
    // Nobody can reach a retired one any more; and what a name server has by now is the successor's.
    if holder.goes() && (holder.is_retired || (holder.has_successor && holder.is_name_server)) {
        return Ok(SyncOutcome::Gone);
    }
    let target = read_target(services, holder.server_id).await.map_err(|error| error.to_string())?;
    let server = NameServer { id: holder.server_id, address: holder.site_address.clone(), simulated: target.simulated };
    let name = DomainName::new(holder.zone.clone()).map_err(|error| error.to_string())?;
    let authority = services.part::<dyn AuthoritativeDns>();
    let answer = authority.serial(&server, &holder.zone).await;
    seen.answer = answer.as_ref().ok().copied();
    let is_away = holder.last_seen_at.is_none_or(|at| at + AWAY_AFTER < services.now());
    let is_hung = holder.agent_failed_at.is_some_and(|at| services.now() < at + AGENT_PAUSE);
    if let Err(error) = answer
        && (is_away || is_hung)
    {
        return Err(format!("{error}."));
    }
    if holder.goes() {
        remove(services, &target, holder, &name, seen).await?;
        // The zone may be there by another way than the agent's; whoever asks for it must not be answered.
        return match authority.serial(&server, &holder.zone).await {
            Ok(Some(serial)) => Err(still_answers(serial)),
            Ok(None) | Err(_) => Ok(SyncOutcome::Gone),
        };
    }
    let Some(spec) = &wanted.spec else { return Ok(SyncOutcome::Asked) };
    if seen.answer == Some(Some(spec.serial)) && publisher::is_compared(holder.applied_at, services.now()) {
        return Ok(SyncOutcome::Asked);
    }
    // Anybody can forge what comes over UDP: a later serial is taken from nobody but the agent.
    if seen.answer.is_none_or(|answer| answer.is_some_and(|serial| serial > spec.serial))
        && let Some(serial) = call(services, &target, ZoneSerial { name }, seen).await?.filter(|serial| *serial > spec.serial)
    {
        seen.later = Some(serial);
        return Err(format!("Has a newer serial, {serial}."));
    }
    call(services, &target, ZoneApply { zone: spec.clone() }, seen).await?;
    seen.is_applied = true;
    let answer = authority.serial(&server, &holder.zone).await.map_err(|error| format!("{error}."))?;
    seen.answer = Some(answer);
    Ok(SyncOutcome::Asked)
}

/// Has the agent take a zone away. A later one stays: that is an error.
async fn remove(services: &Services, target: &ServerTarget, holder: &Holder, name: &DomainName, seen: &mut Seen) -> Result<(), String> {
    let is_gone = call(services, target, ZoneRemove { name: name.clone(), serial: holder.serial() }, seen).await?;
    if !is_gone && let Some(serial) = call(services, target, ZoneSerial { name: name.clone() }, seen).await? {
        seen.later = Some(serial).filter(|serial| *serial > holder.serial());
        return Err(still_answers(serial));
    }
    Ok(())
}

fn still_answers(serial: u32) -> String {
    format!("Still serves serial {serial}.")
}

async fn read_target(services: &Services, server: ServerId) -> engine::Result<ServerTarget> {
    let mut tx = services.db.system_read("reconciler").await?;
    let target = servers::target(tx.conn(), server).await?;
    tx.finish().await?;
    Ok(target)
}

async fn call<C: Call>(services: &Services, target: &ServerTarget, call: C, seen: &mut Seen) -> Result<C::Reply, String> {
    publisher::call(services, target, DEADLINE, call).await.map_err(|error| {
        seen.has_agent_failed = true;
        error.0
    })
}

/// What a wrong answer is, for people.
fn answer_label(answer: Option<Option<u32>>) -> String {
    match answer {
        Some(Some(serial)) => format!("Returned serial {serial}."),
        Some(None) => "Does not serve this zone.".to_owned(),
        None => "Not checked yet.".to_owned(),
    }
}

/// The agent has a later serial than the panel, whose database was set back: the panel goes on from there. Not from one of a day that is far off: the
/// zone would never again have a serial of its day, and whoever holds a server could use them up.
async fn go_on_from(services: &Services, conn: &mut PgConnection, holder: &Holder, later: u32) -> Result<(), ReconcileError> {
    if !is_near(later, services.now()) {
        return Ok(());
    }
    let Some(zone) = queries::lock(conn, holder.zone_id).await?.filter(|zone| zone.serial() < later) else { return Ok(()) };
    let serial = if zone.removed_at.is_some() { later } else { next_serial(later, services.now()) };
    queries::set_published(conn, zone.id, serial, &zone.name_servers).await?;
    super::touch_servers(conn, zone.id, services.now()).await?;
    Ok(())
}
