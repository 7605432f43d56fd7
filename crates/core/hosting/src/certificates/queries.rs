//! Statements of certificates.

use super::{
    budget::Used,
    platform::Shared,
    rules::{self, Trouble},
};
use adapters::acme::IssuedCertificate;
use engine::{
    reconcile::{OBJECTS_PER_PAGE, Object},
    secrets::{SealedRow, SealedTable},
};
use model::{
    Time,
    ids::{CertificateId, CloudPodId, DomainId, JobId, TenantId},
};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// What a site's certificate and the platform's have alike: what is in use, and what became of the tries to get the next one.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct Kept {
    pub(super) chain: Option<String>,
    pub(super) covers: Vec<String>,
    pub(super) authority: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) not_before: Option<Time>,
    pub(super) not_after: Option<Time>,
    pub(super) renew_at: Option<Time>,
    pub(super) checked_at: Option<Time>,
    pub(super) next_try_at: Option<Time>,
    pub(super) failures: i32,
    pub(super) failure: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) warned_days: Option<i32>,
}

/// A site's certificate as jobs and reconcilers need it; keys sealed.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct Held {
    pub(super) id: CertificateId,
    #[sqlx(flatten)]
    pub(super) kept: Kept,
    pub(super) next_chain: Option<String>,
    pub(super) next_sealed_key: Option<Vec<u8>>,
    pub(super) next_covers: Vec<String>,
    pub(super) next_authority: Option<String>,
    pub(super) next_by_dns: Vec<String>,
    pub(super) is_platform: bool,
    pub(super) also_chain: Option<String>,
    pub(super) next_also_chain: Option<String>,
    pub(super) wildcards: Vec<String>,
    pub(super) is_installing: bool,
    pub(super) is_redirecting: bool,
    pub(super) hsts_seconds: Option<i32>,
    pub(super) by_dns: Vec<String>,
    pub(super) http_failed_job: Option<JobId>,
    pub(super) last_try_at: Option<Time>,
    /// Looks in a row that found no name leading here.
    pub(super) looks: i32,
}

impl Held {
    /// Whether the customer has brought the one in use.
    pub(super) fn is_own(&self) -> bool {
        self.kept.chain.is_some() && self.kept.authority.is_none()
    }

    /// Whether the one in use is for all of these names.
    pub(super) fn covers_all(&self, names: &[String]) -> bool {
        names.iter().all(|name| rules::is_covered(name, &self.kept.covers))
    }
}

pub(super) async fn of_site(conn: &mut PgConnection, site: Uuid) -> Result<Option<Held>> {
    sqlx::query_as(
        "select id, chain, covers, fingerprint, not_before, not_after, next_chain, next_sealed_key, next_covers, next_authority, next_by_dns,
                is_platform, also_chain, next_also_chain, wildcards, is_installing, is_redirecting, hsts_seconds, authority, by_dns, http_failed_job, renew_at, checked_at, last_try_at, next_try_at, failures, looks, failure, remedy, warned_days
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
         on conflict (website_id) do update set names = excluded.names, looks = 0 where ssl_certificates.names <> excluded.names",
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
            set next_sealed_key = $2, next_authority = $3, next_by_dns = $4, next_chain = null, next_covers = '{}', next_is_platform = false,
                is_installing = false
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
    sqlx::query("update ssl_certificates set next_chain = $2, next_covers = $3::text[] || next_also_covers where id = $1")
        .bind(id)
        .bind(&issued.chain)
        .bind(&issued.names)
        .execute(conn)
        .await?;
    Ok(())
}

/// It is the platform's, with this key, and the site needs no other one.
pub(super) async fn set_platform(conn: &mut PgConnection, id: CertificateId, shared: &Shared, sealed_key: &[u8], names: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set next_chain = $2, next_sealed_key = $3, next_covers = $4, next_authority = $5, next_by_dns = $6, next_is_platform = true,
                next_also_chain = null, next_also_sealed_key = null, next_also_covers = '{}', is_installing = false
          where id = $1",
    )
    .bind(id)
    .bind(&shared.chain)
    .bind(sealed_key)
    .bind(&shared.covers)
    .bind(&shared.authority)
    .bind(names)
    .execute(conn)
    .await?;
    Ok(())
}

/// Beside what is ordered the site gets the platform's, with this key, for other names; or nothing.
pub(super) async fn set_next_also(conn: &mut PgConnection, id: CertificateId, shared: Option<(&Shared, &[u8])>) -> Result<()> {
    let covers = shared.map(|(shared, _)| shared.covers.as_slice()).unwrap_or_default();
    sqlx::query(
        "update ssl_certificates
            set next_also_chain = $2, next_also_sealed_key = $3, next_also_covers = $4, is_installing = false,
                next_covers = case when next_chain is null then '{}' else array(
                  select name from unnest(next_covers) as name where name <> all (next_also_covers) union select unnest($4::text[]) order by 1) end
          where id = $1",
    )
    .bind(id)
    .bind(shared.map(|(shared, _)| &shared.chain))
    .bind(shared.map(|(_, key)| key))
    .bind(covers)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is in use stays in use, and is for these names; what stands beside it is another one.
pub(super) async fn keep(conn: &mut PgConnection, id: CertificateId, covers: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set next_chain = chain, next_sealed_key = sealed_key, next_authority = authority, next_by_dns = by_dns, next_is_platform = false,
                next_covers = array(select distinct unnest($2::text[] || next_also_covers) order by 1), is_installing = false
          where id = $1 and chain is not null",
    )
    .bind(id)
    .bind(covers)
    .execute(conn)
    .await?;
    Ok(())
}

