//! The members of a customer account.

use super::{above, last_owner, queries};
use db::{AuditEvent, ConstraintExt, OwnTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    administration::access::{MembersView, ROLES},
    audit_action::AuditAction,
    ids::{TenantId, UserId},
    permission::{AccountManage, UsersDelete, UsersRead, UsersWrite},
};
use serde_json::json;

/// The members and the open invitations, with what the caller may do with each.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn members(services: &Services, mut tx: TenantTx<UsersRead>) -> Result<MembersView> {
    let (tenant, now) = (tx.tenant(), services.now());
    let Some(caller) = tx.caller().user_id() else { return Err(Error::not_found("Account")) };
    let may_write = queries::may(tx.conn(), caller, tenant, "users:write").await?;
    let may_remove = queries::may(tx.conn(), caller, tenant, "users:delete").await?;
    let mut roles = Vec::new();
    for role in ROLES.iter().filter(|role| role.scope == "tenant" && may_write) {
        if queries::role_within(tx.conn(), caller, Some(tenant), role.code).await? {
            roles.push(role.code.to_owned());
        }
    }
    let found = queries::members(tx.conn(), tenant).await?;
    let members = found.into_iter().map(|row| {
        let within = roles.contains(&row.role);
        let other = row.id != caller;
        row.view(may_write && within && other, may_remove && within && other)
    });
    Ok(MembersView {
        tenant_name: queries::tenant_name(tx.conn(), tenant).await?,
        members: members.collect(),
        invitations: queries::invitations(tx.conn(), tenant, now).await?.into_iter().map(queries::InvitedRow::view).collect(),
        roles,
    })
}

/// Gives a member another role.
///
/// # Errors
/// Not found for who is no member; on field `role` when there is none such; forbidden when one of the two roles is above the
/// caller's; a conflict when the account would lose its last owner.
pub async fn change_role(mut tx: TenantTx<UsersWrite>, user: UserId, role: &str) -> Result<()> {
    let tenant = tx.tenant();
    let role = tenant_role(role)?;
    let member = queries::member(tx.conn(), tenant, user).await?.ok_or_else(|| Error::not_found("Member"))?;
    queries::set_role(tx.conn(), tenant, user, role).await.on_constraint("role_within", above).map_err(keep_owner)?;
    let event = AuditEvent::new(AuditAction::TenantUserChanged, "user", user, member.email);
    Ok(tx.commit(event.before(json!({ "role": member.role })).after(json!({ "role": role }))).await?)
}

/// Takes a member out of the account. Its open sessions have no access to the account from the next request on.
///
/// # Errors
/// As [`change_role`].
pub async fn remove_member(mut tx: TenantTx<UsersDelete>, user: UserId) -> Result<()> {
    let tenant = tx.tenant();
    let member = queries::member(tx.conn(), tenant, user).await?.ok_or_else(|| Error::not_found("Member"))?;
    queries::delete_member(tx.conn(), tenant, user).await.on_constraint("role_within", above).map_err(keep_owner)?;
    let event = AuditEvent::new(AuditAction::TenantUserRemoved, "user", user, member.email);
    Ok(tx.commit(event.before(json!({ "role": member.role }))).await?)
}

/// The caller leaves an account, whatever its role there.
///
/// # Errors
/// Not found for who is no member; a conflict for the last owner.
pub async fn leave(services: &Services, proof: OwnTx<AccountManage>, tenant: TenantId) -> Result<()> {
    let (user, caller) = (proof.user(), proof.caller().clone());
    proof.finish().await?;
    let mut tx = services.db.system(&caller).await?;
    let member = queries::member(tx.conn(), tenant, user).await?.ok_or_else(|| Error::not_found("Account"))?;
    queries::delete_member(tx.conn(), tenant, user).await.map_err(Error::from).map_err(keep_owner)?;
    let event = AuditEvent::new(AuditAction::TenantUserRemoved, "user", user, member.email).in_tenant(tenant);
    Ok(tx.commit(event.before(json!({ "role": member.role })).after(json!({ "left": true }))).await?)
}

/// A role of a customer account.
pub(super) fn tenant_role(role: &str) -> Result<&'static str> {
    let found = ROLES.iter().find(|known| known.scope == "tenant" && known.code == role);
    found.map(|role| role.code).ok_or_else(|| Error::field("role", "Select a role."))
}

fn keep_owner(error: Error) -> Error {
    match error {
        Error::Database(error) => db::on_constraint(error, "tenant_users_keep_owner", last_owner),
        other => other,
    }
}
