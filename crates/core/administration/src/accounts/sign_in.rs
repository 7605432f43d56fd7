//! Signing in with a password.

use super::{
    limits, passwords, queries, rules, second_step,
    sessions::{self, Login, SignedIn},
};
use db::{AuditEvent, Caller};
use engine::{Error, Result, Services};
use model::{administration::accounts::UserStatus, audit_action::AuditAction};
use serde_json::json;

/// How far a right password leads.
#[derive(Debug)]
pub enum Entry {
    /// Signed in.
    In(Box<SignedIn>),
    /// The login has a second step: the token goes on with [`super::sign_in_code`].
    Code(String),
}

/// Signs a visitor in, or asks for the code of the login's second step. Known and unknown addresses get the same answer after the same work, and every try is written
/// down before the password is looked at, so that many at once are not more than one after the other.
///
/// # Errors
/// On field `email` when it is no address; on field `password` when the two do not belong together; `too_many` after too
/// many failures of this peer; `unavailable` when many sign in at once.
pub async fn sign_in(services: &Services, caller: &Caller, user_agent: Option<&str>, email: &str, password: &str) -> Result<Entry> {
    let email = rules::email(email)?;
    let user = admit(services, caller, email.as_str()).await?;
    let active = user.filter(|user| user.status == UserStatus::Active);
    // Longer than any stored password can be: it is looked at like the empty one, which no login has.
    let password = if password.chars().count() > rules::PASSWORD_MAX { "" } else { password };
    let hash = active.as_ref().and_then(|user| user.password_hash.as_deref());
    if !passwords::verify(password, hash).await? {
        return Err(refuse(services, caller, email.as_str()).await?);
    }
    let (Some(user), mut tx) = (active, services.db.public(caller).await?) else {
        return Err(refuse(services, caller, email.as_str()).await?);
    };
    tx.scope_to(user.user_id).await?;
    // The login may have been disabled, or its password changed, while the hash was computed.
    let coded = second_step::state(tx.conn(), user.user_id).await?.since.is_some();
    if coded && queries::is_password(tx.conn(), user.user_id, user.password_hash.as_deref()).await? {
        let peer = limits::peer(caller.origin.ip.as_deref());
        queries::insert_attempt(tx.conn(), email.as_str(), Some(user.user_id), &peer, true, "PASSWORD_RIGHT", services.now()).await?;
        return Ok(Entry::Code(second_step::wait_for_code(services, tx, user.user_id, &user.email).await?));
    }
    if coded || !queries::note_sign_in(tx.conn(), user.user_id, user.password_hash.as_deref(), services.now()).await? {
        drop(tx);
        return Err(refuse(services, caller, email.as_str()).await?);
    }
    let peer = limits::peer(caller.origin.ip.as_deref());
    queries::insert_attempt(tx.conn(), email.as_str(), Some(user.user_id), &peer, true, "SIGNED_IN", services.now()).await?;
    let signed = sessions::open(services, tx, Login { id: user.user_id, email: user.email }, user_agent).await?;
    Ok(Entry::In(Box::new(signed)))
}

/// Lets the try through, and writes it down, unless this peer has to wait.
pub(super) async fn admit(services: &Services, caller: &Caller, email: &str) -> Result<Option<queries::SignInRow>> {
    let (now, peer) = (services.now(), limits::peer(caller.origin.ip.as_deref()));
    let mut tx = services.db.public(caller).await?;
    queries::lock_peer(tx.conn(), &peer).await?;
    let attempts = queries::attempts(tx.conn(), email, &peer, now - limits::WINDOW).await?;
    if let Some(wait) = limits::wait(&attempts, email, &peer, now) {
        // Not written down: a flood would fill the table, and the wait would never end.
        tracing::info!(peer, "sign-in throttled");
        let message = format!("Too many attempts. Try again in {}.", limits::in_words(wait));
        return Err(Error::too_many(message));
    }
    let user = queries::sign_in(tx.conn(), email).await?;
    queries::insert_attempt(tx.conn(), email, user.as_ref().map(|user| user.user_id), &peer, false, limits::PASSWORD, now).await?;
    tx.commit_bookkeeping().await?;
    Ok(user)
}

/// Writes the refusal into the record and gives the answer that all refusals get.
async fn refuse(services: &Services, caller: &Caller, email: &str) -> Result<Error> {
    let (now, peer) = (services.now(), limits::peer(caller.origin.ip.as_deref()));
    let mut tx = services.db.public(caller).await?;
    let user = queries::sign_in(tx.conn(), email).await?;
    let attempts = queries::attempts(tx.conn(), email, &peer, now - limits::WINDOW).await?;
    let wait = limits::wait(&attempts, email, &peer, now).map_or(0, |wait| wait.num_seconds());
    let (target, why) = match &user {
        None => (String::new(), "no such login"),
        Some(user) if user.status != UserStatus::Active => (user.user_id.to_string(), "login is not active"),
        Some(user) => (user.user_id.to_string(), "wrong password"),
    };
    let event = AuditEvent::new(AuditAction::SignInRefused, "user", target, email);
    tx.commit(event.after(json!({ "reason": why, "waits_seconds": wait }))).await?;
    Ok(Error::field("password", "Incorrect email or password."))
}
