//! Statements of deploys as pages show them.

use super::super::source::queries::Typed;
use model::{
    Time,
    hosting::{
        cloudpods::Stack,
        deploys::{DeployStatus, DeployTrigger, SourceInput},
        websites::SiteStatus,
    },
    ids::{CloudPodId, DeployId, JobId, TenantId, WebsiteId},
};
use sqlx::{PgConnection, Result};

/// A site with its source, as its page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SiteRow {
    pub(super) cloud_pod: CloudPodId,
    pub(super) title: String,
    pub(super) stack: Stack,
    pub(super) preview_of: Option<String>,
    pub(super) status: SiteStatus,
    pub(super) is_stopped: bool,
    pub(super) pod_runs: bool,
    pub(super) live: Option<String>,
}

/// Of any account where none is given.
pub(super) async fn site_row(conn: &mut PgConnection, tenant: Option<TenantId>, site: WebsiteId) -> Result<Option<SiteRow>> {
    sqlx::query_as(
        "select w.cloud_pod_id as cloud_pod, coalesce(w.title, nullif(trim(p.site_title), ''), p.primary_domain) as title, w.stack,
                v.branch as preview_of, w.status, website_is_stopped(w) as is_stopped,
                p.status = 'RUNNING' and p.desired_state = 'RUNNING' as pod_runs, w.config -> 'release' ->> 'name' as live
           from websites w join cloud_pods p on p.tenant_id = w.tenant_id and p.id = w.cloud_pod_id
           left join site_previews v on v.tenant_id = w.tenant_id and v.website_id = w.id
          where w.id = $2 and ($1::uuid is null or w.tenant_id = $1) and w.status <> 'DELETED'",
    )
    .bind(tenant)
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// A source as its page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SourceRow {
    #[sqlx(flatten)]
    typed: Typed,
    pub(super) deploy_key: String,
    pub(super) host_keys: Option<String>,
    pub(super) webhook_at: Option<Time>,
    pub(super) has_push: bool,
}

impl SourceRow {
    pub(super) fn input(self) -> SourceInput {
        self.typed.into()
    }
}

pub(super) async fn source_row(conn: &mut PgConnection, site: WebsiteId) -> Result<Option<SourceRow>> {
    sqlx::query_as(
        "select remote, branch, folder, build_command, publish, start_file, shared, deploy_key, host_keys, webhook_at, pushed_at is not null as has_push
           from site_sources where website_id = $1",
    )
    .bind(site)
    .fetch_optional(conn)
    .await
}

/// A deploy as its site's page shows it.
#[derive(sqlx::FromRow)]
pub(super) struct DeployRow {
    pub(super) id: DeployId,
    pub(super) number: i32,
    pub(super) release: i32,
    pub(super) status: DeployStatus,
    pub(super) trigger: DeployTrigger,
    pub(super) started_by: String,
    pub(super) commit: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) is_on_disk: bool,
    pub(super) job: JobId,
    pub(super) created_at: Time,
    pub(super) finished_at: Option<Time>,
}

/// The newest deploys of a site. One whose job has ended without it, as it was cancelled before it began, has failed.
pub(super) async fn newest(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<DeployRow>> {
    sqlx::query_as(
        "select d.id, d.number, d.release, d.trigger, d.started_by, d.commit, d.subject, d.is_on_disk, d.job_id as job, d.created_at,
                case when d.status in ('QUEUED', 'RUNNING') and j.status in ('done', 'undone', 'stuck') then 'FAILED' else d.status end as status,
                coalesce(d.finished_at, j.finished_at) as finished_at
           from deploys d join jobs j on j.id = d.job_id
          where d.website_id = $1 order by d.number desc limit 30",
    )
    .bind(site)
    .fetch_all(conn)
    .await
}
