//! One zone: what PowerDNS has, what it should have, and the one request for the difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wire::DomainName;
use wire::zone::{DEFAULT_TTL, ZoneSpec, soa};

use crate::error::{Result, internal, invalid, refused};
use crate::host::lock;
use crate::task::Task;

use super::{api, setup, signing};

/// Name and type of a set of records.
pub(super) type SetName = (String, String);
/// TTL and values of a set.
pub(super) type Set = (u32, BTreeSet<String>);
/// All sets of a zone.
pub(super) type Sets = BTreeMap<SetName, Set>;

/// Makes PowerDNS serve exactly this zone. False if it already did.
pub fn apply(task: &Task, spec: &ZoneSpec) -> Result<bool> {
    spec.check().map_err(|error| invalid(error.to_string()))?;
    let _lock = lock::take(task, "zones")?;
    // For zones without keys too: servers restart as their zones are compared after an upgrade, not all when somebody turns signing on.
    setup::ensure_dnssec(task)?;
    let wanted = wanted(spec);
    let Some(Held { sets: found, signing: held }) = find(task, &spec.name)? else {
        let begun = if spec.signing.is_some() { draft(spec) } else { wanted.clone() };
        let zone = json!({
            "name": format!("{}.", spec.name), "kind": "Native", "nameservers": [], "soa_edit_api": "", "soa_edit": "",
            "rrsets": begun.iter().map(|(name, set)| rrset(name, Some(set))).collect::<Vec<_>>(),
        });
        send(task, "POST", "/zones", Some(&zone))?;
        if let Err(error) = complete(task, spec, &begun, &wanted) {
            send(task, "DELETE", &path(&spec.name), None)?;
            return Err(error);
        }
        // Refusals of earlier queries are cached for a while.
        flush(task, &spec.name)?;
        task.info(format!("Added zone {} with serial {}", spec.name, spec.serial));
        return Ok(true);
    };
    // A delayed request must not undo a later change.
    if serial(&found).is_some_and(|there| there > spec.serial) {
        return Err(refused(format!("this server has a later version of {}", spec.name)));
    }
    // Before the records: once the serial is seen, the zone is signed as it should be.
    let is_resigned = signing::apply(task, spec, &held)?;
    let changes = changes(&found, &wanted);
    if changes.is_empty() {
        return Ok(is_resigned);
    }
    // One transaction in PowerDNS: no query sees half of it.
    send(task, "PATCH", &path(&spec.name), Some(&json!({ "rrsets": changes })))?;
    task.info(format!("Changed zone {} to serial {}", spec.name, spec.serial));
    Ok(true)
}

/// Signs a zone that was just made, if it is to be signed, and gives it the records that it lacks.
fn complete(task: &Task, spec: &ZoneSpec, begun: &Sets, wanted: &Sets) -> Result<()> {
    signing::apply(task, spec, &signing::Held::default())?;
    let changes = changes(begun, wanted);
    if changes.is_empty() { Ok(()) } else { send(task, "PATCH", &path(&spec.name), Some(&json!({ "rrsets": changes }))) }
}

/// What a zone that is to be signed is made of until it has its key: no record of it is answered unsigned, that it has none is kept for a second, and
/// serial 0 is never taken for the zone's own, also where the agent is stopped between.
pub(super) fn draft(spec: &ZoneSpec) -> Sets {
    let mut sets = wanted(&ZoneSpec { records: Vec::new(), ..spec.clone() });
    let primary = spec.name_servers.first().unwrap_or(&spec.name);
    let soa = format!("{primary}. hostmaster.{}. 0 10800 3600 604800 1", spec.name);
    sets.insert((format!("{}.", spec.name), "SOA".to_owned()), (1, BTreeSet::from([soa])));
    sets
}

/// Deletes a zone from PowerDNS. False if it has none, or a newer one.
pub fn remove(task: &Task, name: &DomainName, last: u32) -> Result<bool> {
    let _lock = lock::take(task, "zones")?;
    let Some(Held { sets: found, .. }) = find(task, name)? else { return Ok(false) };
    if serial(&found).is_some_and(|there| there > last) {
        return Ok(false);
    }
    send(task, "DELETE", &path(name), None)?;
    task.info(format!("Removed zone {name}"));
    Ok(true)
}

