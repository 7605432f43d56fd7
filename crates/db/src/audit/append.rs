//! Adding events to their chains, last thing before the commit.

use super::{
    AuditEvent, AuditKey,
    canonical::{Row, storable, storable_text},
    queries,
};
use crate::Caller;
use chrono::{DurationRound, TimeDelta, Utc};
use model::ids::TenantId;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Appends all events, chain by chain in the order of their ids. Writers of one chain wait for each other from here to
/// their commit; writers of different chains do not meet.
pub(crate) async fn append(conn: &mut PgConnection, key: &AuditKey, caller: &Caller, events: Vec<AuditEvent>) -> Result<(), sqlx::Error> {
    let mut chains: BTreeMap<Uuid, Vec<AuditEvent>> = BTreeMap::new();
    for event in events {
        chains.entry(event.tenant.unwrap_or(TenantId::PLATFORM).0).or_default().push(event);
    }
    if chains.is_empty() {
        return Ok(());
    }
    let (ids, counts): (Vec<Uuid>, Vec<i32>) = chains.iter().map(|(chain, events)| (*chain, events.len() as i32)).unzip();
    let heads: Vec<(i64, Vec<u8>, Vec<i64>)> = sqlx::query_as(queries::LOCK_HEADS).bind(ids).bind(counts).fetch_all(&mut *conn).await?;
    let mut rows = Vec::new();
    for ((chain, events), (mut seq, mut prev_hash, ids)) in chains.into_iter().zip(heads) {
        for (event, id) in events.into_iter().zip(ids) {
            seq += 1;
            let mut row = row(event, caller, id, chain, seq, prev_hash)?;
            row.hash = key.hash(&row);
            prev_hash = row.hash.clone();
            rows.push(row);
        }
    }
    insert(conn, &rows).await
}

#[expect(clippy::disallowed_methods, reason = "when an event is written is nobody's choice")]
fn row(event: AuditEvent, caller: &Caller, id: i64, chain: Uuid, seq: i64, prev_hash: Vec<u8>) -> Result<Row, sqlx::Error> {
    let actor = event.actor.as_ref().unwrap_or(&caller.actor);
    let now = Utc::now();
    Ok(Row {
        id,
        chain,
        seq,
        // What PostgreSQL keeps is what is hashed: microseconds.
        at: now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now),
        action: event.action.to_string(),
        actor: storable(serde_json::to_value(actor).map_err(|e| sqlx::Error::Encode(e.into()))?),
        tenant_id: event.tenant.map(|tenant| tenant.0).filter(|tenant| !tenant.is_nil()),
        target_type: event.target_type,
        target_id: storable_text(event.target_id),
        target_name: storable_text(event.target_name),
        ip: caller.origin.ip.clone().map(storable_text),
        request_id: caller.origin.request_id.clone().map(storable_text),
        before: event.before.map(storable),
        after: event.after.map(storable),
        prev_hash,
        hash: Vec::new(),
    })
}

async fn insert(conn: &mut PgConnection, rows: &[Row]) -> Result<(), sqlx::Error> {
    sqlx::query(queries::APPEND)
        .bind(of(rows, |row| row.id))
        .bind(of(rows, |row| row.chain))
        .bind(of(rows, |row| row.seq))
        .bind(of(rows, |row| row.at))
        .bind(of(rows, |row| row.action.as_str()))
        .bind(of(rows, |row| &row.actor))
        .bind(of(rows, |row| row.tenant_id))
        .bind(of(rows, |row| row.target_type.as_str()))
        .bind(of(rows, |row| row.target_id.as_str()))
        .bind(of(rows, |row| row.target_name.as_str()))
        .bind(of(rows, |row| row.ip.as_deref()))
        .bind(of(rows, |row| row.request_id.as_deref()))
        .bind(of(rows, |row| row.before.as_ref()))
        .bind(of(rows, |row| row.after.as_ref()))
        .bind(of(rows, |row| row.prev_hash.as_slice()))
        .bind(of(rows, |row| row.hash.as_slice()))
        .execute(conn)
        .await?;
    Ok(())
}

/// One column of many rows.
fn of<'a, T>(rows: &'a [Row], column: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}
