//! Statements of templates that staff define.

use model::{Time, hosting::dns::CustomTemplateRow};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A template, as it was typed.
#[derive(sqlx::FromRow)]
pub(super) struct Stored {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) variables: String,
    pub(super) records: String,
}

/// Those that zones can use.
pub(super) async fn in_use(conn: &mut PgConnection) -> Result<Vec<Stored>> {
    sqlx::query_as("select code, name, description, variables, records from dns_templates_in_use()").fetch_all(conn).await
}

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name: String,
    description: String,
    variables: String,
    records: String,
    changed_at: Time,
    changed_by: String,
}

/// All of them for staff, by name.
pub(super) async fn list(conn: &mut PgConnection) -> Result<Vec<CustomTemplateRow>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select code, name, description, variables, records, changed_at, changed_by from dns_templates where deleted_at is null order by name, code limit 100",
    )
    .fetch_all(conn)
    .await?;
    let view = |row: Row| CustomTemplateRow {
        code: row.code,
        name: row.name,
        description: row.description,
        variables: row.variables,
        records: row.records,
        changed_at: row.changed_at,
        changed_by: row.changed_by,
    };
    Ok(rows.into_iter().map(view).collect())
}

pub(super) async fn count(conn: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar("select count(*) from dns_templates where deleted_at is null").fetch_one(conn).await
}

/// Who changes a template, and when.
pub(super) struct Changed<'a> {
    pub(super) by: &'a str,
    pub(super) at: Time,
}

/// False if there is one of this code.
pub(super) async fn insert(conn: &mut PgConnection, id: Uuid, stored: &Stored, changed: &Changed<'_>) -> Result<bool> {
    let made = sqlx::query(
        "insert into dns_templates (id, code, name, description, variables, records, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (code) where deleted_at is null do nothing",
    )
    .bind(id)
    .bind(&stored.code)
    .bind(&stored.name)
    .bind(&stored.description)
    .bind(&stored.variables)
    .bind(&stored.records)
    .bind(changed.at)
    .bind(changed.by)
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// The template of a code, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, code: &str) -> Result<Option<Uuid>> {
    sqlx::query_scalar("select id from dns_templates where code = $1 and deleted_at is null for no key update").bind(code).fetch_optional(conn).await
}

pub(super) async fn update(conn: &mut PgConnection, id: Uuid, stored: &Stored, changed: &Changed<'_>) -> Result<()> {
    sqlx::query(
        "update dns_templates set name = $2, description = $3, variables = $4, records = $5, changed_at = $6, changed_by = left($7, 400) where id = $1",
    )
    .bind(id)
    .bind(&stored.name)
    .bind(&stored.description)
    .bind(&stored.variables)
    .bind(&stored.records)
    .bind(changed.at)
    .bind(changed.by)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut PgConnection, id: Uuid, at: Time) -> Result<()> {
    sqlx::query("update dns_templates set deleted_at = $2 where id = $1").bind(id).bind(at).execute(conn).await?;
    Ok(())
}
