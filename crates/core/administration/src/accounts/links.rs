//! Single-use links: looking at one, and activating a login with one.

use super::{
    passwords, queries, rules,
    sessions::{self, Login, SignedIn},
};
use db::{AuditEvent, Caller, PublicTx};
use engine::{Error, Result, Services, secrets};
use model::{
    Time,
    administration::accounts::{LinkPurpose, LinkView, UserStatus},
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    ids::UserId,
};
use serde_json::json;

/// What a link opens, before it is used.
///
/// # Errors
/// Not found when it is unknown, used, too old, or of no use any more: all look the same.
pub async fn link(services: &Services, caller: &Caller, token: &str) -> Result<LinkView> {
    let mut tx = services.db.public(caller).await?;
    let link = usable(&mut tx, services.now(), token).await?;
    Ok(LinkView { purpose: link.purpose, email: link.email, expires_at: link.expires_at })
}

/// Sets the first password of an invited login, and signs it in. All other links of the login end with it.
///
/// # Errors
/// Not found as [`link`]; on fields `name` and `password`.
pub async fn activate(
    services: &Services,
    caller: &Caller,
    user_agent: Option<&str>,
    token: &str,
    name: Option<&str>,
    password: &str,
) -> Result<SignedIn> {
    let (link, user, email) = with_login(services, caller, LinkPurpose::Activate, token).await?;
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let faults = [name.and_then(rules::name_fault), rules::password_fault(password, &email)];
    let faults: Vec<_> = faults.into_iter().flatten().collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let hash = passwords::hash(password).await?;
    let mut tx = services.db.public(caller).await?;
    tx.scope_to(user).await?;
    let now = services.now();
    if !queries::use_link(tx.conn(), link, now).await? || !queries::activate(tx.conn(), user, name, &hash, now).await? {
        return Err(gone());
    }
    queries::end_links(tx.conn(), user, now).await?;
    tx.record(AuditEvent::new(AuditAction::UserActivated, "user", user, &email).after(json!({ "status": UserStatus::Active })));
    sessions::open(services, tx, Login { id: user, email }, user_agent).await
}

/// The answer for every link that does not work.
pub(super) fn gone() -> Error {
    Error::Api(ApiError::new(ErrorCode::NotFound, "This link has expired or was already used. Request a new one."))
}

/// The link, when it still does what it was made for.
pub(super) async fn usable(tx: &mut PublicTx, now: Time, token: &str) -> Result<queries::LinkRow> {
    let link = queries::link(tx.conn(), &secrets::token_hash(token)).await?.ok_or_else(gone)?;
    let fits = match link.purpose {
        LinkPurpose::Setup => true,
        LinkPurpose::Activate => link.user_status == Some(UserStatus::Invited),
        LinkPurpose::Reset => matches!(link.user_status, Some(UserStatus::Invited | UserStatus::Active)),
    };
    if link.used_at.is_none() && now < link.expires_at && fits { Ok(link) } else { Err(gone()) }
}

/// A usable link of this purpose: its id, its login and that login's address. The transaction ends here, so that none is
/// open while a password is hashed.
pub(super) async fn with_login(services: &Services, caller: &Caller, purpose: LinkPurpose, token: &str) -> Result<(uuid::Uuid, UserId, String)> {
    let mut tx = services.db.public(caller).await?;
    let link = usable(&mut tx, services.now(), token).await?;
    match (link.user_id, link.email) {
        (Some(user), Some(email)) if link.purpose == purpose => Ok((link.link_id, user, email)),
        _ => Err(gone()),
    }
}
