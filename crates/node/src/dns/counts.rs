//! What PowerDNS has counted since it started.

use serde_json::Value;
use wire::zone::QueryCounts;

use crate::error::{Result, internal};
use crate::task::Task;

use super::api;

/// Asks it for its counts.
pub fn counts(task: &Task) -> Result<QueryCounts> {
    let answer = api::call(task, "GET", "/statistics", None)?;
    if answer.status != 200 {
        return Err(answer.failure());
    }
    read(&answer.body).ok_or_else(|| internal("PowerDNS's answer is not a list of counts"))
}

/// Reads counts as the API returns them: numbers are texts there.
pub(super) fn read(body: &Value) -> Option<QueryCounts> {
    let all = body.as_array()?;
    let count = |name: &str| {
        let is = |one: &&Value| one.get("name").and_then(Value::as_str) == Some(name);
        all.iter().find(is)?.get("value")?.as_str()?.parse::<u64>().ok()
    };
    Some(QueryCounts {
        uptime_s: count("uptime")?,
        queries: count("udp-queries")?.saturating_add(count("tcp-queries")?),
        failures: count("servfail-packets")?,
        latency_us: count("latency").unwrap_or_default(),
    })
}
