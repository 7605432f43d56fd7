//! Sites as pages show them.

use super::{
    queries::{self, PreviewOfRow, Row},
    serving, sleep,
};
use db::{PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    hosting::{
        cloudpods::SleepRule,
        previews::PreviewOf,
        websites::{SiteAnswer, WebsiteRow, WebsiteView},
    },
    ids::{CloudPodId, TenantId, WebsiteId},
    permission::WebsitesRead,
};
use sqlx::PgConnection;

/// The sites of a pod, the oldest first.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list(services: &Services, tx: &mut impl PlatformRead<WebsitesRead>, pod: CloudPodId) -> Result<Vec<WebsiteRow>> {
    rows(services, tx.conn(), None, pod).await
}

/// The sites of a pod of the open account, the oldest first.
///
/// # Errors
/// Not found when the pod is somebody else's.
pub async fn list_own(services: &Services, tx: &mut impl TenantRead<WebsitesRead>, pod: CloudPodId) -> Result<Vec<WebsiteRow>> {
    let tenant = tx.tenant();
    rows(services, tx.conn(), Some(tenant), pod).await
}

/// One site, whole.
///
/// # Errors
/// Not found.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<WebsitesRead>, id: WebsiteId) -> Result<WebsiteView> {
    view(services, tx.conn(), None, id).await
}

/// One site of the open account.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_own(services: &Services, tx: &mut impl TenantRead<WebsitesRead>, id: WebsiteId) -> Result<WebsiteView> {
    let tenant = tx.tenant();
    view(services, tx.conn(), Some(tenant), id).await
}

async fn rows(services: &Services, conn: &mut PgConnection, tenant: Option<TenantId>, pod: CloudPodId) -> Result<Vec<WebsiteRow>> {
    let rows = queries::rows(conn, (Some(pod), None)).await?;
    let rows: Vec<WebsiteRow> =
        rows.into_iter().filter(|row| tenant.is_none_or(|tenant| row.tenant_id == tenant)).map(|row| shown(services, row)).collect();
    // Every pod has had one.
    if rows.is_empty() { Err(Error::not_found("CloudPod")) } else { Ok(rows) }
}

async fn view(services: &Services, conn: &mut PgConnection, tenant: Option<TenantId>, id: WebsiteId) -> Result<WebsiteView> {
    let row = queries::rows(&mut *conn, (None, Some(id))).await?.into_iter().find(|row| tenant.is_none_or(|tenant| row.tenant_id == tenant));
    let row = row.ok_or_else(|| Error::not_found("Site"))?;
    let names = queries::names_of(&mut *conn, id).await?;
    let preview = queries::preview_of(&mut *conn, id).await?;
    let (after_minutes, is_optional) = queries::sleep_rule(&mut *conn, row.cloud_pod_id).await?;
    let sleep = sleep::rule_of_stack(after_minutes.map(|after_minutes| SleepRule { after_minutes, is_optional }), row.stack);
    let shown_preview = |row: PreviewOfRow| PreviewOf { site: row.site, title: row.title, branch: row.branch, expires_at: row.expires_at };
    Ok(WebsiteView {
        cloud_pod: row.cloud_pod_id,
        pod_name: row.pod_name.clone(),
        is_pod_deleted: row.pod_is_deleted,
        job: queries::last_job(conn, row.cloud_pod_id, id).await?,
        tenant: row.tenant_id,
        tenant_name: row.tenant_name.clone(),
        sleep,
        names,
        offered: row.stack.runtimes().iter().copied().filter(|one| Some(*one) != row.runtime && !one.has_ended(services.now())).collect(),
        config: serving::shown(&row.config.0),
        is_last: row.sites <= 1 && row.preview_of.is_none(),
        preview: preview.map(shown_preview),
        site: shown(services, row),
    })
}

pub(super) fn shown(services: &Services, row: Row) -> WebsiteRow {
    WebsiteRow {
        id: row.id,
        url: services.settings.site_url(&row.domain),
        domain: row.domain,
        title: row.title,
        stack: row.stack,
        runtime: row.runtime,
        is_end_of_life: row.runtime.is_some_and(|runtime| runtime.has_ended(services.now())),
        status: row.status,
        is_stopped: row.config.0.stopped,
        is_pod_running: row.pod_runs,
        observed: row
            .observed_at
            .map(|observed_at| SiteAnswer { http_status: row.observed_http.and_then(|status| u16::try_from(status).ok()), observed_at }),
        asleep_since: row.asleep_since.filter(|_| row.pod_runs && !row.config.0.stopped),
        preview_of: row.preview_of,
        created_at: row.created_at,
    }
}
