//! Statements of the runner. A lease is the worker's name in the row: only its holder may write the outcome.

use super::{LastRun, Object};
use model::{Time, ids::ServerId};
use sqlx::PgConnection;
use uuid::Uuid;

/// An object that a worker holds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) name: String,
    pub(super) key: Uuid,
    pub(super) failures: i32,
    pub(super) on_server: bool,
}

pub(super) async fn touch(conn: &mut PgConnection, name: &str, key: Uuid, not_before: Time) -> Result<(), sqlx::Error> {
    sqlx::query("select touch_reconciliation($1, $2, $3)").bind(name).bind(key).bind(not_before).execute(conn).await?;
    Ok(())
}

pub(super) async fn touch_all(conn: &mut PgConnection, name: &str, objects: &[Object], not_before: Time) -> Result<(), sqlx::Error> {
    let keys: Vec<Uuid> = objects.iter().map(|object| object.key).collect();
    sqlx::query("select touch_reconciliation($1, key, $3) from unnest($2::uuid[]) key").bind(name).bind(keys).bind(not_before).execute(conn).await?;
    Ok(())
}

pub(super) async fn withdraw(conn: &mut PgConnection, name: &str, key: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from reconciliations where name = $1 and key = $2 and worker is null").bind(name).bind(key).execute(conn).await?;
    Ok(())
}

pub(super) async fn last_run(conn: &mut PgConnection, name: &str, key: Uuid) -> Result<Option<LastRun>, sqlx::Error> {
    sqlx::query_as("select differences, differs_since, error, checked_at from reconciliations where name = $1 and key = $2")
        .bind(name)
        .bind(key)
        .fetch_optional(conn)
        .await
}

/// Of these objects of several reconcilers, those without a row: their positions in the list, from 1.
pub(super) async fn missing(conn: &mut PgConnection, names: &[&str], keys: &[Uuid]) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "select listed.place from unnest($1::text[], $2::uuid[]) with ordinality listed (name, key, place)
          where not exists (select from reconciliations r where r.name = listed.name and r.key = listed.key) order by listed.place",
    )
    .bind(names)
    .bind(keys)
    .fetch_all(conn)
    .await
}

/// Adds the objects that have no row yet, due at this time.
pub(super) async fn add_missing(conn: &mut PgConnection, name: &str, objects: &[Object], due_at: Time) -> Result<u64, sqlx::Error> {
    let keys: Vec<Uuid> = objects.iter().map(|object| object.key).collect();
    let servers: Vec<Option<ServerId>> = objects.iter().map(|object| object.server).collect();
    let added = sqlx::query(
        "insert into reconciliations (name, key, server_id, due_at)
         select $1, object.key, object.server_id, $4 from unnest($2::uuid[], $3::uuid[]) object (key, server_id)
         on conflict on constraint reconciliations_object_key do nothing",
    )
    .bind(name)
    .bind(keys)
    .bind(servers)
    .bind(due_at)
    .execute(conn)
    .await?;
    Ok(added.rows_affected())
}

/// Workers claim one after the other what servers are asked about: the bound of a server counts what all of them hold.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.reconciliations', 0))").execute(conn).await?;
    Ok(())
}

/// Whether there is anything to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Glance {
    /// Something is due for which no server is asked.
    pub(super) others: bool,
    /// Something is due for which one is.
    pub(super) on_servers: bool,
    /// When the next object is due that is not yet.
    pub(super) next: Option<Time>,
}

/// What there is to claim: by the order of two indexes, so that it stays a look however many objects there are.
pub(super) async fn glance(conn: &mut PgConnection, names: &[&str], now: Time) -> Result<Glance, sqlx::Error> {
    sqlx::query_as(
        "select coalesce(
                  (select true from reconciliations where worker is null and due_at <= $2 and server_id is null and name = any($1)
                    order by due_at limit 1),
                  (select true from reconciliations where worker is not null and lease_until <= now() and server_id is null and name = any($1)
                    order by lease_until limit 1), false) as others,
                coalesce(
                  (select true from reconciliations where worker is null and due_at <= $2 and server_id is not null and name = any($1)
                    order by due_at limit 1),
                  (select true from reconciliations where worker is not null and lease_until <= now() and server_id is not null and name = any($1)
                    order by lease_until limit 1), false) as on_servers,
                (select min(due_at) from reconciliations where worker is null and due_at > $2 and name = any($1)) as next",
    )
    .bind(names)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// Claims objects that are due and that nobody holds, or whose lease has expired, which counts as a failure, and for which no server is asked: at
