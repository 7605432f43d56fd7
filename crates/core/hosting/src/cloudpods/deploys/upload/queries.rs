//! Statements of uploaded archives.

use super::Upload;
use model::ids::{DeployId, WebsiteId};
use sqlx::{PgConnection, Result, types::Json};

/// The archive of a deploy, if it is of one, and whether its release is built.
#[derive(sqlx::FromRow)]
pub(in crate::cloudpods) struct Uploaded {
    pub(in crate::cloudpods) upload: Option<Json<Upload>>,
    pub(in crate::cloudpods) is_built: bool,
}

pub(in crate::cloudpods) async fn uploaded(conn: &mut PgConnection, id: DeployId) -> Result<Option<Uploaded>> {
    sqlx::query_as("select upload, is_on_disk as is_built from deploys where id = $1").bind(id).fetch_optional(conn).await
}

/// The release of an archive is on the server.
pub(in crate::cloudpods) async fn set_unpacked(conn: &mut PgConnection, id: DeployId) -> Result<()> {
    sqlx::query("update deploys set is_on_disk = true, building = false where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Numbers of all releases of a site that are on its server.
pub(in crate::cloudpods) async fn on_disk(conn: &mut PgConnection, site: WebsiteId) -> Result<Vec<i32>> {
    sqlx::query_scalar("select release from deploys where website_id = $1 and is_on_disk and trigger <> 'ROLLBACK' order by release")
        .bind(site)
        .fetch_all(conn)
        .await
}
