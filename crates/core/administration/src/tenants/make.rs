//! Making a customer account, inside the transaction of a purchase.

use super::queries;
use crate::access;
use db::{AuditEvent, SystemTx};
use engine::{Error, Result};
use model::{
    Time,
    audit_action::AuditAction,
    ids::{TenantId, UserId},
    slug::slug,
};
use serde_json::json;
use uuid::Uuid;

/// Slugs are tried with a number behind them this often; then random letters decide.
const NUMBERED: u32 = 20;

/// The active customer accounts that this login owns, the oldest first; a hundred at most.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn owned(tx: &mut SystemTx, user: UserId) -> Result<Vec<TenantId>> {
    Ok(queries::owned(tx.conn(), user).await?)
}

/// A new customer account that is called after `name_hint` and has this login as its owner. Records `TENANT_CREATED` and `TENANT_USER_ADDED`.
///
/// For a purchase, the login's row must be locked ([`make_or_reuse`](crate::accounts::make_or_reuse) does so) since its accounts were looked
/// at ([`owned`]): two purchases at once make one account.
///
/// `name_hint` is a company's or a site's name; when it is empty the login's address stands in. `country` is an ISO 3166 code.
///
/// # Errors
/// On field `country`, when it is no code; when PostgreSQL refuses.
pub async fn make(tx: &mut SystemTx, now: Time, user: UserId, name_hint: &str, country: &str) -> Result<TenantId> {
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Error::field("country", "Select a country."));
    }
    let email = queries::email_of(tx.conn(), user).await?;
    let name = name_from(name_hint, &email);
    let tenant = TenantId(Uuid::now_v7());
    let slug = insert(tx, tenant, &name, &email, country, now).await?;
    access::queries::insert_member(tx.conn(), tenant, user, "TENANT_OWNER", now).await?;
    let made = AuditEvent::new(AuditAction::TenantCreated, "tenant", tenant, &name);
    tx.record(made.in_tenant(tenant).after(json!({ "name": name, "slug": slug, "billing_email": email, "country": country })));
    let joined = AuditEvent::new(AuditAction::TenantUserAdded, "user", user, &email);
    tx.record(joined.in_tenant(tenant).after(json!({ "role": "TENANT_OWNER" })));
    Ok(tenant)
}

/// Takes the first free slug: `lumen-shop`, `lumen-shop-2`, ..
async fn insert(tx: &mut SystemTx, tenant: TenantId, name: &str, email: &str, country: &str, now: Time) -> Result<String> {
    let base = slug_from(name);
    for number in 1..=NUMBERED {
        let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if queries::insert_tenant(tx.conn(), tenant, name, &slug, email, country, now).await? {
            return Ok(slug);
        }
    }
    let slug = format!("{base}-{}", hex::encode(engine::secrets::random_bytes::<6>()));
    if queries::insert_tenant(tx.conn(), tenant, name, &slug, email, country, now).await? {
        return Ok(slug);
    }
    Err(Error::Internal(anyhow::anyhow!("no free slug behind {base}")))
}

/// The name of a new account: the hint on one line, at most 200 characters; without one the address.
pub(super) fn name_from(hint: &str, email: &str) -> String {
    let name: String = hint.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() { email.chars().take(200).collect() } else { name }
}

/// Lowercase letters, digits and single dashes, at most 40 characters.
pub(super) fn slug_from(name: &str) -> String {
    Some(slug(name, 40)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "account".to_owned())
}
