//! Domains that a customer has typed and nobody has proved.

mod queries;

pub(super) use queries::release_proved;

use super::{connect, names};
use crate::cloudpods;
use db::{AuditEvent, Keyset, PlatformRead, PlatformTx, SystemTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    hosting::{cloudpods::PodStatus, domains::ReservationRow},
    ids::{CloudPodId, DomainReservationId, TenantId},
    page::{Page, PageRequest},
    permission::{DomainsManage, DomainsRead},
};
use uuid::Uuid;

/// Reserves the domain that a CloudPod was ordered with, in the transaction of the purchase, and lets its customer prove to own it. A name of
/// ours is not reserved.
///
/// # Errors
/// When PostgreSQL refuses.
pub async fn reserve(services: &Services, tx: &mut SystemTx, tenant: TenantId, pod: CloudPodId, domain: &str) -> Result<()> {
    if domain.strip_suffix(services.settings.base_domain.as_str()).is_some_and(|rest| rest.ends_with('.')) {
        return Ok(());
    }
    let id = DomainReservationId(Uuid::now_v7());
    // The purchase has the domain already: an older reservation is that of a CloudPod that is no more.
    queries::release_deleted(tx.conn(), domain, services.now()).await?;
    queries::insert(tx.conn(), id, tenant, pod, domain, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DomainReserved, "domain", id, domain).in_tenant(tenant);
    tx.record(event.after(serde_json::json!({ "cloud_pod": pod })));
    connect::offer(services, tx, tenant, names::registrable(domain)).await
}

/// Reservations of CloudPods that are not deleted, newest first. `search` looks in the domain.
///
/// # Errors
/// When the cursor is not known or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<DomainsRead>, request: &PageRequest) -> Result<Page<ReservationRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let search = request.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let rows = queries::list(tx.conn(), (keyset.before, keyset.after, keyset.limit()), search).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &ReservationRow| row.id.0))
}

/// Releases a reservation, so that somebody else can order the domain. The CloudPod goes on under a name of ours.
///
/// # Errors
/// Not found when nobody has reserved this domain; a conflict while its CloudPod may be online: then the domain would have two sites.
pub async fn release(services: &Services, mut tx: PlatformTx<DomainsManage>, domain: &str) -> Result<()> {
    let domain = domain.trim().to_lowercase();
    let found = queries::lock(tx.conn(), &domain).await?.ok_or_else(|| Error::not_found("Reservation"))?;
    if !matches!(found.pod_status, PodStatus::Held | PodStatus::Failed) {
        return Err(Error::conflict(format!("The CloudPod {} uses this domain. Delete the CloudPod first.", found.pod_name)));
    }
    let instead = cloudpods::give_own_name(services, tx.conn(), found.cloud_pod_id).await?;
    queries::release(tx.conn(), found.id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DomainReleased, "domain", found.id, &domain).in_tenant(found.tenant_id);
    let event = event.before(serde_json::json!({ "cloud_pod": found.cloud_pod_id, "domain": domain }));
    Ok(tx.commit(event.after(serde_json::json!({ "cloud_pod": found.cloud_pod_id, "domain": instead }))).await?)
}
