//! Signed-in browsers. The cookie holds a token, the database its hash.

use super::queries;
use chrono::Duration;
use db::{AuditEvent, Caller, PublicTx};
use engine::{Result, Services, secrets};
use model::{
    Time,
    actor::{Actor, Origin},
    administration::accounts::{UserStatus, Viewer},
    audit_action::AuditAction,
    ids::{SessionId, UserId},
};
use uuid::Uuid;

/// A session's last sight is written down at most this often.
const TOUCH: Duration = Duration::minutes(1);

/// What a successful sign-in gives.
#[derive(Clone)]
pub struct SignedIn {
    /// Goes into the cookie and nowhere else.
    pub token: String,
    /// The session.
    pub session: SessionId,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// Who is signed in now.
    pub viewer: Viewer,
}

/// The token stays out of logs.
impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).field("viewer", &self.viewer.id).finish_non_exhaustive()
    }
}

/// A login whose password or link was right.
pub(crate) struct Login {
    pub id: UserId,
    pub email: String,
}

/// Who is behind a cookie, and as whom requests are made; nothing when the session is over: signed out, unused or old
/// for too long, or its login disabled. Notes the sight once a minute. A password that was typed again not long ago stays proved.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn viewer(services: &Services, origin: Origin, token: &str) -> Result<Option<(Caller, Viewer)>> {
    let mut tx = services.db.public(Caller::new(Actor::Visitor, origin.clone())).await?;
    let now = services.now();
    let found = queries::session(tx.conn(), &secrets::token_hash(token)).await?;
    let idle = services.settings.session_idle;
    let Some(session) = found.filter(|s| s.status == UserStatus::Active && now < s.expires_at && now - s.last_seen_at < idle) else {
        return Ok(None);
    };
    tx.scope_to(session.user_id).await?;
    let viewer = load(&mut tx, session.user_id).await?;
    if now - session.last_seen_at >= TOUCH {
        queries::touch_session(tx.conn(), session.session_id, now).await?;
        tx.commit_bookkeeping().await?;
    }
    let actor = Actor::User { id: session.user_id, email: session.email, session: session.session_id, acting_for: None };
    let caller = Caller::new(actor, origin);
    let proved = session.proved_at.is_some_and(|at| now - at < services.settings.step_up);
    Ok(Some((if proved { caller.with_recent_password() } else { caller }, viewer)))
}

/// Ends the caller's session. Once more does nothing.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn sign_out(services: &Services, caller: &Caller) -> Result<()> {
    let Actor::User { id, email, session, .. } = &caller.actor else { return Ok(()) };
    let mut tx = services.db.public(caller).await?;
    if queries::delete_session(tx.conn(), *session).await? {
        tx.commit(AuditEvent::new(AuditAction::SignedOut, "user", id, email)).await?;
    }
    Ok(())
}

/// Makes a session for a login that has proved itself, and commits. The transaction must be scoped to it; what else was done in
/// it is committed too. The token is always new: nobody can plant one.
pub(crate) async fn open(services: &Services, mut tx: PublicTx, login: Login, user_agent: Option<&str>) -> Result<SignedIn> {
    let now = services.now();
    let (token, session) = (secrets::new_token(), SessionId(Uuid::now_v7()));
    let expires_at = now + services.settings.session_absolute;
    queries::delete_stale_sessions(tx.conn(), login.id, now, now - services.settings.session_idle).await?;
    let new = queries::NewSession {
        id: session,
        user: login.id,
        token_hash: secrets::token_hash(&token),
        now,
        expires_at,
        ip: tx.caller().origin.ip.clone(),
        user_agent: user_agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(400).collect()),
    };
    queries::insert_session(tx.conn(), &new).await?;
    queries::note_login(tx.conn(), login.id, now).await?;
    let viewer = load(&mut tx, login.id).await?;
    let actor = Actor::User { id: login.id, email: login.email.clone(), session, acting_for: None };
    tx.commit(AuditEvent::new(AuditAction::SignedIn, "user", login.id, login.email).by(actor)).await?;
    Ok(SignedIn { token, session, expires_at, viewer })
}

/// The login the transaction is scoped to, as the pages need it.
async fn load(tx: &mut PublicTx, user: UserId) -> Result<Viewer> {
    let user = queries::user(tx.conn(), user).await?;
    let memberships = queries::memberships(tx.conn(), user.id).await?;
    Ok(Viewer {
        id: user.id,
        email: user.email,
        name: user.name,
        platform_role: user.platform_role,
        permissions: user.permissions,
        memberships: memberships.into_iter().map(queries::MembershipRow::view).collect(),
        second_step_missing: user.second_step_missing,
    })
}
