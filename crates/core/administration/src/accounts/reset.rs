//! A new password, by a link that goes to the login's own address.

use super::{RESET_LIFETIME, letters::PasswordReset, limits, link_url, links, passwords, queries, rules};
use crate::outbox;
use chrono::Duration;
use db::{AuditEvent, Caller};
use engine::{Error, Result, Services, mail::duration_words, secrets};
use model::{
    administration::accounts::{LinkPurpose, UserStatus},
    audit_action::AuditAction,
};
use wire::Email;

/// One login gets at most this many links an hour; those it has keep working.
const LINKS_AN_HOUR: i64 = 3;
/// One peer may ask this often an hour.
const ASKED_AN_HOUR: i64 = 10;
/// Every answer takes at least this long, so that its time says nothing about the address.
const ANSWER_TIME: std::time::Duration = std::time::Duration::from_millis(300);

/// Sends a link for a new password to the address, if a login has it. The answer is the same if none has.
///
/// # Errors
/// On field `email` when it is no address; `too_many` when this peer has asked too often.
pub async fn request_reset(services: &Services, caller: &Caller, email: &str) -> Result<()> {
    let answer_at = tokio::time::Instant::now() + ANSWER_TIME;
    let email = rules::email(email)?;
    note_request(services, caller, &email).await?;
    let sent = send(services, caller, &email).await;
    tokio::time::sleep_until(answer_at).await;
    sent
}

/// Writes the request down, unless this peer has asked too often.
async fn note_request(services: &Services, caller: &Caller, email: &Email) -> Result<()> {
    let (now, peer) = (services.now(), limits::peer(caller.origin.ip.as_deref()));
    let mut tx = services.db.public(caller).await?;
    queries::lock_peer(tx.conn(), &peer).await?;
    let asked = queries::reset_requests(tx.conn(), email.as_str(), &peer, now - Duration::hours(1)).await?;
    if asked >= ASKED_AN_HOUR {
        return Err(Error::too_many("Too many reset requests. Try again in an hour."));
    }
    queries::insert_attempt(tx.conn(), email.as_str(), None, &peer, false, limits::RESET, now).await?;
    Ok(tx.commit_bookkeeping().await?)
}

async fn send(services: &Services, caller: &Caller, email: &Email) -> Result<()> {
    let now = services.now();
    let mut tx = services.db.public(caller).await?;
    let Some(user) = queries::sign_in(tx.conn(), email.as_str()).await?.filter(|user| user.status != UserStatus::Disabled) else {
        return Ok(());
    };
    tx.scope_to(user.user_id).await?;
    if queries::links_since(tx.conn(), user.user_id, LinkPurpose::Reset, now - Duration::hours(1)).await? >= LINKS_AN_HOUR {
        return Ok(());
    }
    let token = secrets::new_token();
    queries::insert_link(tx.conn(), LinkPurpose::Reset, Some(user.user_id), &secrets::token_hash(&token), now, now + RESET_LIFETIME).await?;
    let letter = PasswordReset { link: link_url(&services.settings, LinkPurpose::Reset, &token), valid: duration_words(RESET_LIFETIME) };
    let queued = outbox::queue(services, tx.conn(), None, email, &letter).await?;
    tx.record(queued);
    tx.commit(AuditEvent::new(AuditAction::PasswordResetRequested, "user", user.user_id, email.as_str())).await?;
    Ok(())
}

/// Sets a new password, ends all sessions and all links of the login. An invited login becomes active: the link came to
/// its address. Returns that address, for the sign-in form.
///
/// # Errors
/// Not found as [`links::link`]; on field `password`.
pub async fn reset(services: &Services, caller: &Caller, token: &str, password: &str) -> Result<String> {
    let (link, user, email) = links::with_login(services, caller, LinkPurpose::Reset, token).await?;
    if let Some(fault) = rules::password_fault(password, &email) {
        return Err(Error::invalid(vec![fault]));
    }
    let hash = passwords::hash(password).await?;
    let mut tx = services.db.public(caller).await?;
    tx.scope_to(user).await?;
    let now = services.now();
    if !queries::use_link(tx.conn(), link, now).await? || !queries::set_password(tx.conn(), user, &hash, now).await? {
        return Err(links::gone());
    }
    queries::end_links(tx.conn(), user, now).await?;
    let ended = queries::delete_sessions(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::PasswordReset, "user", user, &email);
    tx.commit(event.after(serde_json::json!({ "sessions_ended": ended }))).await?;
    Ok(email)
}
