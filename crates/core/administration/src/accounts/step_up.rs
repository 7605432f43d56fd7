//! The password again, for what cannot be undone. Access checks ask for it where the permission says so; here it is proved.

use super::{limits, passwords, queries, rules, sign_in};
use db::{AccessError, AuditEvent, Caller, OwnTx};
use engine::{Error, Result, Services};
use model::{
    actor::Actor,
    administration::accounts::UserStatus,
    audit_action::AuditAction,
    ids::{SessionId, UserId},
    permission::AccountWrite,
};

/// The signed-in person types the password again; it counts in this session for the time that the settings say.
///
/// # Errors
/// On field `password` when it is another; `too_many` as for signing in.
pub async fn step_up(services: &Services, tx: OwnTx<AccountWrite>, password: &str) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    prove(services, &caller, "password", password).await?;
    Ok(())
}

/// Checks the caller's password, by the limits of signing in, and notes it in the session. Returns the caller as access checks for
/// what cannot be undone want it. `field` is the field of the form.
pub(super) async fn prove(services: &Services, caller: &Caller, field: &str, password: &str) -> Result<Caller> {
    let (id, email, session) = signed_in(caller)?;
    let user = sign_in::admit(services, caller, email).await?.filter(|user| user.user_id == id && user.status == UserStatus::Active);
    let password = if password.chars().count() > rules::PASSWORD_MAX { "" } else { password };
    let right = passwords::verify(password, user.as_ref().and_then(|user| user.password_hash.as_deref())).await?;
    let mut tx = services.db.own::<AccountWrite>(caller).await?;
    if !right {
        tx.commit(AuditEvent::new(AuditAction::PasswordRefused, "user", id, email)).await?;
        return Err(Error::field(field, "Incorrect password."));
    }
    let (now, peer) = (services.now(), limits::peer(caller.origin.ip.as_deref()));
    queries::insert_attempt(tx.conn(), email, Some(id), &peer, true, "CONFIRMED", now).await?;
    queries::prove_session(tx.conn(), session, now).await?;
    tx.commit(AuditEvent::new(AuditAction::PasswordConfirmed, "user", id, email)).await?;
    Ok(caller.clone().with_recent_password())
}

/// The login and the session behind a signed-in caller.
pub(super) fn signed_in(caller: &Caller) -> Result<(UserId, &str, SessionId)> {
    match &caller.actor {
        Actor::User { id, email, session, .. } => Ok((*id, email, *session)),
        _ => Err(AccessError::NotSignedIn.into()),
    }
}
