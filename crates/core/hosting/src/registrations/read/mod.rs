//! Reading registrations.

mod queries;

use super::search::own_name_servers;
use crate::filled;
use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result};
use model::{
    hosting::registrations::{RegistrationRow, RegistrationView},
    ids::{DomainRegistrationId, TenantId},
    page::{Page, PageRequest},
    permission::DomainsRead,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// All registrations, newest first. `state` is a status, `search` looks in the name.
///
/// # Errors
/// When the cursor is not known or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<DomainsRead>, request: &PageRequest) -> Result<Page<RegistrationRow>> {
    page(tx.conn(), None, request).await
}

/// The registrations of the open account, newest first.
///
/// # Errors
/// As [`list`].
pub async fn list_own(tx: &mut impl TenantRead<DomainsRead>, request: &PageRequest) -> Result<Page<RegistrationRow>> {
    let tenant = tx.tenant();
    page(tx.conn(), Some(tenant), request).await
}

async fn page(conn: &mut PgConnection, tenant: Option<TenantId>, request: &PageRequest) -> Result<Page<RegistrationRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let (state, search) = (filled(&request.state), filled(&request.search));
    let range = (keyset.before, keyset.after, keyset.limit());
    let rows = queries::page(conn, tenant, range, state.as_deref(), search.as_deref()).await?;
    Ok(keyset.page(rows.iter().map(queries::Row::row).collect(), |row: &RegistrationRow| row.id.0))
}

/// A registration.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<DomainsRead>, id: DomainRegistrationId) -> Result<RegistrationView> {
    view(tx.conn(), None, id).await
}

/// A registration of the open account.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_own(tx: &mut impl TenantRead<DomainsRead>, id: DomainRegistrationId) -> Result<RegistrationView> {
    let tenant = tx.tenant();
    view(tx.conn(), Some(tenant), id).await
}

async fn view(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainRegistrationId) -> Result<RegistrationView> {
    let row = queries::one(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Registration"))?;
    Ok(row.view(own_name_servers(conn).await?))
}
