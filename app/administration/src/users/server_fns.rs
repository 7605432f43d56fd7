//! Logins as staff's pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::access::{UserPage, UserRow, WhyView},
    ids::{SessionId, UserId},
    page::{Page, PageRequest},
};

/// All logins, newest first.
#[operation("/api/admin/users", "list", platform(UsersRead))]
pub async fn list_users(request: PageRequest) -> Result<Page<UserRow>, AppError> {
    Ok(mpanel_core::administration::access::list_users(&mut tx, &request).await?)
}

/// One login with its accounts and sessions.
#[operation("/api/admin/users", "get", platform(UsersRead))]
pub async fn read_user(id: UserId) -> Result<UserPage, AppError> {
    Ok(mpanel_core::administration::access::user(&app_auth::services()?, tx, id).await?)
}

/// Whether a login may do something in an account (`place`, its short name) or on the platform, and why.
#[operation("/api/admin/users", "why", platform(UsersRead))]
pub async fn why_may_user(id: UserId, permission: String, place: String) -> Result<WhyView, AppError> {
    Ok(mpanel_core::administration::access::why(&app_auth::services()?, tx, id, &permission, &place).await?)
}

/// Ends one session of a login.
#[operation("/api/admin/users", "end_session", platform(UsersManage))]
pub async fn end_user_session(id: UserId, session: SessionId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::end_user_session(tx, id, session).await?)
}

/// Ends all sessions of a login; says how many there were.
#[operation("/api/admin/users", "end_sessions", platform(UsersManage))]
pub async fn end_user_sessions(id: UserId) -> Result<u64, AppError> {
    Ok(mpanel_core::administration::access::end_user_sessions(tx, id).await?)
}

/// Shuts a login out.
#[operation("/api/admin/users", "disable", platform(UsersManage))]
pub async fn disable_user(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::disable_user(tx, id).await?)
}

/// Lets a login in again.
#[operation("/api/admin/users", "enable", platform(UsersManage))]
pub async fn enable_user(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::enable_user(tx, id).await?)
}

/// Takes a login's second step away, for who has lost it.
#[operation("/api/admin/users", "remove_second_step", platform(UsersManage))]
pub async fn remove_user_second_step(id: UserId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::remove_user_second_step(tx, id).await?)
}

/// Gives a login a role of the platform, or takes it away with an empty word.
#[operation("/api/admin/users", "set_role", platform(UsersAdmin))]
pub async fn set_platform_role(id: UserId, role: String) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::set_platform_role(tx, id, &role).await?)
}

/// Makes somebody staff; who has no login gets a link by mail.
#[operation("/api/admin/users", "invite", platform(UsersAdmin))]
pub async fn invite_staff(email: String, role: String) -> Result<UserId, AppError> {
    Ok(mpanel_core::administration::access::invite_staff(&app_auth::services()?, tx, &email, &role).await?)
}
