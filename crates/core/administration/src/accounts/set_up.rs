//! The first admin: made through a one-time link that only the operator's terminal shows.

use super::{
    SETUP_LIFETIME, link_url,
    links::{gone, usable},
    passwords, queries, rules,
    sessions::{self, Login, SignedIn},
};
use db::{AuditEvent, Caller, ConstraintExt};
use engine::{Error, Result, Services, secrets};
use model::{administration::accounts::LinkPurpose, audit_action::AuditAction, error::ApiError, ids::UserId};
use serde_json::json;
use uuid::Uuid;

/// Makes the link for the first admin and ends all earlier ones; nothing when there is an admin already.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn make_setup_link(services: &Services) -> Result<Option<String>> {
    let now = services.now();
    let mut tx = services.db.system("set-up").await?;
    queries::lock_set_up(tx.conn()).await?;
    if queries::has_staff(tx.conn()).await? {
        return Ok(None);
    }
    queries::end_setup_links(tx.conn(), now).await?;
    let token = secrets::new_token();
    let expires_at = now + SETUP_LIFETIME;
    queries::insert_link(tx.conn(), LinkPurpose::Setup, None, &secrets::token_hash(&token), now, expires_at).await?;
    let event = AuditEvent::new(AuditAction::SetupLinkMade, "platform", "set-up", "Setup link");
    tx.commit(event.after(json!({ "expires_at": expires_at }))).await?;
    Ok(Some(link_url(&services.settings, LinkPurpose::Setup, &token)))
}

/// Makes the first SUPER_ADMIN and signs it in. The link works once.
///
/// # Errors
/// Not found as [`super::link`]; on fields `email`, `name`, `password`.
pub async fn set_up(
    services: &Services,
    caller: &Caller,
    user_agent: Option<&str>,
    token: &str,
    email: &str,
    name: &str,
    password: &str,
) -> Result<SignedIn> {
    let mut tx = services.db.public(caller).await?;
    let link = usable(&mut tx, services.now(), token).await?;
    tx.finish().await?;
    if link.purpose != LinkPurpose::Setup {
        return Err(gone());
    }
    let (email, name) = fields(email, name.trim(), password)?;
    let hash = passwords::hash(password).await?;
    let id = UserId(Uuid::now_v7());
    make(services, caller, link.link_id, id, &email, &name, &hash).await?;
    let mut tx = services.db.public(caller).await?;
    tx.scope_to(id).await?;
    sessions::open(services, tx, Login { id, email }, user_agent).await
}

/// Checks all fields at once.
fn fields(email: &str, name: &str, password: &str) -> Result<(String, String)> {
    let checked = rules::email(email);
    let mut faults = match &checked {
        Err(Error::Api(ApiError { fields, .. })) => fields.clone(),
        _ => Vec::new(),
    };
    faults.extend(rules::name_fault(name));
    faults.extend(rules::password_fault(password, email));
    if faults.is_empty() { Ok((checked?.into(), name.to_owned())) } else { Err(Error::invalid(faults)) }
}

async fn make(services: &Services, caller: &Caller, link: Uuid, id: UserId, email: &str, name: &str, hash: &str) -> Result<()> {
    let now = services.now();
    let mut tx = services.db.system(caller).await?;
    queries::lock_set_up(tx.conn()).await?;
    if queries::has_staff(tx.conn()).await? || !queries::use_link(tx.conn(), link, now).await? {
        return Err(gone());
    }
    queries::insert_admin(tx.conn(), id, email, name, hash, now)
        .await
        .on_constraint("users_email_key", || Error::field("email", "This email is already in use."))?;
    tx.record(
        AuditEvent::new(AuditAction::UserCreated, "user", id, email).after(json!({ "email": email, "name": name, "platform_role": "SUPER_ADMIN" })),
    );
    Ok(tx.commit(AuditEvent::new(AuditAction::PlatformSetUp, "user", id, email)).await?)
}
