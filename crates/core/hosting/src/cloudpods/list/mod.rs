//! Lists and pages of pods.

mod queries;

use super::{drift, reconcile::Converge};
use core_administration::provisioning;
use db::{Keyset, PlatformRead, TenantRead};
use engine::{
    Error, Result, Services,
    reconcile::{self, Reconciler},
};
use model::{
    hosting::cloudpods::{Limits, PodDrift, PodRow, PodStatus, PodView, SleepRule},
    hosting::suspensions::SuspensionView,
    ids::{CloudPodId, ServerId, TenantId},
    page::{Page, PageRequest},
    permission::{CloudpodsRead, CustomersRead, ServersRead},
};
use queries::PodRecord;
use sqlx::PgConnection;
use uuid::Uuid;

/// Pods of all customers, newest first. `state` is a [`PodStatus`]; `search` looks in name and domain.
///
/// # Errors
/// When the cursor or the state is not known.
pub async fn list(tx: &mut impl PlatformRead<CloudpodsRead>, request: &PageRequest) -> Result<Page<PodRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let range = (keyset.before, keyset.after, keyset.limit());
    let rows = queries::list(tx.conn(), range, state(request)?, search(request)).await?;
    Ok(keyset.page(rows_of(rows), |row| row.id.0))
}

/// Pods of the tenant of this transaction, newest first. A tenant sees no servers.
///
/// # Errors
/// As [`list`].
pub async fn list_own(tx: &mut impl TenantRead<CloudpodsRead>, request: &PageRequest) -> Result<Page<PodRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let range = (keyset.before, keyset.after, keyset.limit());
    let rows = queries::list_own(tx.conn(), range, state(request)?, search(request)).await?;
    Ok(keyset.page(rows_of(rows), |row| row.id.0))
}

/// One pod, whole.
///
/// # Errors
/// When there is no such pod.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<CloudpodsRead>, pod: CloudPodId) -> Result<PodView> {
    let row = queries::row(tx.conn(), pod).await?;
    let view = view(tx.conn(), row).await?;
    let policy = drift::policy(tx.conn(), pod).await?;
    let drift = reconcile::last_run(tx.conn(), Converge::NAME, pod.0).await?.map(|look| PodDrift {
        differences: look.differences,
        since: look.differs_since,
        error: look.error,
        checked_at: look.checked_at,
        policy,
        default_policy: services.settings.drift_policy,
    });
    let suspensions = queries::suspensions(tx.conn(), pod).await?.into_iter().map(SuspensionView::from).collect();
    Ok(PodView { drift, suspensions, ..view })
}

/// One pod of the tenant of this transaction.
///
/// # Errors
/// When the tenant has no such pod.
pub async fn get_own(tx: &mut impl TenantRead<CloudpodsRead>, pod: CloudPodId) -> Result<PodView> {
    let row = queries::own_row(tx.conn(), pod).await?;
    let view = view(tx.conn(), row).await?;
    let suspensions = queries::own_suspensions(tx.conn(), pod).await?.into_iter().map(SuspensionView::from).collect();
    Ok(PodView { suspensions, ..view })
}

/// How many CloudPods a server's or a customer's page shows.
const SHOWN: i64 = 50;

/// The newest CloudPods of a server.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn on_server(tx: &mut impl PlatformRead<ServersRead>, server: ServerId) -> Result<Vec<PodRow>> {
    Ok(rows_of(queries::on_server(tx.conn(), server, SHOWN).await?))
}

/// Pods of a customer, newest first, for staff.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn of_tenant(tx: &mut impl PlatformRead<CustomersRead>, tenant: TenantId) -> Result<Vec<PodRow>> {
    Ok(rows_of(queries::of_tenant(tx.conn(), tenant, SHOWN).await?))
}

fn rows_of(records: Vec<PodRecord>) -> Vec<PodRow> {
    records.into_iter().map(PodRow::from).collect()
}

fn state(request: &PageRequest) -> Result<Option<PodStatus>> {
    let word = request.state.as_deref().filter(|word| !word.is_empty());
    word.map(|word| word.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()
}

fn search(request: &PageRequest) -> Option<&str> {
    request.search.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

async fn view(conn: &mut PgConnection, row: Option<PodRecord>) -> Result<PodView> {
    let pod = PodRow::from(row.ok_or_else(|| Error::not_found("CloudPod"))?);
    let detail = queries::detail(&mut *conn, pod.id).await?;
    let jobs = provisioning::about(conn, ("cloud_pod", pod.id.0), 20).await?;
    Ok(PodView {
        plan_code: detail.plan_code,
        subscription: detail.subscription_id,
        limits: Limits {
            cpu_millis: detail.cpu_millis,
            memory_mb: detail.memory_mb,
            disk_mb: detail.disk_mb,
            tasks: detail.tasks,
            sleep: detail.sleep_after_minutes.map(|after_minutes| SleepRule { after_minutes, is_optional: detail.sleep_is_optional }),
            sites: detail.max_sites,
            network: detail.network,
        },
        site_title: detail.site_title.unwrap_or_default(),
        runtime: detail.runtime,
        desired_state: detail.desired_state,
        drift: None,
        suspensions: Vec::new(),
        observed: detail.observed.map(|observed| observed.0),
        held_until: detail.held_until,
        jobs,
        pod,
    })
}