/// Domains that an account has proved.
pub(super) async fn proved_domains(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<(DomainId, String)>> {
    sqlx::query_as("select id, name from domains where tenant_id = $1 and status = 'VERIFIED' and released_at is null order by name limit 1000")
        .bind(tenant)
        .fetch_all(conn)
        .await
}

/// A customer has brought it.
pub(super) async fn set_own(conn: &mut PgConnection, id: CertificateId, chain: &str, sealed_key: &[u8], covers: &[String]) -> Result<()> {
    sqlx::query(
        "update ssl_certificates
            set next_chain = $2, next_sealed_key = $3, next_covers = $4, next_authority = null, next_by_dns = '{}',
                next_is_platform = false, next_also_chain = null, next_also_sealed_key = null, next_also_covers = '{}', is_installing = false
          where id = $1",
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

/// What was seen from outside is in use from now on. `not_after` is that of whatever ends first. False when that was done before.
pub(super) async fn take_into_use(
    conn: &mut PgConnection,
    id: CertificateId,
    issued: &IssuedCertificate,
    (not_after, renew_at): (Time, Time),
    redirect: bool,
    now: Time,
) -> Result<bool> {
    let done = sqlx::query(
        "update ssl_certificates
            set chain = next_chain, sealed_key = next_sealed_key, covers = next_covers, authority = next_authority, issuer = $2, fingerprint = $3,
                not_before = $4, not_after = $5, issued_at = $6, verified_at = $6, checked_at = $6, is_redirecting = is_redirecting or $7,
                by_dns = next_by_dns, http_failed_job = case when next_by_dns = '{}' then null else http_failed_job end, next_by_dns = '{}',
                renew_at = $8, next_chain = null, next_sealed_key = null, next_covers = '{}', next_authority = null,
                is_platform = next_is_platform, also_chain = next_also_chain, also_sealed_key = next_also_sealed_key,
                next_is_platform = false, next_also_chain = null, next_also_sealed_key = null, next_also_covers = '{}',
                is_installing = false, failures = 0, looks = 0, failure = null, remedy = null, owner_can_fix = false, next_try_at = null, warned_days = null, last_failed_job = null
          where id = $1 and is_installing",
    )
    .bind(id)
    .bind(&issued.issuer)
    .bind(&issued.fingerprint)
    .bind(issued.not_before)
    .bind(not_after)
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

/// No name leads here; a look asks nobody, and is no failure.
pub(super) async fn count_look(conn: &mut PgConnection, id: CertificateId) -> Result<()> {
    sqlx::query("update ssl_certificates set looks = looks + 1 where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// A job has failed; counted once for each. Answers whether it is news.
pub(super) async fn count_failure(conn: &mut PgConnection, id: CertificateId, job: JobId, next_try_at: Time) -> Result<bool> {
    let counted = sqlx::query(
        "update ssl_certificates
            set failures = failures + 1, looks = 0, last_failed_job = $2, next_try_at = greatest(next_try_at, $3),
                owner_can_fix = owner_can_fix and failure is not null,
                failure = coalesce(failure, 'The job was rolled back.'), remedy = coalesce(remedy, 'See the job''s log, and retry it.')
          where id = $1 and last_failed_job is distinct from $2",
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
            and exists (select from jsonb_array_elements_text(j.payload -> 'names') as name
                         where right(name, length($2) + 1) = '.' || $2 and not coalesce(j.payload -> 'platform', '[]') @> to_jsonb(name))
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

/// The accounts at CAs, by their addresses.
pub(super) struct SealedAccounts;

impl SealedTable for SealedAccounts {
    type Key = String;

    async fn rows(conn: &mut PgConnection, after: Option<String>) -> Result<Vec<SealedRow<String>>> {
        sqlx::query_as(
            "select directory_url, array[sealed_key] from acme_accounts where ($1::text is null or directory_url > $1)
              order by directory_url limit 100 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, directory_url: &String, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query("update acme_accounts set sealed_key = ($2::bytea[])[1] where directory_url = $1")
            .bind(directory_url)
            .bind(sealed)
            .execute(conn)
            .await?;
        Ok(())
    }
}

/// The keys of certificates: in use, ordered, of a signing request, and of second certificates.
pub(super) struct SealedKeys;

impl SealedTable for SealedKeys {
    type Key = Uuid;

    async fn rows(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<SealedRow<Uuid>>> {
        sqlx::query_as(
            "select id, array[sealed_key, next_sealed_key, csr_sealed_key, also_sealed_key, next_also_sealed_key] from ssl_certificates
              where ($1::uuid is null or id > $1)
                and num_nonnulls(sealed_key, next_sealed_key, csr_sealed_key, also_sealed_key, next_also_sealed_key) > 0
              order by id limit 500 for update",
        )
        .bind(after)
        .fetch_all(conn)
        .await
    }

    async fn store(conn: &mut PgConnection, id: &Uuid, sealed: &[Option<Vec<u8>>]) -> Result<()> {
        sqlx::query(
            "update ssl_certificates
                set sealed_key = ($2::bytea[])[1], next_sealed_key = ($2::bytea[])[2], csr_sealed_key = ($2::bytea[])[3],
                    also_sealed_key = ($2::bytea[])[4], next_also_sealed_key = ($2::bytea[])[5]
              where id = $1",
        )
        .bind(id)
        .bind(sealed)
        .execute(conn)
        .await?;
        Ok(())
    }
}
