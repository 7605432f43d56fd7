//! Signing in, second half: the code after the password.

use super::{codes, digits, place, queries, totp};
use crate::accounts::{
    limits, queries as logins,
    sessions::{self, Login, SignedIn},
};
use chrono::Duration;
use db::{AuditEvent, Caller, PublicTx};
use engine::{Error, Result, Services, secrets};
use model::{
    administration::accounts::UserStatus,
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    ids::UserId,
};
use serde_json::json;

/// How long a right password waits for its code.
const PATIENCE: Duration = Duration::minutes(10);

/// Notes that the password was right, and commits; the token it returns goes on with [`sign_in_code`].
/// The transaction must be scoped to the login.
pub(in crate::accounts) async fn wait_for_code(services: &Services, mut tx: PublicTx, user: UserId, email: &str) -> Result<String> {
    let (now, token) = (services.now(), secrets::new_token());
    queries::insert_waiting(tx.conn(), user, &secrets::token_hash(&token), now, now + PATIENCE).await?;
    tx.commit(AuditEvent::new(AuditAction::SignInCodeAsked, "user", user, email)).await?;
    Ok(token)
}

/// Takes the code of the app, or a recovery code, and signs in. Every try is written down before the code is looked at.
///
/// # Errors
/// Not found, when the sign-in took too long or was used; on field `code`; `too_many` after too many wrong codes.
pub async fn sign_in_code(services: &Services, caller: &Caller, user_agent: Option<&str>, token: &str, code: &str) -> Result<SignedIn> {
    let waiting = admit(services, caller, token).await?;
    let (user, email, now) = (waiting.user_id, waiting.email.as_str(), services.now());
    let mut tx = services.db.public(caller).await?;
    tx.scope_to(user).await?;
    let how = right(services, &mut tx, user, code).await?;
    let Some(how) = how else {
        let reason = if codes::read(code).is_some() { "wrong recovery code" } else { "wrong code" };
        let event = AuditEvent::new(AuditAction::SignInRefused, "user", user, email).after(json!({ "reason": reason }));
        tx.commit(event).await?;
        return Err(Error::field("code", "Incorrect code. Each code works once; wait for the next one."));
    };
    if !queries::use_waiting(tx.conn(), waiting.step_id).await? || !queries::note_sign_in(tx.conn(), user, now).await? {
        return Err(over());
    }
    queries::end_waiting(tx.conn(), user).await?;
    let peer = limits::peer(caller.origin.ip.as_deref());
    logins::insert_attempt(tx.conn(), email, Some(user), &peer, true, limits::CODE_RIGHT, now).await?;
    if how == How::Recovery {
        tx.record(AuditEvent::new(AuditAction::RecoveryCodeUsed, "user", user, email));
    }
    sessions::open(services, tx, Login { id: user, email: email.to_owned() }, user_agent).await
}

/// Lets the try through, and writes it down, unless there were too many.
async fn admit(services: &Services, caller: &Caller, token: &str) -> Result<queries::WaitingRow> {
    let now = services.now();
    let mut tx = services.db.public(caller).await?;
    let waiting = queries::waiting(tx.conn(), &secrets::token_hash(token)).await?.ok_or_else(over)?;
    let stale = waiting.password_set_at.is_some_and(|at| at > waiting.created_at);
    if now >= waiting.expires_at || stale || waiting.status != UserStatus::Active {
        return Err(over());
    }
    logins::lock_peer(tx.conn(), &format!("code {}", waiting.user_id)).await?;
    // What was tried before the present password was set does not count: who sets a new one is rid of a thief's tries.
    let since = waiting.password_set_at.map_or(now - limits::WINDOW, |at| at.max(now - limits::WINDOW));
    let attempts = queries::code_attempts(tx.conn(), &waiting.email, since).await?;
    if let Some(wait) = limits::code_wait(&attempts, now) {
        let message = format!("Too many attempts. Try again in {}.", limits::in_words(wait));
        return Err(Error::too_many(message));
    }
    let peer = limits::peer(caller.origin.ip.as_deref());
    logins::insert_attempt(tx.conn(), &waiting.email, Some(waiting.user_id), &peer, false, limits::CODE, now).await?;
    tx.commit_bookkeeping().await?;
    Ok(waiting)
}

/// What a right code was.
#[derive(PartialEq, Eq)]
enum How {
    App,
    Recovery,
}

/// Uses the code up, when it is right.
async fn right(services: &Services, tx: &mut PublicTx, user: UserId, typed: &str) -> Result<Option<How>> {
    if let Some(code) = codes::read(typed) {
        let used = queries::use_code(tx.conn(), user, &codes::hashes(&services.key, user, &code), services.now()).await?;
        return Ok(used.then_some(How::Recovery));
    }
    let Some(secret) = queries::secret(tx.conn(), user).await?.filter(|secret| secret.confirmed_at.is_some()) else { return Ok(None) };
    let key = services.key.open(&place(user), &secret.sealed)?;
    match totp::accepted(&key, &digits(typed), services.now(), secret.last_step) {
        Some(step) => Ok(queries::use_step(tx.conn(), user, step).await?.then_some(How::App)),
        None => Ok(None),
    }
}

/// The answer for a sign-in that cannot go on.
fn over() -> Error {
    Error::Api(ApiError::new(ErrorCode::NotFound, "Sign-in timed out. Start again."))
}
