//! Statements of registered domains.

use engine::{
    reconcile::{OBJECTS_PER_PAGE, Object},
    secrets::{SealedRow, SealedTable},
};
use model::{
    Time,
    hosting::registrations::{DomainRegistration, HolderInput, RegistrationKind, RegistrationStatus},
    ids::{DomainRegistrationId, JobId, SubscriptionId, TenantId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A registration with all that its jobs and its reconciler need; the code still sealed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Registration {
    /// The registration.
    pub id: DomainRegistrationId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What pays for it.
    pub subscription_id: SubscriptionId,
    /// The domain.
    pub name: String,
    /// How it comes to us.
    pub kind: RegistrationKind,
    /// How far it is.
    pub status: RegistrationStatus,
    pub(super) contact_id: String,
    pub(super) holder: Json<HolderInput>,
    pub(super) is_holder_sent: bool,
    pub(super) sealed_code: Vec<u8>,
    pub(super) is_locked: bool,
    pub(super) name_servers: Vec<String>,
    pub(super) auto_renew: bool,
    pub(super) expires_at: Option<Time>,
    pub(super) failure: Option<String>,
    pub(super) renewal_refused_at: Option<Time>,
    pub(super) is_leaving: bool,
    pub(super) noticed_for: Option<Time>,
    pub(super) noticed_days: Option<i32>,
    pub(super) connected_at: Option<Time>,
    pub(super) created_at: Time,
    pub(super) missing_since: Option<Time>,
    pub(super) paid_until: Option<Time>,
    pub(super) deletes_at: Option<Time>,
    pub(super) deleted_at: Option<Time>,
    pub(super) redemption_since: Option<Time>,
    pub(super) transfer_cancelled_at: Option<Time>,
    pub(super) restores: Option<DomainRegistrationId>,
    pub(super) restores_from: Option<Time>,
}

/// A registration.
pub(super) async fn get(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<Option<Registration>> {
    sqlx::query_as(
        "select id, tenant_id, subscription_id, name, kind, status, contact_id, holder, is_holder_sent, sealed_code, is_locked, name_servers,
                auto_renew, expires_at, failure, renewal_refused_at, is_leaving, noticed_for, noticed_days, connected_at, created_at,
                missing_since, paid_until, deletes_at, deleted_at, redemption_since, transfer_cancelled_at, restores, restores_from
           from domain_registrations where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// A registration, locked until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<Option<Registration>> {
    sqlx::query_as(
        "select id, tenant_id, subscription_id, name, kind, status, contact_id, holder, is_holder_sent, sealed_code, is_locked, name_servers,
                auto_renew, expires_at, failure, renewal_refused_at, is_leaving, noticed_for, noticed_days, connected_at, created_at,
                missing_since, paid_until, deletes_at, deleted_at, redemption_since, transfer_cancelled_at, restores, restores_from
           from domain_registrations where id = $1 for no key update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// The registration that a subscription pays for.
pub(super) async fn id_of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Option<DomainRegistrationId>> {
    sqlx::query_scalar("select id from domain_registrations where subscription_id = $1").bind(subscription).fetch_optional(conn).await
}

/// The open registration of a name.
pub(super) async fn id_of_name(conn: &mut PgConnection, name: &str) -> Result<Option<DomainRegistrationId>> {
    sqlx::query_scalar("select id from domain_registrations where name = $1 and ended_at is null").bind(name).fetch_optional(conn).await
}

/// A registration that is ordered.
pub(super) struct New<'a> {
    pub(super) id: DomainRegistrationId,
    pub(super) tenant: TenantId,
    pub(super) subscription: SubscriptionId,
    pub(super) name: &'a str,
    pub(super) kind: RegistrationKind,
    pub(super) contact: &'a str,
    pub(super) holder: &'a HolderInput,
    pub(super) sealed_code: &'a [u8],
    pub(super) name_servers: &'a [String],
    pub(super) now: Time,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<()> {
    sqlx::query(
        "insert into domain_registrations (id, tenant_id, subscription_id, name, kind, contact_id, holder, sealed_code, name_servers, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.tenant)
    .bind(new.subscription)
    .bind(new.name)
    .bind(new.kind)
    .bind(new.contact)
    .bind(Json(new.holder))
    .bind(new.sealed_code)
    .bind(new.name_servers)
    .bind(new.now)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many registrations of an account wait for their payment.
pub(super) async fn count_ordered(conn: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    sqlx::query_scalar("select count(*) from domain_registrations where tenant_id = $1 and status = 'ORDERED'").bind(tenant).fetch_one(conn).await
}

/// How many jobs of this kind a registration has had.
pub(super) async fn count_jobs(conn: &mut PgConnection, id: DomainRegistrationId, kind: &str) -> Result<i64> {
    sqlx::query_scalar("select count(*) from jobs where subject_kind = 'domain_registration' and subject_id = $1 and kind = $2")
        .bind(id)
        .bind(kind)
        .fetch_one(conn)
        .await
}

/// Whether a job of a registration goes on, or needs attention.
pub(super) async fn has_unfinished_job(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from jobs where subject_kind = 'domain_registration' and subject_id = $1
                                           and status in ('queued', 'running', 'unwinding', 'stuck'))",
    )
    .bind(id)
    .fetch_one(conn)
    .await
}

pub(super) async fn set_job(conn: &mut PgConnection, id: DomainRegistrationId, job: JobId) -> Result<()> {
    sqlx::query("update domain_registrations set job_id = $2 where id = $1").bind(id).bind(job).execute(conn).await?;
    Ok(())
}

/// Another status for one that goes on.
pub(super) async fn set_status(conn: &mut PgConnection, id: DomainRegistrationId, status: RegistrationStatus) -> Result<bool> {
    let done = sqlx::query("update domain_registrations set status = $2 where id = $1 and ended_at is null and status <> $2")
        .bind(id)
        .bind(status)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// It ends in this way. Whether it had not ended before.
pub(super) async fn end(conn: &mut PgConnection, id: DomainRegistrationId, status: RegistrationStatus, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "update domain_registrations set status = $2, ended_at = $3, auto_renew = false, is_leaving = false, transfer_decided_at = null,
                transfer_cancelled_at = null, deletes_at = null
          where id = $1 and ended_at is null",
    )
    .bind(id)
    .bind(status)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One that was refused goes on in this status, as long as nothing of it was paid back and nobody else has ordered the name. Lock it first.
pub(super) async fn reopen(conn: &mut PgConnection, id: DomainRegistrationId, status: RegistrationStatus) -> Result<bool> {
    let done = sqlx::query(
        "update domain_registrations r set status = $2, ended_at = null, failure = null, auto_renew = true
          where r.id = $1 and r.status = 'REFUSED'
            and exists (select from subscriptions s where s.id = r.subscription_id and s.status <> 'CANCELLED')
            and not exists (select from domain_registrations o where o.name = r.name and o.ended_at is null)",
    )
    .bind(id)
    .bind(status)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_failure(conn: &mut PgConnection, id: DomainRegistrationId, failure: &str) -> Result<()> {
    sqlx::query("update domain_registrations set failure = left($2, 500) where id = $1").bind(id).bind(failure).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_renewal_refused(conn: &mut PgConnection, id: DomainRegistrationId, failure: &str, now: Time) -> Result<()> {
    sqlx::query("update domain_registrations set failure = left($2, 500), renewal_refused_at = $3, auto_renew = false where id = $1")
        .bind(id)
        .bind(failure)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// It is registered here until then. What it was refused before counts no longer.
pub(super) async fn set_active(conn: &mut PgConnection, id: DomainRegistrationId, expires_at: Time) -> Result<bool> {
    let done = sqlx::query(
        "update domain_registrations set status = 'ACTIVE', expires_at = $2, failure = null, renewal_refused_at = null, transfer_decided_at = null,
                transfer_cancelled_at = null, deletes_at = null, deleted_at = null, redemption_since = null
          where id = $1 and ended_at is null and (status <> 'ACTIVE' or expires_at is distinct from $2)",
    )
    .bind(id)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When a transfer to us is decided by itself.
pub(super) async fn set_transfer(conn: &mut PgConnection, id: DomainRegistrationId, decided_at: Option<Time>) -> Result<()> {
    sqlx::query("update domain_registrations set transfer_decided_at = $2 where id = $1").bind(id).bind(decided_at).execute(conn).await?;
    Ok(())
}

/// Its customer has cancelled the transfer. Whether nobody had before.
pub(super) async fn set_transfer_cancelled(conn: &mut PgConnection, id: DomainRegistrationId, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "update domain_registrations set transfer_cancelled_at = $2
          where id = $1 and status = 'TRANSFERRING' and transfer_cancelled_at is null",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The job that is at work on a registration, or was last.
pub(super) async fn job_of(conn: &mut PgConnection, id: DomainRegistrationId) -> Result<Option<JobId>> {
    sqlx::query_scalar("select job_id from domain_registrations where id = $1").bind(id).fetch_one(conn).await
}

pub(super) async fn set_code(conn: &mut PgConnection, id: DomainRegistrationId, sealed: &[u8]) -> Result<()> {
    sqlx::query("update domain_registrations set sealed_code = $2 where id = $1").bind(id).bind(sealed).execute(conn).await?;
    Ok(())
}

/// Codes of registrations that go on, or that do again when the order in place of them is over. Nobody opens the others.
pub(super) struct SealedCodes;

impl SealedTable for SealedCodes {
    type Key = DomainRegistrationId;

    async fn rows(conn: &mut PgConnection, after: Option<DomainRegistrationId>) -> Result<Vec<SealedRow<DomainRegistrationId>>> {
        sqlx::query_as(
            "select id, array[sealed_code] from domain_registrations
              where ($1::uuid is null or id > $1) and (ended_at is null or status = 'REPLACED') order by id limit 200 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, id: &DomainRegistrationId, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update domain_registrations set sealed_code = ($2::bytea[])[1] where id = $1").bind(id).bind(sealed).execute(conn).await?;
        Ok(())
    }
}

pub(super) async fn set_locked(conn: &mut PgConnection, id: DomainRegistrationId, is_locked: bool) -> Result<()> {
    sqlx::query("update domain_registrations set is_locked = $2 where id = $1").bind(id).bind(is_locked).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_name_servers(conn: &mut PgConnection, id: DomainRegistrationId, name_servers: &[String]) -> Result<()> {
    sqlx::query("update domain_registrations set name_servers = $2 where id = $1").bind(id).bind(name_servers).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_holder(conn: &mut PgConnection, id: DomainRegistrationId, holder: &HolderInput) -> Result<()> {
    sqlx::query("update domain_registrations set holder = $2, is_holder_sent = false where id = $1")
        .bind(id)
        .bind(Json(holder))
        .execute(conn)
        .await?;
    Ok(())
}

/// The registry has this holder; nothing happens when it is another one meanwhile.
pub(super) async fn set_holder_sent(conn: &mut PgConnection, id: DomainRegistrationId, holder: &HolderInput) -> Result<()> {
    sqlx::query("update domain_registrations set is_holder_sent = true where id = $1 and holder = $2")
        .bind(id)
        .bind(Json(holder))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether its subscription goes on. Whether that is another answer than before.
pub(super) async fn set_auto_renew(conn: &mut PgConnection, id: DomainRegistrationId, auto_renew: bool) -> Result<bool> {
    let done = sqlx::query("update domain_registrations set auto_renew = $2 where id = $1 and ended_at is null and auto_renew <> $2")
        .bind(id)
        .bind(auto_renew)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What the registry has said of a domain that is registered here.
pub(super) struct Seen<'a> {
    pub(super) status: RegistrationStatus,
    pub(super) expires_at: Time,
    pub(super) is_leaving: bool,
    pub(super) differences: &'a [String],
    pub(super) now: Time,
}

/// Stores what was seen. Who has renewed it by hand has overcome what the registry refused.
pub(super) async fn set_seen(conn: &mut PgConnection, id: DomainRegistrationId, seen: &Seen<'_>) -> Result<()> {
    sqlx::query(
        "update domain_registrations
            set status = $2, expires_at = case when deleted_at is null then $3 else least($3, expires_at) end, is_leaving = $4, differences = $5,
                checked_at = $6, missing_since = null, redemption_since = case when $2 = 'REDEMPTION' then coalesce(redemption_since, $6) end,
                deleted_at = case when $2 = 'REDEMPTION' then deleted_at end, deletes_at = case when $2 = 'ACTIVE' then deletes_at end,
                failure = case when $3 > expires_at + interval '10 days' then null else failure end,
                renewal_refused_at = case when $3 > expires_at + interval '10 days' then null else renewal_refused_at end
          where id = $1 and status in ('ACTIVE', 'REDEMPTION')",
    )
    .bind(id)
    .bind(seen.status)
    .bind(seen.expires_at)
    .bind(seen.is_leaving)
    .bind(seen.differences)
    .bind(seen.now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The registry does not have it as ours; since when that is so is kept.
pub(super) async fn set_missing(conn: &mut PgConnection, id: DomainRegistrationId, difference: &str, now: Time) -> Result<()> {
    sqlx::query(
        "update domain_registrations set missing_since = coalesce(missing_since, $2), differences = array[$3::text], checked_at = $2
          where id = $1 and status in ('ACTIVE', 'REDEMPTION')",
    )
    .bind(id)
    .bind(now)
    .bind(difference)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many domains that should go on the registry does not have as ours. Those that have ended, or that another registrar has asked for, do not
/// count.
pub(super) async fn count_missing(conn: &mut PgConnection, now: Time) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*) from domain_registrations where missing_since is not null and status = 'ACTIVE' and not is_leaving and expires_at > $1",
    )
    .bind(now)
    .fetch_one(conn)
    .await
}

pub(super) async fn set_noticed(conn: &mut PgConnection, id: DomainRegistrationId, expires_at: Time, days: i32) -> Result<()> {
    sqlx::query("update domain_registrations set noticed_for = $2, noticed_days = $3 where id = $1")
        .bind(id)
        .bind(expires_at)
        .bind(days)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_connected(conn: &mut PgConnection, id: DomainRegistrationId, now: Time) -> Result<()> {
    sqlx::query("update domain_registrations set connected_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// Domains that are registered here, after this key.
pub(super) async fn registered(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from domain_registrations
          where status in ('ACTIVE', 'REDEMPTION') and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Whether an account has an open registration of this name.
pub(crate) async fn is_registered_by(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from domain_registrations where tenant_id = $1 and name = $2 and ended_at is null)")
        .bind(tenant)
        .bind(name)
        .fetch_one(conn)
        .await
}

/// The open registration of a name by an account.
pub(crate) async fn of_domain(conn: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<DomainRegistration>> {
    let found: Option<(DomainRegistrationId, RegistrationStatus, Option<Time>)> =
        sqlx::query_as("select id, status, expires_at from domain_registrations where tenant_id = $1 and name = $2 and ended_at is null")
            .bind(tenant)
            .bind(name)
            .fetch_optional(conn)
            .await?;
    Ok(found.map(|(id, status, expires_at)| DomainRegistration { id, status, expires_at }))
}
