//! One record, and a zone as a whole.

use super::{
    names::{self, Names},
    values,
};
use model::{
    error::FieldError,
    hosting::dns::{DnsRecord, RecordType},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv6Addr,
};
use wire::{
    DomainName,
    zone::{MAX_RECORDS, MAX_TTL, MIN_TTL, RecordData, RecordName, ZoneRecord, ZoneSpec},
};

/// Largest zone that is sent to a server, in bytes; a message takes slightly more. The limit of PowerDNS's API on the server follows from it
/// (`node/src/dns/setup.rs`).
const MAX_BYTES: usize = 900_000;

/// Most ALIAS records of a zone: each is looked up every minute.
const MAX_ALIASES: usize = 20;
/// Most addresses of an ALIAS record's target that are answered.
pub(crate) const MAX_ADDRESSES: usize = 16;

/// How many records name servers can get for these: an ALIAS record has as many as somebody else gives its target.
pub(crate) fn published_count(records: &[DnsRecord]) -> usize {
    let aliases = records.iter().filter(|record| record.kind == RecordType::Alias).count();
    records.len() + aliases * (MAX_ADDRESSES - 1)
}

/// Bytes of the addresses that name servers can get for a zone's ALIAS records.
fn alias_bytes(zone: &DomainName, aliases: &[&DnsRecord]) -> usize {
    let address = |record: &&DnsRecord| {
        let name = RecordName::new(names::whole(zone.as_str(), &record.name)).ok()?;
        let longest = RecordData::Aaaa { address: Ipv6Addr::from([u8::MAX; 16]) };
        serde_json::to_vec(&ZoneRecord { name, ttl: MAX_TTL, data: longest }).ok()
    };
    aliases.iter().filter_map(address).map(|bytes| (bytes.len() + 1) * MAX_ADDRESSES).sum()
}

/// What a TTL can be, for people.
pub(crate) const TTL_RANGE: &str = "TTL must be 60 to 604,800 seconds.";

/// Validates a record as typed and returns it in its stored form.
pub(crate) fn read(zone: &str, typed: &DnsRecord) -> Result<DnsRecord, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut fault = |field: &str, message: String| errors.push(FieldError { field: field.to_owned(), message });
    let name = names::owner(zone, &typed.name).map_err(|message| fault("name", message)).ok();
    let value = values::read(typed.kind, &typed.value, Names { zone, origin: None }).map_err(|message| fault("value", message)).ok();
    if !(MIN_TTL..=MAX_TTL).contains(&typed.ttl) {
        fault("ttl", TTL_RANGE.to_owned());
    }
    if let Some(message) = name.as_deref().and_then(|name| misplaced(name, typed.kind)) {
        fault("name", message.to_owned());
    }
    match (name, value) {
        (Some(name), Some(value)) if errors.is_empty() => Ok(DnsRecord { name, kind: typed.kind, ttl: typed.ttl, value: value.to_string() }),
        _ => Err(errors),
    }
}

/// Why a record of this type is not allowed at this name.
pub(crate) fn misplaced(name: &str, kind: RecordType) -> Option<&'static str> {
    match kind {
        RecordType::Cname if name == "@" => Some("The domain itself cannot have a CNAME record. Use A and AAAA records."),
        RecordType::Ns if name == "@" => Some("The domain's own NS records are managed automatically."),
        RecordType::Ds if name == "@" => Some("Set the domain's own DS record at your registrar."),
        RecordType::Ns | RecordType::Ds if name.starts_with('*') => Some("A wildcard name cannot have NS or DS records."),
        _ => None,
    }
}

/// A stored record as it is sent to servers; an ALIAS record is not.
pub(crate) fn wire(zone: &str, record: &DnsRecord) -> Option<ZoneRecord> {
    if record.kind == RecordType::Alias {
        return None;
    }
    let name = RecordName::new(names::whole(zone, &record.name)).ok()?;
    let data = values::read(record.kind, &record.value, Names { zone, origin: Some(zone) }).ok()?;
    Some(ZoneRecord { name, ttl: record.ttl, data })
}

