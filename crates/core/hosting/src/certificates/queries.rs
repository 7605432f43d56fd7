//! Statements of certificates.

use super::{
    budget::Used,
    rules::{self, Trouble},
};
use adapters::acme::IssuedCertificate;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    ids::{CertificateId, CloudPodId, JobId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// A site's certificate as jobs and reconcilers need it; keys sealed.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct Held {
    pub(super) id: CertificateId,
    pub(super) chain: Option<String>,
    pub(super) covers: Vec<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) not_before: Option<Time>,
    pub(super) not_after: Option<Time>,
    pub(super) next_chain: Option<String>,
    pub(super) next_sealed_key: Option<Vec<u8>>,
    pub(super) next_covers: Vec<String>,
    pub(super) next_authority: Option<String>,
    pub(super) next_by_dns: Vec<String>,
    pub(super) is_installing: bool,
    pub(super) is_redirecting: bool,
    pub(super) hsts_seconds: Option<i32>,
    pub(super) authority: Option<String>,
    pub(super) by_dns: Vec<String>,
    pub(super) http_failed_job: Option<JobId>,
    pub(super) renew_at: Option<Time>,
    pub(super) checked_at: Option<Time>,
    pub(super) last_try_at: Option<Time>,
    pub(super) next_try_at: Option<Time>,
    pub(super) failures: i32,
    pub(super) failure: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) warned_days: Option<i32>,
}

impl Held {
    /// Whether the customer has brought the one in use.
    pub(super) fn is_own(&self) -> bool {
        self.chain.is_some() && self.authority.is_none()
    }

    /// Whether the one in use is for all of these names.
    pub(super) fn covers_all(&self, names: &[String]) -> bool {
        names.iter().all(|name| rules::is_covered(name, &self.covers))
    }
}

