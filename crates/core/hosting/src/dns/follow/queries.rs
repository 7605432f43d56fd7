//! Statements of the names of CloudPods in zones.

use model::ids::{CloudPodId, DnsZoneId};
use sqlx::{PgConnection, Result};

/// The zones that a CloudPod's account has of its names, each with one of the names, in the order of the zones; and the CloudPod's name.
pub(super) async fn zones_of_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<(DnsZoneId, String, String)>> {
    sqlx::query_as(
        "select z.id, d.domain, p.name
           from cloud_pods p
           join websites w on w.tenant_id = p.tenant_id and w.cloud_pod_id = p.id
           join site_domains d on d.tenant_id = w.tenant_id and d.website_id = w.id and d.released_at is null
           join dns_zones z on z.tenant_id = p.tenant_id and z.removed_at is null
                           and (d.domain = z.name or right(d.domain, length(z.name) + 1) = '.' || z.name)
          where p.id = $1 order by z.id, d.domain",
    )
    .bind(pod)
    .fetch_all(conn)
    .await
}