/// most `limit`. `names` are the reconcilers of this worker, `leases` how many seconds each needs.
pub(super) async fn claim(
    conn: &mut PgConnection,
    worker: &str,
    (names, leases): (&[&str], &[f64]),
    now: Time,
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query_as(
        "with known as (select * from unnest($2::text[], $3::float8[]) known (name, lease)),
              free as (
                select r.id from reconciliations r join known using (name)
                 where r.server_id is null
                   and ((r.worker is null and r.due_at <= $4) or (r.worker is not null and r.lease_until <= now()))
                 order by coalesce(r.due_at, r.lease_until) limit $5 for update of r skip locked)
         update reconciliations r
            set worker = $1, lease_until = now() + make_interval(secs => known.lease), due_at = null,
                failures = r.failures + (r.worker is not null)::integer
           from free, known where r.id = free.id and known.name = r.name
         returning r.name, r.key, r.failures, false as on_server",
    )
    .bind(worker)
    .bind(names)
    .bind(leases)
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// [`claim`] of those for which a server must be asked: no more of one server than leave it with so many running, of all reconcilers and of each
/// one. Lock before.
pub(super) async fn claim_on_servers(
    conn: &mut PgConnection,
    worker: &str,
    (names, leases): (&[&str], &[f64]),
    now: Time,
    (per_server, per_reconciler): (i64, i64),
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query_as(
        "with known as (select * from unnest($2::text[], $3::float8[]) known (name, lease)),
              busy as (
                select server_id, name, count(*) as running from reconciliations where worker is not null and lease_until > now() group by 1, 2),
              due as (
                select r.id, coalesce(r.due_at, r.lease_until) as since, r.server_id,
                       coalesce(busy.running, 0)
                         + row_number() over (partition by r.server_id, r.name order by coalesce(r.due_at, r.lease_until)) as place
                  from reconciliations r join known using (name) left join busy on busy.server_id = r.server_id and busy.name = r.name
                 where r.server_id is not null
                   and ((r.worker is null and r.due_at <= $4) or (r.worker is not null and r.lease_until <= now()))),
              placed as (
                select due.id, due.since,
                       (select coalesce(sum(busy.running), 0)::bigint from busy where busy.server_id = due.server_id)
                         + row_number() over (partition by due.server_id order by due.since) as place
                  from due where due.place <= $6),
              free as (
                select r.id from reconciliations r join placed on placed.id = r.id
                 where placed.place <= $5
                 order by placed.since limit $7 for update of r skip locked)
         update reconciliations r
            set worker = $1, lease_until = now() + make_interval(secs => known.lease), due_at = null,
                failures = r.failures + (r.worker is not null)::integer
           from free, known where r.id = free.id and known.name = r.name
         returning r.name, r.key, r.failures, true as on_server",
    )
    .bind(worker)
    .bind(names)
    .bind(leases)
    .bind(now)
    .bind(per_server)
    .bind(per_reconciler)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// What a run has found.
pub(super) struct Found<'a> {
    pub(super) subject: &'a str,
    pub(super) server: Option<ServerId>,
    pub(super) differences: &'a [String],
}

pub(super) async fn settle(
    conn: &mut PgConnection,
    worker: &str,
    claimed: &Claimed,
    found: &Found<'_>,
    now: Time,
    next: Time,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update reconciliations
            set worker = null, lease_until = null, due_at = least(due_at, $6), failures = 0, failing_since = null, error = null, checked_at = $5,
                subject = $7, server_id = $8, differences = $4::text[],
                differs_since = case when cardinality($4::text[]) > 0 then coalesce(differs_since, $5) end
          where name = $1 and key = $2 and worker = $3",
    )
    .bind(&claimed.name)
    .bind(claimed.key)
    .bind(worker)
    .bind(found.differences)
    .bind(now)
    .bind(next)
    .bind(found.subject)
    .bind(found.server)
    .execute(conn)
    .await?;
    Ok(())
}

/// A failed run: what was found before stays, with its age.
pub(super) async fn fail(conn: &mut PgConnection, worker: &str, claimed: &Claimed, error: &str, now: Time, next: Time) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update reconciliations
            set worker = null, lease_until = null, due_at = least(due_at, $6), failures = failures + 1, error = $4,
                failing_since = coalesce(failing_since, $5)
          where name = $1 and key = $2 and worker = $3",
    )
    .bind(&claimed.name)
    .bind(claimed.key)
    .bind(worker)
    .bind(error)
    .bind(now)
    .bind(next)
    .execute(conn)
    .await?;
    Ok(())
}

/// The object is gone. Whoever has asked for it meanwhile gets another run.
pub(super) async fn remove(conn: &mut PgConnection, worker: &str, claimed: &Claimed) -> Result<(), sqlx::Error> {
    let removed = sqlx::query("delete from reconciliations where name = $1 and key = $2 and worker = $3 and due_at is null")
        .bind(&claimed.name)
        .bind(claimed.key)
        .bind(worker)
        .execute(&mut *conn)
        .await?;
    if removed.rows_affected() == 0 {
        sqlx::query(
            "update reconciliations set worker = null, lease_until = null where name = $1 and key = $2 and worker = $3 and due_at is not null",
        )
        .bind(&claimed.name)
        .bind(claimed.key)
        .bind(worker)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Gives back what a worker holds beside these, due at once.
pub(super) async fn release_lost(conn: &mut PgConnection, worker: &str, (names, keys): (&[String], &[Uuid]), now: Time) -> Result<u64, sqlx::Error> {
    let released = sqlx::query(
        "update reconciliations set worker = null, lease_until = null, due_at = least(due_at, $4)
          where worker = $1 and (name, key) not in (select * from unnest($2::text[], $3::uuid[]))",
    )
    .bind(worker)
    .bind(names)
    .bind(keys)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(released.rows_affected())
}

/// Gives back what a worker that ends holds, due at once.
pub(super) async fn give_back(conn: &mut PgConnection, worker: &str, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update reconciliations set worker = null, lease_until = null, due_at = least(due_at, $2) where worker = $1")
        .bind(worker)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}
