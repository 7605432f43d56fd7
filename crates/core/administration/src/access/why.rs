//! Why an access check passes or fails: asked of the function that decides.

use super::queries;
use chrono::Duration;
use db::{AuditEvent, Caller, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    administration::access::{AccessExplanation, ROLES, role_name},
    audit_action::AuditAction,
    ids::UserId,
    permission::{UsersRead, all},
};
use serde_json::json;

/// A person who asks again and again for what the role does not allow is written down this often.
const REFUSALS_APART: Duration = Duration::minutes(10);

/// May this login do this, in this account or (with an empty word) on the platform, and why? `place` is a slug.
///
/// # Errors
/// Not found for an unknown login; on fields `permission` and `place` when there is none such.
pub async fn why(services: &Services, mut tx: PlatformTx<UsersRead>, user: UserId, permission: &str, place: &str) -> Result<AccessExplanation> {
    let known = all().find(|entry| entry.name == permission && !entry.roles.is_empty());
    let entry = known.ok_or_else(|| Error::field("permission", "Select a permission."))?;
    let login = queries::user(tx.conn(), user).await?.ok_or_else(|| Error::not_found("User"))?;
    let place = place.trim().to_lowercase();
    let tenant = match place.as_str() {
        "" => None,
        slug => Some(queries::tenant_by_slug(tx.conn(), slug).await?.ok_or_else(|| Error::field("place", "No account has this slug."))?),
    };
    tx.finish().await?;
    let (tenant, name) = tenant.map_or((None, "the platform".to_owned()), |(id, name)| (Some(id), name));
    let decision = services.db.explain_access(user, tenant, entry.name).await?;
    let (email, permission) = (&login.email, entry.name);
    let role = decision.role.as_deref().map_or("", role_name);
    let scope = if tenant.is_some() { "tenant" } else { "platform" };
    let words = match decision.reason.as_str() {
        "member" => format!("Yes: {email} is {role} of {name}; this role has {permission}."),
        "staff" => format!("Yes: {email} is {role} on the platform; this role has {permission} everywhere."),
        "role_lacks" => {
            format!("No: {email} is {role} of {name}; this role does not have {permission}. Roles that do: {}.", holders(permission, scope))
        }
        "account_suspended" => format!("No: {name} is suspended; its members can only view and pay what they owe."),
        "second_step" => format!("No: {email} is {role} on the platform but has to set up 2FA first."),
        "stranger" => format!("No: {email} is not a member of {name} and has no platform role."),
        "not_staff" => format!("No: {email} has no platform role."),
        "not_active" => format!("No: the user {email} can't sign in; its status is {}.", login.status.to_string().to_lowercase()),
        _ => format!("No: {email} has no access to it."),
    };
    let asked = if entry.step_up { " Requires password confirmation." } else { "" };
    let allowed = decision.outcome == "ok";
    Ok(AccessExplanation { allowed, words: if allowed { format!("{words}{asked}") } else { words } })
}

/// The roles of one side that hold it, by name.
fn holders(permission: &str, scope: &str) -> String {
    let held = all().find(|entry| entry.name == permission).map_or(&[][..], |entry| entry.roles);
    let names: Vec<_> = ROLES.iter().filter(|role| role.scope == scope && held.contains(&role.code)).map(|role| role.name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Writes down that a signed-in person was refused, once in ten minutes for each permission.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn note_refusal(services: &Services, caller: &Caller, permission: &str, place: &str) -> Result<()> {
    let Some(user) = caller.user_id() else { return Ok(()) };
    let mut tx = services.db.system(caller).await?;
    queries::lock_refusal(tx.conn(), user, permission).await?;
    if queries::refused_since(tx.conn(), user, permission, services.now() - REFUSALS_APART).await? {
        return Ok(());
    }
    let event = AuditEvent::new(AuditAction::AccessRefused, "permission", permission, permission);
    Ok(tx.commit(event.after(json!({ "place": place.chars().take(64).collect::<String>() }))).await?)
}
