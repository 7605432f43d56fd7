//! SQL of the record.

use super::filter::Filter;
use db::Keyset;
use model::{Time, actor::Actor, security::audit::AuditRow};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, Result, types::Json};

/// An event as it is stored.
#[derive(FromRow)]
pub struct Row {
    id: i64,
    at: Time,
    action: String,
    actor: Json<Actor>,
    tenant_name: Option<String>,
    target_type: String,
    target_id: String,
    target_name: String,
    ip: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
}

impl Row {
    /// As the pages show it.
    pub fn view(self) -> AuditRow {
        AuditRow {
            id: self.id,
            at: self.at,
            action: self.action,
            actor: self.actor.0.to_string(),
            tenant_name: self.tenant_name,
            target_type: self.target_type,
            target_id: self.target_id,
            target_name: self.target_name,
            ip: self.ip,
            before: self.before.map(|value| value.to_string()),
            after: self.after.map(|value| value.to_string()),
        }
    }
}

/// A page of events. Each half of the union is filtered by itself, so that its limit holds; the names of customers are looked up row by row,
/// because a join, planned for a limit that is not known, reads all of them.
pub async fn page(conn: &mut PgConnection, keyset: &Keyset<i64>, filter: &Filter) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select e.id, e.at, e.action, e.actor, (select t.name from tenants t where t.id = e.tenant_id) as tenant_name, e.target_type, e.target_id,
                e.target_name, e.ip, e.before, e.after
           from (
             (select * from audit_events
               where $2::bigint is null and ($1::bigint is null or id < $1)
                 and ($4::text is null or action = $4)
                 and ($5::text is null or position($5 in lower(concat_ws(' ', actor ->> 'email', actor ->> 'part', actor ->> 'kind'))) > 0)
                 and ($6::text is null or tenant_id in (select x.id from tenants x where x.slug = $6 or x.id::text = $6))
                 and ($7::text is null or target_type = $7) and ($8::text is null or target_id = $8)
                 and ($9::timestamptz is null or at >= $9) and ($10::timestamptz is null or at < $10)
                 and not exists (select from unnest($11::text[]) word where position(word in
                   lower(concat_ws(' ', action, actor ->> 'email', actor ->> 'part', target_type, target_id, target_name))) = 0)
               order by id desc limit $3)
             union all
             (select * from audit_events
               where id > $2
                 and ($4::text is null or action = $4)
                 and ($5::text is null or position($5 in lower(concat_ws(' ', actor ->> 'email', actor ->> 'part', actor ->> 'kind'))) > 0)
                 and ($6::text is null or tenant_id in (select x.id from tenants x where x.slug = $6 or x.id::text = $6))
                 and ($7::text is null or target_type = $7) and ($8::text is null or target_id = $8)
                 and ($9::timestamptz is null or at >= $9) and ($10::timestamptz is null or at < $10)
                 and not exists (select from unnest($11::text[]) word where position(word in
                   lower(concat_ws(' ', action, actor ->> 'email', actor ->> 'part', target_type, target_id, target_name))) = 0)
               order by id limit $3)
           ) e
          order by e.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(filter.action.map(|action| action.as_str()))
    .bind(&filter.actor)
    .bind(&filter.tenant)
    .bind(&filter.target_type)
    .bind(&filter.target_id)
    .bind(filter.since)
    .bind(filter.until)
    .bind(&filter.words)
    .fetch_all(conn)
    .await
}

/// An event on its way out.
#[derive(FromRow)]
pub struct ExportRow {
    pub id: i64,
    pub line: String,
}

/// Events behind `after`, oldest first, each as one JSON object.
pub async fn export(conn: &mut PgConnection, after: i64, limit: i64, filter: &Filter) -> Result<Vec<ExportRow>> {
    sqlx::query_as(
        "select id,
                json_build_object('id', id, 'at', at, 'chain', chain, 'seq', seq, 'action', action, 'actor', actor, 'tenant_id', tenant_id,
                  'target_type', target_type, 'target_id', target_id, 'target_name', target_name, 'ip', ip, 'request_id', request_id,
                  'before', before, 'after', after, 'prev_hash', encode(prev_hash, 'hex'), 'hash', encode(hash, 'hex'))::text as line
           from audit_events
          where id > $1
            and ($3::text is null or action = $3)
            and ($4::text is null or position($4 in lower(concat_ws(' ', actor ->> 'email', actor ->> 'part', actor ->> 'kind'))) > 0)
            and ($5::text is null or tenant_id in (select x.id from tenants x where x.slug = $5 or x.id::text = $5))
            and ($6::text is null or target_type = $6) and ($7::text is null or target_id = $7)
            and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
            and not exists (select from unnest($10::text[]) word where position(word in
              lower(concat_ws(' ', action, actor ->> 'email', actor ->> 'part', target_type, target_id, target_name))) = 0)
          order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .bind(filter.action.map(|action| action.as_str()))
    .bind(&filter.actor)
    .bind(&filter.tenant)
    .bind(&filter.target_type)
    .bind(&filter.target_id)
    .bind(filter.since)
    .bind(filter.until)
    .bind(&filter.words)
    .fetch_all(conn)
    .await
}
