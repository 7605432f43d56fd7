//! Previews as pages show them.

use super::{queries, remove::no_preview, secrets};
use db::{AuditEvent, TenantTx};
use engine::{Result, Services};
use model::{
    audit_action::AuditAction,
    hosting::previews::{PREVIEW_USER, PreviewAccess, PreviewRow},
    ids::WebsiteId,
    permission::WebsitesWrite,
};
use sqlx::PgConnection;

/// The previews of a site, the oldest first. Whoever calls has seen to it that the site is the account's.
pub(in crate::cloudpods) async fn of_site(services: &Services, conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<PreviewRow>> {
    let shown = |row: queries::Row| PreviewRow {
        id: row.id,
        branch: row.branch,
        url: services.settings.site_url(&row.domain),
        domain: row.domain,
        status: row.status,
        is_deployed: row.is_deployed,
        is_push_waiting: row.has_push,
        job: row.job,
        created_by: row.created_by,
        expires_at: row.expires_at,
    };
    Ok(queries::rows(conn, site).await?.into_iter().map(shown).collect())
}

/// Name and password with which a preview of the open account is seen. That it was shown is recorded.
///
/// # Errors
/// Not found.
pub async fn access(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<PreviewAccess> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let Some((sealed, domain)) = queries::password(tx.conn(), tenant, id).await? else { return Err(no_preview(&mut tx, tenant, id).await?) };
    let password = secrets::open(&services.key, id, &sealed)?;
    let url = services.settings.site_url(&domain);
    tx.commit(AuditEvent::new(AuditAction::PreviewPasswordShown, "website", id, domain).in_tenant(tenant)).await?;
    Ok(PreviewAccess { url, user: PREVIEW_USER.to_owned(), password })
}
