//! The key of a signed zone. PowerDNS makes signatures as it answers, so nothing of them is stored and the serial stays as the panel has set it.

use serde_json::{Value, json};
use wire::DomainName;
use wire::zone::{ZoneKey, ZoneSpec};

use crate::error::{Result, internal, refused};
use crate::task::Task;

use super::{api, zone};

/// Proofs of absence by NSEC3 without further iterations and without salt (RFC 9276): who walks the zone does not read its names one by one.
const NSEC3: &str = "1 0 0 -";

/// What PowerDNS says of a zone's signing with the zone.
#[derive(Default)]
pub(super) struct Held {
    is_signed: bool,
    nsec3: String,
}

impl Held {
    /// Reads a zone as the API returns it.
    pub(super) fn read(body: &Value) -> Self {
        Self {
            is_signed: body.get("dnssec").and_then(Value::as_bool).unwrap_or_default(),
            nsec3: body.get("nsec3param").and_then(Value::as_str).unwrap_or_default().to_owned(),
        }
    }
}

/// Makes a zone have its keys and no others, or none. False if it already was so. A key that it neither has nor drops stays: without it resolvers that
/// have its DS record would refuse the domain.
pub(super) fn apply(task: &Task, spec: &ZoneSpec, held: &Held) -> Result<bool> {
    let name = &spec.name;
    if spec.signing.is_none() {
        if held.is_signed {
            may_drop(spec, &keys(task, name)?)?;
            zone::send(task, "PUT", &zone::path(name), Some(&json!({ "dnssec": false })))?;
            zone::flush(task, name)?;
            task.info(format!("Stopped signing {name}"));
        }
        return Ok(held.is_signed);
    }
    let found = keys(task, name)?;
    let wanted: Vec<String> = spec.keys().map(ZoneKey::dnskey).collect();
    let (held_keys, others) = sort(&found, &wanted).ok_or_else(|| internal("PowerDNS's answer is not a list of keys"))?;
    may_drop(spec, &found)?;
    let keys = keys_path(name);
    if held_keys.len() == wanted.len() && others.is_empty() && held.nsec3 == NSEC3 {
        return Ok(false);
    }
    // First the new ones: the zone is never without a key.
    for key in spec.keys().filter(|key| !held_keys.contains(&key.dnskey())) {
        zone::send(task, "POST", &keys, Some(&json!({ "keytype": "csk", "active": true, "published": true, "privatekey": isc(key) })))?;
    }
    for id in others {
        zone::send(task, "DELETE", &format!("{keys}/{id}"), None)?;
    }
    zone::send(task, "PUT", &zone::path(name), Some(&json!({ "nsec3param": NSEC3, "nsec3narrow": false, "api_rectify": true })))?;
    zone::send(task, "PUT", &format!("{}/rectify", zone::path(name)), None)?;
    zone::flush(task, name)?;
    task.info(format!("Signing {name}"));
    Ok(true)
}

fn keys_path(name: &DomainName) -> String {
    format!("{}/cryptokeys", zone::path(name))
}

/// The keys that PowerDNS has of a zone.
fn keys(task: &Task, name: &DomainName) -> Result<Value> {
    let answer = api::call(task, "GET", &keys_path(name), None)?;
    if answer.status == 200 { Ok(answer.body) } else { Err(answer.failure()) }
}

/// Refuses for a zone with a key that it neither has nor drops.
fn may_drop(spec: &ZoneSpec, found: &Value) -> Result<()> {
    let known: Vec<String> = spec.keys().map(ZoneKey::dnskey).chain(spec.drops.iter().map(|key| key.dnskey())).collect();
    if !has_foreign(found, &known) {
        return Ok(());
    }
    let name = &spec.name;
    let remedy = format!(
        "restore a later backup of the panel's database; or remove the DS record at the registrar, wait for its TTL, \
         and run `pdnsutil --config-name=mpanel disable-dnssec {name}` on this server"
    );
    Err(refused(format!("{name} is signed here with a key that the panel does not have")).with_remedy(remedy))
}

/// Whether a zone has a key that is none of these.
pub(super) fn has_foreign(body: &Value, known: &[String]) -> bool {
    let is_known = |key: &Value| key.get("dnskey").and_then(Value::as_str).is_some_and(|found| known.iter().any(|known| known == found));
    body.as_array().is_some_and(|keys| !keys.iter().all(is_known))
}

/// Which of these keys a zone has, in use; and the ids of all others.
pub(super) fn sort(body: &Value, wanted: &[String]) -> Option<(Vec<String>, Vec<u64>)> {
    let is = |key: &Value, field: &str| key.get(field).and_then(Value::as_bool).unwrap_or_default();
    let (mut held, mut others): (Vec<String>, Vec<u64>) = (Vec::new(), Vec::new());
    for key in body.as_array()? {
        let dnskey = key.get("dnskey").and_then(Value::as_str).filter(|_| is(key, "active") && is(key, "published"));
        match dnskey.filter(|dnskey| wanted.iter().any(|one| one == dnskey) && held.iter().all(|one| one != dnskey)) {
            Some(dnskey) => held.push(dnskey.to_owned()),
            None => others.push(key.get("id")?.as_u64()?),
        }
    }
    Some((held, others))
}

/// The key in the form of BIND's files, which PowerDNS reads.
fn isc(key: &ZoneKey) -> String {
    format!("Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {}\n", key.private.expose())
}
