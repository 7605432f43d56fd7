//! Statements of sites.

use model::ids::CloudPodId;
use sqlx::PgConnection;

/// The pod of a site.
pub(super) async fn pod_of_site(conn: &mut PgConnection, site: uuid::Uuid) -> Result<Option<CloudPodId>, sqlx::Error> {
    sqlx::query_scalar("select cloud_pod_id from websites where id = $1").bind(site).fetch_optional(conn).await
}

/// The sites that a pod should have.
pub(super) async fn sites_of_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<Vec<uuid::Uuid>, sqlx::Error> {
    sqlx::query_scalar("select id from websites where cloud_pod_id = $1 and status in ('CREATING', 'ACTIVE') order by created_at, id limit 100")
        .bind(pod)
        .fetch_all(conn)
        .await
}
