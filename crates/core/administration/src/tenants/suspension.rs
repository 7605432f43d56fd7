//! Whether an account is suspended. What that does to its CloudPods is in `hosting/suspensions`.

use super::queries;
use engine::{Error, Result};
use model::{administration::tenants::TenantStatus, hosting::suspensions::SuspensionReason, ids::TenantId};
use sqlx::PgConnection;

/// Suspends an account for a reason, or makes it active again; its members notice with their next request. Answers with its name.
///
/// # Errors
/// Not found; a conflict when it is so already, or closed.
pub async fn set_suspension(conn: &mut PgConnection, tenant: TenantId, reason: Option<SuspensionReason>) -> Result<String> {
    let (name, status) = queries::lock(&mut *conn, tenant).await?.ok_or_else(|| Error::not_found("Customer"))?;
    match (status, reason) {
        (TenantStatus::Active, Some(_)) | (TenantStatus::Suspended, None) => {}
        (TenantStatus::Suspended, Some(_)) => return Err(Error::conflict("This account is suspended already.")),
        (TenantStatus::Active, None) => return Err(Error::conflict("This account is not suspended.")),
        (TenantStatus::Closed, _) => return Err(Error::conflict("This account is closed.")),
    }
    queries::set_suspension(conn, tenant, reason).await?;
    Ok(name)
}

/// Whether an account is suspended.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn is_suspended(conn: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    Ok(queries::lock(conn, tenant).await?.is_some_and(|(_, status)| status == TenantStatus::Suspended))
}
