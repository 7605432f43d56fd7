//! Accepting an invitation: as somebody new, or signed in with the address that was invited.

use super::queries;
use crate::accounts::{
    self, SignedIn, rules,
    sessions::{self, Login},
};
use db::{AuditEvent, Caller, OwnTx};
use engine::{Error, Result, Services, secrets};
use model::{
    Time,
    actor::Actor,
    administration::{
        access::{InvitationView, InvitationWay},
        accounts::UserStatus,
    },
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    ids::UserId,
    permission::AccountWrite,
};
use serde_json::json;
use uuid::Uuid;

/// What an invitation's link opens, for who asks.
///
/// # Errors
/// Not found, when it is unknown, used, taken back or too old, or when who sent it could no longer send it.
pub async fn invitation(services: &Services, caller: &Caller, token: &str) -> Result<InvitationView> {
    let mut tx = services.db.public(caller).await?;
    let found = open(queries::invitation(tx.conn(), &secrets::token_hash(token)).await?, services.now())?;
    let way = match (&caller.actor, found.user_status) {
        (Actor::User { id, .. }, _) if found.user_id == Some(*id) => InvitationWay::Join,
        (Actor::User { .. }, _) => InvitationWay::Other,
        (_, Some(UserStatus::Active | UserStatus::Disabled)) => InvitationWay::SignIn,
        (_, Some(UserStatus::Invited) | None) => InvitationWay::New,
    };
    Ok(InvitationView {
        tenant_name: found.tenant_name,
        email: found.email,
        role: found.role,
        invited_by: found.invited_by,
        expires_at: found.expires_at,
        way,
    })
}

/// Joins with the login that is signed in; its address must be the invited one. Returns the account's slug.
///
/// # Errors
/// Not found as [`invitation`], and for another login.
pub async fn join(services: &Services, proof: OwnTx<AccountWrite>, token: &str) -> Result<String> {
    let (user, caller, now) = (proof.user(), proof.caller().clone(), services.now());
    proof.finish().await?;
    let mut tx = services.db.system(&caller).await?;
    let found = open(queries::invitation(tx.conn(), &secrets::token_hash(token)).await?, now)?;
    if found.user_id != Some(user) {
        return Err(gone());
    }
    add(&mut tx, &found, user, now).await?;
    tx.commit(joined(&found, user)).await?;
    Ok(found.tenant_slug)
}

/// Makes the login that was invited, or activates it, and signs it in as a member.
///
/// # Errors
/// Not found as [`invitation`], and when the address has an active login; on fields `name` and `password`.
pub async fn accept_as_new(
    services: &Services,
    caller: &Caller,
    user_agent: Option<&str>,
    token: &str,
    name: &str,
    password: &str,
) -> Result<SignedIn> {
    let hash_of = secrets::token_hash(token);
    let mut tx = services.db.public(caller).await?;
    let found = open(queries::invitation(tx.conn(), &hash_of).await?, services.now())?;
    tx.finish().await?;
    let name = name.trim();
    let faults: Vec<_> = [rules::name_fault(name), rules::password_fault(password, &found.email)].into_iter().flatten().collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let hash = accounts::passwords::hash(password).await?;
    let now = services.now();
    let mut tx = services.db.system(caller).await?;
    let found = open(queries::invitation(tx.conn(), &hash_of).await?, now)?;
    let (user, status) = accounts::make_or_reuse(&mut tx, now, &found.email).await?;
    if status != UserStatus::Invited {
        return Err(Error::conflict("This email already has a user. Sign in, then open the link again."));
    }
    accounts::activate_now(&mut tx, now, user, name, &hash).await?;
    add(&mut tx, &found, user, now).await?;
    tx.record(AuditEvent::new(AuditAction::UserActivated, "user", user, &found.email).after(json!({ "status": UserStatus::Active })));
    tx.commit(joined(&found, user)).await?;
    let mut tx = services.db.public(Caller::new(Actor::Visitor, caller.origin.clone())).await?;
    tx.scope_to(user).await?;
    sessions::open(services, tx, Login { id: user, email: found.email }, user_agent).await
}

/// The invitation, when it can still be accepted.
fn open(found: Option<queries::InvitationLookup>, now: Time) -> Result<queries::InvitationLookup> {
    found.filter(|found| found.open && now < found.expires_at).ok_or_else(gone)
}

/// Uses the invitation up and makes the membership; a member stays what it is.
async fn add(tx: &mut db::SystemTx, found: &queries::InvitationLookup, user: UserId, now: Time) -> Result<()> {
    if !queries::accept(tx.conn(), found.invitation_id, now).await? {
        return Err(gone());
    }
    if !queries::insert_member(tx.conn(), found.tenant_id, user, &found.role, now).await? {
        return Err(Error::conflict("You're already a member of this account."));
    }
    Ok(())
}

fn joined(found: &queries::InvitationLookup, user: UserId) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::TenantUserAdded, "user", user, &found.email).in_tenant(found.tenant_id);
    event.after(json!({ "role": found.role, "invited_by": found.invited_by, "invitation": Uuid::from(found.invitation_id.0) }))
}

fn gone() -> Error {
    Error::Api(ApiError::new(ErrorCode::NotFound, "This invitation has expired, was used, or was revoked. Ask for a new one."))
}