pub(super) async fn of_site(conn: &mut PgConnection, site: Uuid) -> Result<Option<Held>> {
    sqlx::query_as(
        "select id, chain, covers, fingerprint, not_before, not_after, next_chain, next_sealed_key, next_covers, next_authority, next_by_dns,
                is_installing, is_redirecting, hsts_seconds, authority, by_dns, http_failed_job, renew_at, checked_at, last_try_at, next_try_at, failures, failure, remedy, warned_days
           from ssl_certificates where website_id = $1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// The site of a certificate.
pub(super) async fn site_of(conn: &mut PgConnection, id: CertificateId) -> Result<Option<Uuid>> {
    sqlx::query_scalar("select website_id from ssl_certificates where id = $1").bind(id).fetch_optional(conn).await
}

/// A row for a site, with the names that it has now.
pub(super) async fn ensure(
    conn: &mut PgConnection,
    id: CertificateId,
    (tenant, pod, site): (TenantId, CloudPodId, Uuid),
    names: &[String],
    now: Time,
) -> Result<()> {
    sqlx::query(
        "insert into ssl_certificates (id, tenant_id, cloud_pod_id, website_id, names, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (website_id) do update set names = excluded.names where ssl_certificates.names <> excluded.names",
    )
    .bind(id)
    .bind(tenant)
    .bind(pod)
    .bind(site)
    .bind(names)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the certificate of a site that is deleted, or whose pod is, with its key.
pub(super) async fn forget(conn: &mut PgConnection, site: Uuid) -> Result<()> {
    sqlx::query(
        "delete from ssl_certificates c using cloud_pods p, websites s
          where c.website_id = $1 and p.tenant_id = c.tenant_id and p.id = c.cloud_pod_id
            and s.tenant_id = c.tenant_id and s.id = c.website_id and 'DELETED' in (p.status, s.status)",
    )
    .bind(site)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sites that are served, and those that have left a certificate.
pub(super) async fn sites(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>> {
    sqlx::query_as(
        "select s.id as key, case when p.status in ('RUNNING', 'SUSPENDED') then p.server_id end as server
           from websites s join cloud_pods p on p.tenant_id = s.tenant_id and p.id = s.cloud_pod_id
          where ($1::uuid is null or s.id > $1)
            and (p.status in ('RUNNING', 'SUSPENDED') and s.status in ('CREATING', 'ACTIVE')
                 or 'DELETED' in (p.status, s.status) and exists (select from ssl_certificates c where c.website_id = s.id))
          order by s.id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// An order was placed, with this key; these names are proved by DNS.
pub(super) async fn set_order(conn: &mut PgConnection, id: CertificateId, sealed_key: &[u8], authority: &str, by_dns: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set next_sealed_key = $2, next_authority = $3, next_by_dns = $4, next_chain = null, next_covers = '{}', is_installing = false
          where id = $1",
    )
    .bind(id)
    .bind(sealed_key)
    .bind(authority)
    .bind(by_dns)
    .execute(conn)
    .await?;
    Ok(())
}

/// The CA has issued it.
pub(super) async fn set_next(conn: &mut PgConnection, id: CertificateId, issued: &IssuedCertificate) -> Result<()> {
    sqlx::query("update ssl_certificates set next_chain = $2, next_covers = $3 where id = $1")
        .bind(id)
        .bind(&issued.chain)
        .bind(&issued.names)
        .execute(conn)
        .await?;
    Ok(())
}

/// A customer has brought it.
pub(super) async fn set_own(conn: &mut PgConnection, id: CertificateId, chain: &str, sealed_key: &[u8], covers: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set next_chain = $2, next_sealed_key = $3, next_covers = $4, next_authority = null, next_by_dns = '{}', is_installing = false where id = $1",
    )
    .bind(id)
    .bind(chain)
    .bind(sealed_key)
    .bind(covers)
    .execute(conn)
    .await?;
    Ok(())
}

/// A signing request was made, with this key.
pub(super) async fn set_csr(conn: &mut PgConnection, id: CertificateId, csr: &str, sealed_key: &[u8], now: Time) -> Result<()> {
    sqlx::query("update ssl_certificates set csr = $2, csr_sealed_key = $3, csr_at = $4 where id = $1")
        .bind(id)
        .bind(csr)
        .bind(sealed_key)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The key of the last signing request, sealed.
pub(super) async fn csr_key(conn: &mut PgConnection, id: CertificateId) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select csr_sealed_key from ssl_certificates where id = $1").bind(id).fetch_one(conn).await
}

/// For how long browsers are told to insist on HTTPS. False when that was so before, or nobody is sent to HTTPS.
pub(super) async fn set_hsts(conn: &mut PgConnection, id: CertificateId, seconds: Option<i32>) -> Result<bool> {
    let done = sqlx::query("update ssl_certificates set hsts_seconds = $2 where id = $1 and is_redirecting and hsts_seconds is distinct from $2")
        .bind(id)
        .bind(seconds)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Which of the two the server is given.
pub(super) async fn set_installing(conn: &mut PgConnection, id: CertificateId, installing: bool) -> Result<()> {
    sqlx::query("update ssl_certificates set is_installing = $2 where id = $1").bind(id).bind(installing).execute(conn).await?;
    Ok(())
}

/// What was seen from outside is in use from now on. False when that was done before.
pub(super) async fn take_into_use(
    conn: &mut PgConnection,
    id: CertificateId,
    issued: &IssuedCertificate,
    redirect: bool,
    renew_at: Time,
    now: Time,
) -> Result<bool> {
    let done = sqlx::query(
        "update ssl_certificates
            set chain = next_chain, sealed_key = next_sealed_key, covers = next_covers, authority = next_authority, issuer = $2, fingerprint = $3,
                not_before = $4, not_after = $5, issued_at = $6, verified_at = $6, checked_at = $6, is_redirecting = is_redirecting or $7,
                by_dns = next_by_dns, http_failed_job = case when next_by_dns = '{}' then null else http_failed_job end, next_by_dns = '{}',
                renew_at = $8, next_chain = null, next_sealed_key = null, next_covers = '{}', next_authority = null,
                is_installing = false, failures = 0, failure = null, remedy = null, owner_can_fix = false, next_try_at = null, warned_days = null, last_failed_job = null
          where id = $1 and is_installing",
    )
    .bind(id)
    .bind(&issued.issuer)
    .bind(&issued.fingerprint)
    .bind(issued.not_before)
    .bind(issued.not_after)
    .bind(now)
    .bind(redirect)
    .bind(renew_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn set_tried(conn: &mut PgConnection, id: CertificateId, now: Time) -> Result<()> {
    sqlx::query("update ssl_certificates set last_try_at = $2 where id = $1").bind(id).bind(now).execute(conn).await?;
    Ok(())
}

/// What failed. Not before `earliest` is the next try.
pub(super) async fn set_trouble(conn: &mut PgConnection, id: CertificateId, trouble: &Trouble, earliest: Option<Time>) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set failure = left($2, 1000), remedy = left($3, 1000), owner_can_fix = $5, next_try_at = greatest(next_try_at, $4) where id = $1",
    )
    .bind(id)
    .bind(&trouble.failure)
    .bind(&trouble.remedy)
    .bind(earliest)
    .bind(trouble.owner_can_fix)
    .execute(conn)
    .await?;
    Ok(())
}

/// In this job the CA did not get through to a name over HTTP.
pub(super) async fn set_http_failed(conn: &mut PgConnection, id: CertificateId, job: JobId) -> Result<()> {
    sqlx::query("update ssl_certificates set http_failed_job = $2 where id = $1").bind(id).bind(job).execute(conn).await?;
    Ok(())
}

/// A job has failed, or a name does not lead here; counted once for each job. Answers whether it is news.
pub(super) async fn count_failure(conn: &mut PgConnection, id: CertificateId, job: Option<JobId>, next_try_at: Time) -> Result<bool> {
    let counted = sqlx::query(
        "update ssl_certificates
            set failures = failures + 1, last_failed_job = $2, next_try_at = greatest(next_try_at, $3),
                owner_can_fix = owner_can_fix and failure is not null,
                failure = coalesce(failure, 'The job was rolled back.'), remedy = coalesce(remedy, 'See the job''s log, and retry it.')
          where id = $1 and ($2::uuid is null or last_failed_job is distinct from $2)",
    )
    .bind(id)
    .bind(job)
    .bind(next_try_at)
    .execute(conn)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// The certificate in use was looked at: from outside, and its CA was asked about it.
pub(super) async fn set_checked(conn: &mut PgConnection, id: CertificateId, verified: bool, renew_at: Option<Time>, now: Time) -> Result<()> {
    sqlx::query(
        "update ssl_certificates set checked_at = $2, verified_at = case when $3 then $2 else verified_at end, renew_at = coalesce($4, renew_at)
          where id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(verified)
    .bind(renew_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_warned(conn: &mut PgConnection, id: CertificateId, days: i32) -> Result<()> {
    sqlx::query("update ssl_certificates set warned_days = $2 where id = $1").bind(id).bind(days).execute(conn).await?;
    Ok(())
}

/// Address that an account is billed at.
pub(super) async fn billing_email(conn: &mut PgConnection, tenant: TenantId) -> Result<String> {
    sqlx::query_scalar("select billing_email from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

/// How many jobs of a kind a pod has had.
pub(super) async fn count_jobs(conn: &mut PgConnection, pod: CloudPodId, kind: &str) -> Result<i64> {
    sqlx::query_scalar("select count(*) from jobs where subject_kind = 'cloud_pod' and subject_id = $1 and kind = $2")
        .bind(pod)
        .bind(kind)
        .fetch_one(conn)
        .await
}

/// First certificates of sites with a name below the platform's own domain that were ordered since then: those that a CA has issued, or may be
/// about to. What became of the site does not matter.
pub(super) async fn issued_since(conn: &mut PgConnection, tenant: TenantId, base_domain: &str, since: Time) -> Result<Used> {
    sqlx::query_as(
        "select count(*) as of_all, min(j.created_at) as first_of_all,
                count(*) filter (where j.tenant_id = $1) as of_account, min(j.created_at) filter (where j.tenant_id = $1) as first_of_account
           from jobs j
          where j.kind = 'ISSUE_SSL' and j.created_at > $3
            and exists (select from jsonb_array_elements_text(j.payload -> 'names') as name where right(name, length($2) + 1) = '.' || $2)
            and (j.status in ('queued', 'running', 'done')
                 or exists (select from job_steps s where s.job_id = j.id and s.name = 'collect_certificate' and s.output is not null))",
    )
    .bind(tenant)
    .bind(base_domain)
    .bind(since)
    .fetch_one(conn)
    .await
}

/// The account at a CA, sealed.
pub(super) async fn account(conn: &mut PgConnection, directory_url: &str) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select sealed_key from acme_accounts where directory_url = $1").bind(directory_url).fetch_optional(conn).await
}

/// Another worker may have opened one meanwhile: then that one counts.
pub(super) async fn insert_account(conn: &mut PgConnection, directory_url: &str, sealed: &[u8], now: Time) -> Result<()> {
    sqlx::query("insert into acme_accounts (directory_url, sealed_key, created_at) values ($1, $2, $3) on conflict (directory_url) do nothing")
        .bind(directory_url)
        .bind(sealed)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// All accounts, locked.
pub(super) async fn accounts(conn: &mut PgConnection) -> Result<Vec<(String, Vec<u8>)>> {
    sqlx::query_as("select directory_url, sealed_key from acme_accounts order by directory_url limit 100 for update").fetch_all(conn).await
}

pub(super) async fn reseal_account(conn: &mut PgConnection, directory_url: &str, sealed: &[u8]) -> Result<()> {
    sqlx::query("update acme_accounts set sealed_key = $2 where directory_url = $1").bind(directory_url).bind(sealed).execute(conn).await?;
    Ok(())
}

/// The sealed keys of a certificate: in use, ordered, and of a signing request.
#[derive(sqlx::FromRow)]
pub(super) struct SealedKeys {
    pub(super) id: Uuid,
    pub(super) sealed_key: Option<Vec<u8>>,
    pub(super) next_sealed_key: Option<Vec<u8>>,
    pub(super) csr_sealed_key: Option<Vec<u8>>,
}

/// Sealed keys behind `after`, some hundred at a time.
pub(super) async fn sealed(conn: &mut PgConnection, after: Uuid) -> Result<Vec<SealedKeys>> {
    sqlx::query_as(
        "select id, sealed_key, next_sealed_key, csr_sealed_key from ssl_certificates
          where id > $1 and num_nonnulls(sealed_key, next_sealed_key, csr_sealed_key) > 0 order by id limit 500 for update",
    )
    .bind(after)
    .fetch_all(conn)
    .await
}

pub(super) async fn reseal(conn: &mut PgConnection, keys: &SealedKeys) -> Result<()> {
    sqlx::query("update ssl_certificates set sealed_key = $2, next_sealed_key = $3, csr_sealed_key = $4 where id = $1")
        .bind(keys.id)
        .bind(&keys.sealed_key)
        .bind(&keys.next_sealed_key)
        .bind(&keys.csr_sealed_key)
        .execute(conn)
        .await?;
    Ok(())
}
