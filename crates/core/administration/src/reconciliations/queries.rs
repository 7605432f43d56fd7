//! SQL of reconciliations. The engine writes the table.

use db::Keyset;
use engine::reconcile::Registry;
use model::{
    Time,
    administration::reconciliations::{ReconciliationRow, ReconciliationState},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    name: String,
    key: Uuid,
    subject: String,
    server_name: Option<String>,
    state: ReconciliationState,
    differences: Vec<String>,
    differs_since: Option<Time>,
    failures: i32,
    failing_since: Option<Time>,
    error: Option<String>,
    due_at: Option<Time>,
    checked_at: Option<Time>,
    created_at: Time,
}

impl Row {
    pub fn view(self, reconcilers: &Registry) -> ReconciliationRow {
        ReconciliationRow {
            id: self.id,
            title: reconcilers.title(&self.name).to_owned(),
            reconciler: self.name,
            key: self.key,
            subject: self.subject,
            server_name: self.server_name,
            state: self.state,
            differences: self.differences,
            differs_since: self.differs_since,
            failures: self.failures,
            failing_since: self.failing_since,
            error: self.error,
            due_at: self.due_at,
            checked_at: self.checked_at,
            created_at: self.created_at,
        }
    }
}

pub(super) async fn list(
    conn: &mut PgConnection,
    keyset: &Keyset<i64>,
    now: Time,
    state: Option<ReconciliationState>,
    search: Option<&str>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "with known as (
           select r.*, case when r.failures > 0 then 'FAILING' when cardinality(r.differences) > 0 then 'DIFFERS'
                            when r.checked_at is null or r.worker is not null or r.due_at <= $6 then 'DUE' else 'OK' end as state
             from reconciliations r),
         page as (
           (select * from known
             where $2::bigint is null and ($1::bigint is null or id < $1) and ($4::text is null or state = $4)
               and ($5::text is null or position(lower($5) in lower(subject)) > 0)
             order by id desc limit $3)
           union all
           (select * from known
             where id > $2 and ($4::text is null or state = $4) and ($5::text is null or position(lower($5) in lower(subject)) > 0)
             order by id limit $3))
         select page.id, page.name, page.key, page.subject, s.name as server_name, page.state, page.differences, page.differs_since,
                page.failures, page.failing_since, page.error, page.due_at, page.checked_at, page.created_at
           from page left join servers s on s.id = page.server_id
          order by page.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(state)
    .bind(search)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// The objects of a reconciler by what the last run has found.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Count {
    /// The reconciler.
    pub name: String,
    /// All of them.
    pub objects: i64,
    /// Whose last run failed.
    pub failing: i64,
    /// That differ from what is expected.
    pub differing: i64,
    /// Seconds since the oldest one that waits was due; 0 when none waits.
    pub overdue_seconds: f64,
}

impl Count {
    /// Of a reconciler without objects.
    pub fn none(name: &str) -> Self {
        Self { name: name.to_owned(), objects: 0, failing: 0, differing: 0, overdue_seconds: 0.0 }
    }
}

pub(super) async fn counts(conn: &mut PgConnection, now: Time) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as(
        "select name, count(*) as objects, count(*) filter (where failures > 0) as failing,
                count(*) filter (where cardinality(differences) > 0) as differing,
                coalesce(greatest(extract(epoch from $1 - min(due_at) filter (where worker is null)), 0), 0)::float8 as overdue_seconds
           from reconciliations group by name order by name limit 200",
    )
    .bind(now)
    .fetch_all(conn)
    .await
}
