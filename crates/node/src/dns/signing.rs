//! The key of a signed zone. PowerDNS makes signatures as it answers, so nothing of them is stored and the serial stays as the panel has set it.

use serde_json::{Value, json};
use wire::DomainName;
use wire::zone::ZoneKey;

use crate::error::{Result, internal};
use crate::task::Task;

use super::{api, setup, zone};

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

/// Makes a zone have this key and no other, or none. False if it already was so.
pub(super) fn apply(task: &Task, name: &DomainName, key: Option<&ZoneKey>, held: &Held) -> Result<bool> {
    let Some(key) = key else {
        if held.is_signed {
            zone::send(task, "PUT", &zone::path(name), Some(&json!({ "dnssec": false })))?;
            zone::flush(task, name)?;
            task.info(format!("Stopped signing {name}"));
        }
        return Ok(held.is_signed);
    };
    setup::ensure_dnssec(task)?;
    let keys = format!("{}/cryptokeys", zone::path(name));
    let answer = api::call(task, "GET", &keys, None)?;
    if answer.status != 200 {
        return Err(answer.failure());
    }
    let (has, others) = sort(&answer.body, &key.dnskey()).ok_or_else(|| internal("PowerDNS's answer is not a list of keys"))?;
    if has && others.is_empty() && held.nsec3 == NSEC3 {
        return Ok(false);
    }
    if !has {
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

/// Whether this key is among a zone's, in use; and the ids of all others.
pub(super) fn sort(body: &Value, dnskey: &str) -> Option<(bool, Vec<u64>)> {
    let is = |key: &Value, field: &str| key.get(field).and_then(Value::as_bool).unwrap_or_default();
    let (mut has, mut others) = (false, Vec::new());
    for key in body.as_array()? {
        let is_right = key.get("dnskey").and_then(Value::as_str) == Some(dnskey) && is(key, "active") && is(key, "published");
        if is_right && !has {
            has = true;
        } else {
            others.push(key.get("id")?.as_u64()?);
        }
    }
    Some((has, others))
}

/// The key in the form of BIND's files, which PowerDNS reads.
fn isc(key: &ZoneKey) -> String {
    format!("Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {}\n", key.private.expose())
}
