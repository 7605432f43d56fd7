//! What staff may do to other people's logins.

use super::{above, letters::Staff, queries};
use crate::{
    accounts::{self, rules, second_step},
    outbox,
};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services, mail::duration_words};
use model::{
    administration::{
        access::{ROLES, role_name},
        accounts::{LinkPurpose, UserStatus},
    },
    audit_action::AuditAction,
    ids::{SessionId, UserId},
    permission::{UsersAdmin, UsersManage, WritePermission},
};
use serde_json::json;

/// Ends one session of a login.
///
/// # Errors
/// Not found, when it is over or another login's; forbidden for a login whose role is above the caller's.
pub async fn end_user_session(mut tx: PlatformTx<UsersManage>, user: UserId, session: SessionId) -> Result<()> {
    let login = below(&mut tx, user).await?;
    if !accounts::queries::delete_session_of(tx.conn(), user, session).await? {
        return Err(Error::not_found("Session"));
    }
    let event = AuditEvent::new(AuditAction::SessionEnded, "session", session, login.email);
    Ok(tx.commit(event).await?)
}

/// Ends all sessions of a login; says how many there were.
///
/// # Errors
/// Not found; forbidden for a login whose role is above the caller's.
pub async fn end_user_sessions(mut tx: PlatformTx<UsersManage>, user: UserId) -> Result<u64> {
    let login = below(&mut tx, user).await?;
    let ended = accounts::queries::delete_sessions(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::SessionsEnded, "user", user, login.email);
    tx.commit(event.after(json!({ "sessions_ended": ended }))).await?;
    Ok(ended)
}

/// Shuts a login out: it cannot sign in, and its sessions end.
///
/// # Errors
/// As [`end_user_sessions`]; a conflict for the last super admin.
pub async fn disable_user(mut tx: PlatformTx<UsersManage>, user: UserId) -> Result<()> {
    let login = below(&mut tx, user).await?;
    accounts::queries::set_status(tx.conn(), user, UserStatus::Disabled).await.map_err(Error::from).map_err(keep_super_admin)?;
    let ended = accounts::queries::delete_sessions(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::UserDisabled, "user", user, login.email);
    Ok(tx.commit(event.before(json!({ "status": login.status })).after(json!({ "status": UserStatus::Disabled, "sessions_ended": ended }))).await?)
}

/// Lets a login in again: with its password where it has one, else it is invited as before.
///
/// # Errors
/// As [`end_user_sessions`].
pub async fn enable_user(mut tx: PlatformTx<UsersManage>, user: UserId) -> Result<()> {
    let login = below(&mut tx, user).await?;
    if login.status != UserStatus::Disabled {
        return Err(Error::conflict("This user is not disabled."));
    }
    accounts::queries::enable(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::UserEnabled, "user", user, login.email);
    Ok(tx.commit(event.before(json!({ "status": login.status }))).await?)
}

/// Takes a login's second step away, for who has lost the phone and the recovery codes.
///
/// # Errors
/// As [`end_user_sessions`]; a conflict, when it has none.
pub async fn remove_user_second_step(mut tx: PlatformTx<UsersManage>, user: UserId) -> Result<()> {
    let login = below(&mut tx, user).await?;
    if !second_step::queries::delete_secret(tx.conn(), user).await? {
        return Err(Error::conflict("This user doesn't use 2FA."));
    }
    second_step::queries::delete_codes(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::SecondStepRemoved, "user", user, login.email);
    Ok(tx.commit(event).await?)
}

/// Gives a login a role of the platform, or takes it away with an empty word.
///
/// # Errors
/// On field `role`; forbidden when one of the roles is above the caller's; a conflict for the last super admin.
pub async fn set_platform_role(mut tx: PlatformTx<UsersAdmin>, user: UserId, role: &str) -> Result<()> {
    let role = platform_role(role)?;
    let login = below(&mut tx, user).await?;
    may_give(&mut tx, role).await?;
    accounts::queries::set_platform_role(tx.conn(), user, role).await.map_err(Error::from).map_err(keep_super_admin)?;
    let event = AuditEvent::new(AuditAction::PlatformRoleChanged, "user", user, login.email);
    Ok(tx.commit(event.before(json!({ "platform_role": login.platform_role })).after(json!({ "platform_role": role }))).await?)
}

/// Makes somebody staff: an active login gets the role at once, another one also a link that activates it.
///
/// # Errors
/// On fields `email` and `role`; forbidden when the role is above the caller's.
pub async fn invite_staff(services: &Services, mut proof: PlatformTx<UsersAdmin>, email: &str, role: &str) -> Result<UserId> {
    let (email, now) = (rules::email(email)?, services.now());
    let role = platform_role(role)?.ok_or_else(|| Error::field("role", "Select a role."))?;
    may_give(&mut proof, Some(role)).await?;
    let caller = proof.caller().clone();
    proof.finish().await?;
    let mut tx = services.db.system(&caller).await?;
    let (user, status) = accounts::make_or_reuse(&mut tx, now, email.as_str()).await?;
    let login = queries::user(tx.conn(), user).await?.ok_or_else(|| Error::not_found("User"))?;
    if login.platform_role.is_some() || status == UserStatus::Disabled {
        return Err(Error::field("email", "This user is already staff or is disabled."));
    }
    accounts::queries::set_platform_role(tx.conn(), user, Some(role)).await?;
    if status == UserStatus::Invited {
        let token = accounts::new_link(&mut tx, now, LinkPurpose::Activate, user, accounts::ACTIVATION_LIFETIME).await?;
        let link = accounts::link_url(&services.settings, LinkPurpose::Activate, &token);
        let letter = Staff { role: role_name(role).to_owned(), link, valid: duration_words(accounts::ACTIVATION_LIFETIME) };
        let queued = outbox::queue(services, tx.conn(), None, &email, &letter).await?;
        tx.record(queued);
    }
    let event = AuditEvent::new(AuditAction::PlatformRoleChanged, "user", user, email.as_str());
    tx.commit(event.after(json!({ "platform_role": role }))).await?;
    Ok(user)
}

/// The login, when it is somebody else's and its role is not above the caller's.
async fn below<P: WritePermission>(tx: &mut PlatformTx<P>, user: UserId) -> Result<queries::LoginRow> {
    let login = queries::user(tx.conn(), user).await?.ok_or_else(|| Error::not_found("User"))?;
    let Some(caller) = tx.caller().user_id() else { return Err(Error::not_found("User")) };
    if user == caller {
        return Err(Error::conflict("You can't change your own user here. Use Your profile."));
    }
    match &login.platform_role {
        Some(role) if !queries::role_within(tx.conn(), caller, None, role).await? => Err(above()),
        _ => Ok(login),
    }
}

async fn may_give<P: WritePermission>(tx: &mut PlatformTx<P>, role: Option<&str>) -> Result<()> {
    let (Some(role), Some(caller)) = (role, tx.caller().user_id()) else { return Ok(()) };
    if queries::role_within(tx.conn(), caller, None, role).await? { Ok(()) } else { Err(above()) }
}

fn platform_role(role: &str) -> Result<Option<&'static str>> {
    if role.is_empty() {
        return Ok(None);
    }
    let found = ROLES.iter().find(|known| known.scope == "platform" && known.code == role);
    found.map(|role| Some(role.code)).ok_or_else(|| Error::field("role", "Select a role."))
}

fn keep_super_admin(error: Error) -> Error {
    match error {
        Error::Database(error) => {
            db::on_constraint(error, "users_keep_super_admin", || Error::conflict("At least one active super admin is required."))
        }
        other => other,
    }
}