/// What is wrong with the zone as a whole, for people; at most twenty lines.
pub(crate) fn faults(zone: &DomainName, records: &[DnsRecord]) -> Vec<String> {
    let count = published_count(records);
    if count > MAX_RECORDS {
        let counted = if count > records.len() { format!(" Each ALIAS record counts as {MAX_ADDRESSES}.") } else { String::new() };
        return vec![format!("A zone can have up to {MAX_RECORDS} records; this one has {count}.{counted}")];
    }
    let wired: Vec<ZoneRecord> = records.iter().filter_map(|record| wire(zone.as_str(), record)).collect();
    let spec =
        ZoneSpec { name: zone.clone(), serial: 1, name_servers: vec![zone.clone()], records: wired, signing: None, next: None, drops: Vec::new() };
    let mut faults = Vec::new();
    let aliases: Vec<&DnsRecord> = records.iter().filter(|record| record.kind == RecordType::Alias).collect();
    if spec.records.len() + aliases.len() != records.len() || spec.check().is_err() {
        faults.push("A record is not valid.".to_owned());
    }
    if serde_json::to_vec(&spec).map_or(0, |bytes| bytes.len()) + alias_bytes(zone, &aliases) > MAX_BYTES {
        faults.push("The zone is too large.".to_owned());
    }
    let mut by_name: BTreeMap<&str, Vec<&DnsRecord>> = BTreeMap::new();
    for record in records {
        by_name.entry(&record.name).or_default().push(record);
    }
    for (name, here) in &by_name {
        of_name(name, here, &mut faults);
    }
    if aliases.len() > MAX_ALIASES {
        faults.push(format!("A zone can have up to {MAX_ALIASES} ALIAS records; this one has {}.", aliases.len()));
    }
    faults.extend(aliases.iter().filter_map(|record| alias_fault(zone, record, &by_name)));
    let all = spec.records.iter();
    faults.extend(all.filter_map(|record| target_fault(zone, record, &by_name)));
    faults.truncate(20);
    faults
}

fn of_name(name: &str, here: &[&DnsRecord], faults: &mut Vec<String>) {
    let count = |kind| here.iter().filter(|record| record.kind == kind).count();
    if count(RecordType::Cname) > 0 && here.len() > 1 {
        faults.push(format!("{name} is an alias (CNAME), so it can have no other record."));
    }
    if count(RecordType::Alias) > 1 {
        faults.push(format!("{name} can have one ALIAS record only."));
    }
    if count(RecordType::Alias) > 0 && [RecordType::A, RecordType::Aaaa, RecordType::Cname].into_iter().any(|kind| count(kind) > 0) {
        faults.push(format!("{name} has an ALIAS record, so it can have no A, AAAA or CNAME record."));
    }
    if count(RecordType::Ds) > 0 && count(RecordType::Ns) == 0 {
        faults.push(format!("{name} has a DS record without NS records."));
    }
    for kind in [RecordType::Https, RecordType::Svcb] {
        let is_alias = |record: &&&DnsRecord| record.value.starts_with("0 ");
        let of_kind = || here.iter().filter(|record| record.kind == kind);
        let aliases = of_kind().filter(is_alias).count();
        if aliases > 0 && of_kind().count() > 1 {
            faults.push(format!("{name} has an alias among its {kind} records (priority 0), so it can have no other {kind} record."));
        }
    }
    let mut seen = BTreeSet::new();
    for record in here {
        if !seen.insert((record.kind, &record.value)) {
            faults.push(format!("{name} has the {} record {} twice.", record.kind.as_str(), record.value));
        }
    }
    for kind in RecordType::ALL {
        let ttls: BTreeSet<u32> = here.iter().filter(|record| record.kind == *kind).map(|record| record.ttl).collect();
        if ttls.len() > 1 {
            faults.push(format!("All {} records of {name} need the same TTL.", kind.as_str()));
        }
    }
}

/// The target of an ALIAS record must be no such name itself: neither would ever have an address.
fn alias_fault(zone: &DomainName, record: &DnsRecord, by_name: &BTreeMap<&str, Vec<&DnsRecord>>) -> Option<String> {
    let below = names::owner(zone.as_str(), &record.value).ok()?;
    let is_alias = by_name.get(below.as_str()).is_some_and(|records| records.iter().any(|record| record.kind == RecordType::Alias));
    is_alias.then(|| format!("The ALIAS record of {} points to {below}, which is an ALIAS itself.", record.name))
}

/// The target of an MX, SRV or NS record must not be an alias; a name server inside the zone needs an address record.
fn target_fault(zone: &DomainName, record: &ZoneRecord, by_name: &BTreeMap<&str, Vec<&DnsRecord>>) -> Option<String> {
    let target = match &record.data {
        RecordData::Mx { target, .. } | RecordData::Srv { target, .. } | RecordData::Ns { target } => target,
        _ => return None,
    };
    if !target.is_in(zone) {
        return None;
    }
    let below = names::owner(zone.as_str(), &target.absolute()).ok()?;
    let there = by_name.get(below.as_str());
    let has = |kind| there.is_some_and(|records| records.iter().any(|record| record.kind == kind));
    if has(RecordType::Cname) {
        return Some(format!("{} records cannot point to {below}, which is an alias (CNAME).", record.data.kind()));
    }
    let needs_address = matches!(record.data, RecordData::Ns { .. }) && !has(RecordType::A) && !has(RecordType::Aaaa);
    needs_address.then(|| format!("The name server {below} needs an A or AAAA record."))
}