/// The serial of a zone that PowerDNS has.
pub fn held_serial(task: &Task, name: &DomainName) -> Result<Option<u32>> {
    match find(task, name)? {
        None => Ok(None),
        Some(found) => serial(&found.sets).map(Some).ok_or_else(|| internal(format!("PowerDNS has {name} without an SOA record"))),
    }
}

/// A zone that PowerDNS has.
struct Held {
    sets: Sets,
    signing: signing::Held,
}

/// Forgets cached answers of a zone.
pub(super) fn flush(task: &Task, name: &DomainName) -> Result<()> {
    send(task, "PUT", &format!("/cache/flush?domain={name}."), None)
}

pub(super) fn path(name: &DomainName) -> String {
    format!("/zones/{name}.")
}

pub(super) fn send(task: &Task, method: &str, path: &str, body: Option<&Value>) -> Result<()> {
    let answer = api::call(task, method, path, body)?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(answer.failure()) }
}

/// What PowerDNS has of a zone.
fn find(task: &Task, name: &DomainName) -> Result<Option<Held>> {
    let answer = api::call(task, "GET", &path(name), None)?;
    match answer.status {
        200 => {
            let sets = read(&answer.body).ok_or_else(|| internal("PowerDNS's answer is not a zone"))?;
            Ok(Some(Held { sets, signing: signing::Held::read(&answer.body) }))
        }
        404 => Ok(None),
        _ => Err(answer.failure()),
    }
}

/// Parses a zone as the API returns it.
pub(super) fn read(body: &Value) -> Option<Sets> {
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    let set = |value: &Value| {
        let records = value.get("records")?.as_array()?.iter().map(|record| text(record, "content")).collect::<Option<_>>()?;
        let ttl = u32::try_from(value.get("ttl")?.as_u64()?).ok()?;
        Some(((text(value, "name")?, text(value, "type")?), (ttl, records)))
    };
    body.get("rrsets")?.as_array()?.iter().map(set).collect()
}

/// The serial in a zone's SOA record.
pub(super) fn serial(sets: &Sets) -> Option<u32> {
    let (_, (_, records)) = sets.iter().find(|((_, kind), _)| kind == "SOA")?;
    records.first()?.split_whitespace().nth(2)?.parse().ok()
}

/// All sets of a zone, including the generated ones.
pub(super) fn wanted(spec: &ZoneSpec) -> Sets {
    let top = format!("{}.", spec.name);
    let primary = spec.name_servers.first().unwrap_or(&spec.name);
    let soa = soa(spec.name.as_str(), primary.as_str(), spec.serial);
    let servers = spec.name_servers.iter().map(|name| format!("{name}.")).collect();
    let mut sets =
        Sets::from([((top.clone(), "SOA".to_owned()), (DEFAULT_TTL, BTreeSet::from([soa]))), ((top, "NS".to_owned()), (DEFAULT_TTL, servers))]);
    for record in &spec.records {
        let set = sets.entry((record.name.absolute(), record.data.kind().to_owned())).or_insert_with(|| (record.ttl, BTreeSet::new()));
        set.1.insert(record.data.to_string());
    }
    sets
}

/// The difference between two zones. Removals come first: a name that becomes an alias must have no other records by then.
pub(super) fn changes(found: &Sets, wanted: &Sets) -> Vec<Value> {
    let gone = found.keys().filter(|name| !wanted.contains_key(*name)).map(|name| rrset(name, None));
    let other = wanted.iter().filter(|(name, set)| found.get(*name) != Some(set)).map(|(name, set)| rrset(name, Some(set)));
    gone.chain(other).collect()
}

fn rrset((name, kind): &SetName, set: Option<&Set>) -> Value {
    match set {
        None => json!({ "name": name, "type": kind, "changetype": "DELETE" }),
        Some((ttl, records)) => json!({
            "name": name, "type": kind, "ttl": ttl, "changetype": "REPLACE",
            "records": records.iter().map(|content| json!({ "content": content, "disabled": false })).collect::<Vec<_>>(),
        }),
    }
}
