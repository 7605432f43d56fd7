//! The own login: what it is, its sessions, its password.

use super::{device::device, passwords, queries, rules, second_step, sessions, step_up};
use db::{AuditEvent, Caller, OwnTx};
use engine::{Error, Result, Services};
use model::{
    actor::Actor,
    administration::access::{AccountView, SessionRow},
    audit_action::AuditAction,
    ids::{SessionId, UserId},
    permission::{AccountManage, AccountRead, AccountWrite},
};
use serde_json::json;
use sqlx::PgConnection;

/// The own login with its second step and its accounts.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn account(mut tx: OwnTx<AccountRead>) -> Result<AccountView> {
    let id = tx.user();
    let user = queries::user(tx.conn(), id).await?;
    let second = second_step::state(tx.conn(), id).await?;
    let memberships = queries::memberships(tx.conn(), id).await?;
    let second_step_wanted = user.platform_role.is_some() && second_step::staff_need_it(tx.conn()).await?;
    Ok(AccountView {
        email: user.email,
        name: user.name,
        password_set_at: user.password_set_at,
        second_step_since: second.since,
        recovery_codes: second.codes,
        second_step_wanted,
        memberships: memberships.into_iter().map(queries::MembershipRow::view).collect(),
    })
}

/// The own sessions that are not over, newest first.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn own_sessions(services: &Services, mut tx: OwnTx<AccountRead>) -> Result<Vec<SessionRow>> {
    let (user, current) = (tx.user(), current(tx.caller()));
    rows(services, tx.conn(), user, current).await
}

/// Ends one of the own sessions.
///
/// # Errors
/// Not found when it is over, or somebody else's.
pub async fn end_own_session(mut tx: OwnTx<AccountWrite>, session: SessionId) -> Result<()> {
    let user = tx.user();
    if !queries::delete_session_of(tx.conn(), user, session).await? {
        return Err(Error::not_found("Session"));
    }
    let event = AuditEvent::new(AuditAction::SessionEnded, "session", session, tx.caller().actor.to_string());
    Ok(tx.commit(event).await?)
}

/// Ends all own sessions but the one that asks; says how many there were.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn end_other_sessions(mut tx: OwnTx<AccountWrite>) -> Result<u64> {
    let (user, _, session) = step_up::signed_in(tx.caller()).map(|(id, email, session)| (id, email.to_owned(), session))?;
    let ended = queries::delete_other_sessions(tx.conn(), user, session).await?;
    let event = AuditEvent::new(AuditAction::SessionsEnded, "user", user, tx.caller().actor.to_string());
    tx.commit(event.after(json!({ "sessions_ended": ended }))).await?;
    Ok(ended)
}

/// Sets a new password for who knows the present one. All sessions and links of the login end; the caller gets a new session.
///
/// # Errors
/// On fields `current` and `new_password`; `too_many` as for signing in.
pub async fn change_password(
    services: &Services,
    tx: OwnTx<AccountWrite>,
    user_agent: Option<&str>,
    current: &str,
    password: &str,
) -> Result<sessions::SignedIn> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let (id, email, _) = step_up::signed_in(&caller)?;
    let fault = rules::password_fault(password, email).map(|fault| fault.message);
    if let Some(message) = fault.or_else(|| (password == current).then(|| "Choose a different password.".to_owned())) {
        return Err(Error::field("new_password", message));
    }
    let proved = step_up::prove(services, &caller, "current", current).await?;
    let hash = passwords::hash(password).await?;
    let mut tx = services.db.own::<AccountManage>(&proved).await?;
    let now = services.now();
    if !queries::set_password(tx.conn(), id, &hash, now).await? {
        return Err(Error::not_found("User"));
    }
    queries::end_links(tx.conn(), id, now).await?;
    let ended = queries::delete_sessions(tx.conn(), id).await?;
    tx.commit(AuditEvent::new(AuditAction::PasswordChanged, "user", id, email).after(json!({ "sessions_ended": ended }))).await?;
    let mut tx = services.db.public(Caller::new(Actor::Visitor, caller.origin.clone())).await?;
    tx.scope_to(id).await?;
    sessions::open(services, tx, sessions::Login { id, email: email.to_owned() }, user_agent).await
}

/// The sessions of a login that are not over, as its list shows them.
pub(crate) async fn rows(services: &Services, conn: &mut PgConnection, user: UserId, current: Option<SessionId>) -> Result<Vec<SessionRow>> {
    let now = services.now();
    let found = queries::sessions_of(conn, user, now, now - services.settings.session_idle).await?;
    let row = |row: queries::SessionListRow| SessionRow {
        id: row.id,
        device: device(row.user_agent.as_deref()),
        ip: row.ip,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        current: current == Some(row.id),
    };
    Ok(found.into_iter().map(row).collect())
}

/// The session that asks.
pub(crate) fn current(caller: &Caller) -> Option<SessionId> {
    match &caller.actor {
        Actor::User { session, .. } => Some(*session),
        _ => None,
    }
}
