//! Deploys as pages show them.

mod queries;

use super::{super::previews, source::poll, webhook::webhook_url};
use adapters::node::fingerprint;
use db::{PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    hosting::{
        deploys::{DeployRow, DeployStatus, DeployTrigger, DeploysView, SourceView},
        websites::SiteStatus,
    },
    ids::{TenantId, WebsiteId},
    permission::WebsitesRead,
};
use sqlx::PgConnection;
use wire::deploy::GitRemote;

/// A site of the open account with its source, its newest deploys and its previews.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_own(services: &Services, tx: &mut impl TenantRead<WebsitesRead>, id: WebsiteId) -> Result<DeploysView> {
    let tenant = tx.tenant();
    view(services, tx.conn(), Some(tenant), id).await
}

/// The same of any account, for staff.
///
/// # Errors
/// Not found.
pub async fn get(services: &Services, tx: &mut impl PlatformRead<WebsitesRead>, id: WebsiteId) -> Result<DeploysView> {
    view(services, tx.conn(), None, id).await
}

async fn view(services: &Services, conn: &mut PgConnection, tenant: Option<TenantId>, id: WebsiteId) -> Result<DeploysView> {
    let site = queries::site_row(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    let source = queries::source_row(&mut *conn, id).await?;
    let deploys = queries::newest(&mut *conn, id).await?;
    let row = |row: queries::DeployRow| {
        let is_there = site.live.as_deref() == Some(&*format!("r{}", row.release));
        let was_live = row.status == DeployStatus::Succeeded;
        DeployRow {
            id: row.id,
            number: row.number,
            status: row.status,
            trigger: row.trigger,
            started_by: row.started_by,
            commit: row.commit,
            subject: row.subject,
            release: was_live.then_some(row.release),
            is_live: was_live && is_there && row.trigger != DeployTrigger::Rollback,
            can_roll_back: was_live && !is_there && row.is_on_disk && row.trigger != DeployTrigger::Rollback,
            job: row.job,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    };
    Ok(DeploysView {
        site: id,
        cloud_pod: site.cloud_pod,
        can_change: site.pod_runs && site.status == SiteStatus::Active && !site.is_stopped,
        title: site.title,
        stack: site.stack,
        preview_of: site.preview_of,
        is_push_waiting: source.as_ref().is_some_and(|source| source.has_push),
        source: source.map(|source| shown(services, id, source)),
        poll: poll::view(&mut *conn, id).await?,
        deploys: deploys.into_iter().map(row).collect(),
        previews: previews::of_site(services, conn, id).await?,
    })
}

fn shown(services: &Services, id: WebsiteId, row: queries::SourceRow) -> SourceView {
    // A line is a host, then its key.
    let of_line = |line: &str| fingerprint(line.split_once(' ')?.1);
    let mut host_keys: Vec<String> = row.host_keys.iter().flat_map(|keys| keys.lines()).filter_map(of_line).collect();
    host_keys.dedup();
    let (deploy_key, webhook_at) = (row.deploy_key.clone(), row.webhook_at);
    let input = row.input();
    let is_ssh = GitRemote::new(&*input.remote).is_ok_and(|remote| remote.is_ssh());
    SourceView { input, deploy_key, is_ssh, host_keys, webhook_at, webhook_url: webhook_url(services, id) }
}
