//! Inviting somebody to a customer account: a link to one address, for one role, once.

use super::{above, letters::Invitation, members::tenant_role, queries};
use crate::{accounts::rules, outbox};
use chrono::Duration;
use db::{AuditEvent, ConstraintExt, TenantTx};
use engine::{Error, Result, Services, mail::duration_words, secrets};
use model::{administration::access::role_name, audit_action::AuditAction, ids::InvitationId, permission::UsersWrite};
use serde_json::json;
use uuid::Uuid;

/// How long an invitation's link works.
pub const INVITATION_LIFETIME: Duration = Duration::days(7);
/// An account sends at most this many in a day: the panel's mail is not for strangers.
const A_DAY: i64 = 50;

/// Sends an invitation. One to the same address that is still open ends.
///
/// # Errors
/// On field `email`, when it is no address or a member's; on field `role`; forbidden when the role is above the caller's;
/// `too_many` after many in a day.
pub async fn invite(services: &Services, mut tx: TenantTx<UsersWrite>, email: &str, role: &str) -> Result<InvitationId> {
    let (email, role) = (rules::email(email)?, tenant_role(role)?);
    let (tenant, now) = (tx.tenant(), services.now());
    let Some(caller) = tx.caller().user_id() else { return Err(Error::not_found("Account")) };
    if queries::is_member(tx.conn(), tenant, email.as_str()).await? {
        return Err(Error::field("email", "This person is already a member."));
    }
    if queries::invited_since(tx.conn(), tenant, now - Duration::hours(24)).await? >= A_DAY {
        return Err(Error::too_many("Daily invitation limit reached. Try again tomorrow."));
    }
    queries::revoke_open(tx.conn(), tenant, email.as_str(), now).await?;
    let (id, token) = (InvitationId(Uuid::now_v7()), secrets::new_token());
    let new = queries::NewInvitation {
        id,
        tenant,
        email: email.as_str(),
        role,
        invited_by: caller,
        token_hash: secrets::token_hash(&token),
        now,
        expires_at: now + INVITATION_LIFETIME,
    };
    queries::insert_invitation(tx.conn(), &new).await.on_constraint("role_within", above)?;
    let letter = Invitation {
        tenant: queries::tenant_name(tx.conn(), tenant).await?,
        inviter: tx.caller().actor.to_string(),
        role: role_name(role).to_owned(),
        link: format!("{}/join/{token}", services.settings.public_url),
        valid: duration_words(INVITATION_LIFETIME),
    };
    let queued = outbox::queue(services, tx.conn(), Some(tenant), &email, &letter).await?;
    tx.record(queued);
    let event = AuditEvent::new(AuditAction::TenantUserInvited, "invitation", id, email.as_str());
    tx.commit(event.after(json!({ "role": role }))).await?;
    Ok(id)
}

/// Takes an invitation back: its link no longer works.
///
/// # Errors
/// Not found, when it is not open.
pub async fn revoke_invitation(services: &Services, mut tx: TenantTx<UsersWrite>, id: InvitationId) -> Result<()> {
    let tenant = tx.tenant();
    let email = queries::revoke(tx.conn(), tenant, id, services.now()).await?.ok_or_else(|| Error::not_found("Invitation"))?;
    Ok(tx.commit(AuditEvent::new(AuditAction::InvitationRevoked, "invitation", id, email)).await?)
}
