//! Members of a customer account as the page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::access::MembersView,
    ids::{InvitationId, UserId},
};

/// Lists the members and pending invitations of an account.
#[operation("/api/tenant/users", "list", tenant(UsersRead))]
pub async fn list_members(slug: String) -> Result<MembersView, AppError> {
    Ok(core_administration::access::members(&app_auth::services()?, tx).await?)
}

/// Invites a member by email.
#[operation("/api/tenant/users", "invite", tenant(UsersWrite))]
pub async fn invite_member(slug: String, email: String, role: String) -> Result<InvitationId, AppError> {
    Ok(core_administration::access::invite(&app_auth::services()?, tx, &email, &role).await?)
}

/// Revokes a pending invitation.
#[operation("/api/tenant/users", "revoke", tenant(UsersWrite))]
pub async fn revoke_invitation(slug: String, invitation: InvitationId) -> Result<(), AppError> {
    Ok(core_administration::access::revoke_invitation(&app_auth::services()?, tx, invitation).await?)
}

/// Changes the role of a member.
#[operation("/api/tenant/users", "set_role", tenant(UsersWrite))]
pub async fn set_member_role(slug: String, user: UserId, role: String) -> Result<(), AppError> {
    Ok(core_administration::access::change_role(tx, user, &role).await?)
}

/// Removes a member from the account.
#[operation("/api/tenant/users", "remove", tenant(UsersDelete))]
pub async fn remove_member(slug: String, user: UserId) -> Result<(), AppError> {
    Ok(core_administration::access::remove_member(tx, user).await?)
}
