//! Making logins and their links, inside somebody else's transaction.

use super::{queries, rules};
use chrono::Duration;
use db::{AuditEvent, SystemTx};
use engine::{Result, secrets, settings::Settings};
use model::{
    Time,
    administration::accounts::{LinkPurpose, UserStatus},
    audit_action::AuditAction,
    ids::UserId,
};
use serde_json::json;
use uuid::Uuid;

/// The login with this address, made as INVITED when there is none. Its row is locked until commit, so that two purchases
/// of one buyer do not make two customer accounts. Records `USER_CREATED` where one was made.
///
/// # Errors
/// On field `email` when it is no address; when PostgreSQL refuses.
pub async fn make_or_reuse(tx: &mut SystemTx, now: Time, email: &str) -> Result<(UserId, UserStatus)> {
    let email = rules::email(email)?;
    let id = UserId(Uuid::now_v7());
    let made = queries::insert_invited(tx.conn(), id, email.as_str(), now).await?;
    if made {
        tx.record(
            AuditEvent::new(AuditAction::UserCreated, "user", id, email.as_str()).after(json!({ "email": email, "status": UserStatus::Invited })),
        );
        return Ok((id, UserStatus::Invited));
    }
    Ok(queries::lock_by_email(tx.conn(), email.as_str()).await?)
}

/// Activates an invited login that has proved its address in another way than by its own link, and ends its links.
pub(crate) async fn activate_now(tx: &mut SystemTx, now: Time, user: UserId, name: &str, hash: &str) -> Result<()> {
    let name = Some(name).filter(|name| !name.is_empty());
    if !queries::activate(tx.conn(), user, name, hash, now).await? {
        return Err(engine::Error::not_found("User"));
    }
    queries::end_links(tx.conn(), user, now).await?;
    Ok(())
}

/// A single-use link for this login. Returns the token, which is nowhere else; the database keeps its hash.
/// Older links go on working until one of them is used.
///
/// # Errors
/// When PostgreSQL refuses.
pub async fn new_link(tx: &mut SystemTx, now: Time, purpose: LinkPurpose, user: UserId, lifetime: Duration) -> Result<String> {
    let token = secrets::new_token();
    queries::insert_link(tx.conn(), purpose, Some(user), &secrets::token_hash(&token), now, now + lifetime).await?;
    Ok(token)
}

/// The address that a link's token opens.
pub fn link_url(settings: &Settings, purpose: LinkPurpose, token: &str) -> String {
    let page = match purpose {
        LinkPurpose::Activate => "activate",
        LinkPurpose::Reset => "reset",
        LinkPurpose::Setup => "set-up",
    };
    format!("{}/{page}?token={token}", settings.public_url)
}
