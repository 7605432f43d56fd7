//! Logins as staff's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::access::{AccessExplanation, UserPage, UserRow},
    ids::{SessionId, UserId},
    page::{Page, PageRequest},
};

/// Lists users, newest first.
#[operation("/api/admin/users", "list", platform(UsersRead))]
pub async fn list_users(request: PageRequest) -> Result<Page<UserRow>, AppError> {
    Ok(mpanel_core::administration::access::list_users(&mut tx, &request).await?)
}

/// Returns one user with accounts and sessions.
#[operation("/api/admin/users", "get", platform(UsersRead))]
pub async fn read_user(id: UserId) -> Result<UserPage, AppError> {
    Ok(mpanel_core::administration::access::user(&app_door::services()?, tx, id).await?)
}

/// Explains whether a user has a permission in an account (`place` is its slug) or on the platform, and why.
#[operation("/api/admin/users", "why", platform(UsersRead))]
pub async fn explain_user_access(id: UserId, permission: String, place: String) -> Result<AccessExplanation, AppError> {
    Ok(mpanel_core::administration::access::why(&app_door::services()?, tx, id, &permission, &place).await?)
}

/// Signs out one session of a user.
#[operation("/api/admin/users", "end_session", platform(UsersManage))]
pub async fn end_user_session(id: UserId, session: SessionId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::end_user_session(tx, id, session).await?)
}

/// Signs out all sessions of a user. Returns how many there were.
#[operation("/api/admin/users", "end_sessions", platform(UsersManage))]
pub async fn end_user_sessions(id: UserId) -> Result<u64, AppError> {
    Ok(mpanel_core::administration::access::end_user_sessions(tx, id).await?)
}

/// Disables a user.
#[operation("/api/admin/users", "disable", platform(UsersManage))]
pub async fn disable_user(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::disable_user(tx, id).await?)
}

/// Enables a disabled user.
#[operation("/api/admin/users", "enable", platform(UsersManage))]
pub async fn enable_user(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::enable_user(tx, id).await?)
}

/// Resets the 2FA of a user who lost their device.
#[operation("/api/admin/users", "remove_second_step", platform(UsersManage))]
pub async fn remove_user_second_step(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::remove_user_second_step(tx, id).await?)
}

/// Sets a user's platform role; an empty role removes it.
#[operation("/api/admin/users", "set_role", platform(UsersAdmin))]
pub async fn set_platform_role(id: UserId, role: String) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::set_platform_role(tx, id, &role).await?)
}

/// Invites a staff member. New users receive an email with a link.
#[operation("/api/admin/users", "invite", platform(UsersAdmin))]
pub async fn invite_staff(email: String, role: String) -> Result<UserId, AppError> {
    Ok(mpanel_core::administration::access::invite_staff(&app_door::services()?, tx, &email, &role).await?)
}
