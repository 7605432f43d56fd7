//! Reading servers.

use super::queries;
use adapters::node::fingerprint;
use db::{Keyset, PlatformRead};
use engine::{Error, Result, Services};
use model::{
    administration::servers::{ServerRow, ServerStatus, ServerView},
    hosting::cloudpods::PodRow,
    ids::ServerId,
    page::{Page, PageRequest},
    permission::ServersRead,
};
use uuid::Uuid;

/// All servers, newest first. `state` is a status; `search` looks at name, address and region.
///
/// # Errors
/// When the cursor or the state is unknown, or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<ServersRead>, request: &PageRequest) -> Result<Page<ServerRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let status = request.state.as_deref().filter(|state| !state.is_empty()).map(str::parse::<ServerStatus>).transpose();
    let status = status.map_err(|_| Error::field("state", "Unknown status filter."))?;
    let search = request.search.as_deref().map(str::trim).filter(|search| !search.is_empty());
    let rows = queries::page(tx.conn(), &keyset, status, search).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Listed::row).collect(), |row: &ServerRow| row.id.0))
}

/// One server, whole, with these CloudPods of it.
///
/// # Errors
/// Not found for an unknown id.
pub async fn get(tx: &mut impl PlatformRead<ServersRead>, id: ServerId, pods: Vec<PodRow>) -> Result<ServerView> {
    let server = queries::listed(tx.conn(), id).await?.ok_or_else(unknown)?.row();
    let whole = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    let capabilities = queries::capabilities(tx.conn(), id).await?;
    let tags = queries::tags(tx.conn(), id).await?;
    Ok(ServerView {
        server,
        site_address: whole.site_address,
        max_pods: whole.max_pods,
        host_key_fingerprint: whole.host_key.as_deref().and_then(fingerprint),
        node_version: whole.node_version,
        system: whole.probe.map(|probe| format!("{}, kernel {}", probe.os, probe.kernel)),
        capabilities,
        tags,
        enrolled_at: whole.enrolled_at,
        pods,
    })
}

/// The server of this name, for commands.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn id_by_name(services: &Services, name: &str) -> Result<Option<ServerId>> {
    let mut tx = services.db.system("servers").await?;
    Ok(queries::by_name(tx.conn(), name).await?)
}

pub(super) fn unknown() -> Error {
    Error::not_found("Server")
}
