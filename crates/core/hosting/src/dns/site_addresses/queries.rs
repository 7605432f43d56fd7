//! Statements of the addresses of sites' names in zones.

use model::ids::{CloudPodId, DnsZoneId};
use sqlx::{PgConnection, Result};

/// A name of a CloudPod in a zone of its account that the zone was not asked about yet.
#[derive(sqlx::FromRow)]
pub(super) struct NewName {
    pub(super) zone: DnsZoneId,
    pub(super) name: String,
    pub(super) pod: String,
    /// Where visitors of its server come.
    pub(super) address: Option<String>,
}

/// In the order of the zones. Of zones of which one is in another, the closest has a name.
pub(super) async fn new_names(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<NewName>> {
    sqlx::query_as(
        "select z.id as zone, d.domain as name, p.name as pod, pod_address(p.id) as address
           from cloud_pods p
           join websites w on w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id
           join site_domains d on d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null and d.address_set_at is null
           join lateral (
             select z.id from dns_zones z
              where z.tenant_id = p.tenant_id and z.removed_at is null
                and (d.domain = z.name or right(d.domain, length(z.name) + 1) = '.' || z.name)
              order by length(z.name) desc limit 1) z on true
          where p.id = $1 order by z.id, d.domain",
    )
    .bind(pod)
    .fetch_all(conn)
    .await
}
