//! Logins as staff see them.

use super::queries;
use crate::accounts::{self, own};
use db::{Keyset, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    administration::{
        access::{ROLES, UserPage, UserRow},
        accounts::UserStatus,
    },
    ids::UserId,
    page::{Page, PageRequest},
    permission::UsersRead,
};
use uuid::Uuid;

/// All logins, newest first. `state` is a status, or `STAFF`; `search` is the beginning of an address or a name.
///
/// # Errors
/// On fields `cursor` and `state`, when they are unknown.
pub async fn list_users(tx: &mut PlatformTx<UsersRead>, request: &PageRequest) -> Result<Page<UserRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let staff = state == Some("STAFF");
    let state: Option<UserStatus> =
        state.filter(|_| !staff).map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let search = request.search.as_deref().map(|search| search.trim().to_lowercase().replace('\0', "")).filter(|search| !search.is_empty());
    let rows = queries::users(tx.conn(), &keyset, state, staff, search.as_deref()).await?;
    Ok(keyset.page(rows.into_iter().map(queries::LoginRow::view).collect(), |row: &UserRow| row.id.0))
}

/// One login with its accounts and sessions, and what the caller may do with it.
///
/// # Errors
/// Not found.
pub async fn user(services: &Services, mut tx: PlatformTx<UsersRead>, id: UserId) -> Result<UserPage> {
    let row = queries::user(tx.conn(), id).await?.ok_or_else(|| Error::not_found("User"))?.view();
    let Some(caller) = tx.caller().user_id() else { return Err(Error::not_found("User")) };
    let current = own::current(tx.caller());
    let within = match &row.platform_role {
        Some(role) => queries::role_within(tx.conn(), caller, None, role).await?,
        None => true,
    };
    let other = id != caller;
    let can_manage = other && within && queries::may_on_platform(tx.conn(), caller, "users:manage").await?;
    let can_give = other && within && queries::may_on_platform(tx.conn(), caller, "users:admin").await?;
    let roles = ROLES.iter().filter(|role| role.scope == "platform" && can_give).map(|role| role.code.to_owned()).collect();
    Ok(UserPage {
        memberships: accounts::memberships(tx.conn(), id).await?,
        sessions: own::rows(services, tx.conn(), id, current).await?,
        user: row,
        can_manage,
        roles,
    })
}
