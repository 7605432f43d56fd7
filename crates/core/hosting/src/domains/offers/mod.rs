//! Offers of domains to other accounts: a domain changes its account by both sides' word.
//!
//! - The owner offers a domain, and the other account accepts or declines it within two weeks. Nothing changes before it accepts.
//! - Nothing of the old account may use the domain or a name below it by then; that account is told what does, the other one only that something does.
//! - The domain, its zone with the records, and the key that signs it go over in one transaction, under the lock under which domains are proved:
//!   nobody finds the domain free in between. The record that proves it stays right, since its token goes along.
//! - The history of the zone ends with the old account: earlier records, and who has changed them, are nobody else's. Serials go on.
//! - An offer does not tell whether there is an account of that name: it looks the same, and ends unanswered. One to an email address that several
//!   accounts have reaches none of them; its owner is written to, and can ask for one to an account's ID.
//! - Table, API and addresses of pages say "transfers": they are older than the transfers between registrars.

mod queries;
mod reconcile;

pub(super) use queries::of_domain;
pub(super) use reconcile::DomainOffers;

use super::{
    letters::{DomainGiven, DomainReceived, OfferDeclined, Offered},
    names, proof, queries as domains, reservations,
};
use crate::{dns, registrations::queries::is_registered_by};
use chrono::TimeDelta;
use db::{AuditEvent, SystemTx, TenantRead, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    text::day,
};
use model::{
    audit_action::AuditAction,
    hosting::domains::{DomainStatus, OfferedDomain},
    ids::{DomainId, DomainOfferId, TenantId},
    permission::{DomainsRead, DomainsTransfer, DomainsWrite},
};
use queries::Offer;
use serde_json::json;
use uuid::Uuid;

/// How long an offer stands.
const LIFETIME: TimeDelta = TimeDelta::days(14);
/// Characters of an account's name that letters to others have.
const MAX_NAME: usize = 40;
/// Offers of an account in a day: each writes to somebody.
const MAX_OFFERS: i64 = 20;

/// Offers a domain of the open account to another one, named by its ID or its billing email. `typed` is the domain's name, as a confirmation.
///
/// # Errors
/// Not found; on the fields `account` and `confirm_name`; a conflict while the domain is not verified, is used, or is offered already; `too_many` after too many offers
/// in a day.
pub async fn offer(services: &Services, tx: TenantTx<DomainsTransfer>, id: DomainId, account: &str, typed: &str) -> Result<DomainOfferId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let account = account_typed(account)?;
    let mut tx = services.db.system(caller).await?;
    let domain = domains::lock_own(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let name = names::display(&domain.name);
    if typed.trim() != domain.name && typed.trim() != name {
        return Err(Error::field("confirm_name", format!("Type {name} to offer this domain.")));
    }
    if domain.status != DomainStatus::Verified {
        return Err(Error::conflict(format!("Verify {name} first.")));
    }
    let found = queries::find_accounts(tx.conn(), &account).await?;
    let to = match found.as_slice() {
        [one] if *one == tenant => return Err(Error::field("account", "This is your own account.")),
        [one] => Some(*one),
        _ => None,
    };
    if found.contains(&tenant) {
        return Err(Error::field("account", "Another account has your billing email address too. Enter the ID of the other account."));
    }
    if let Some(obstacle) = obstacle(&mut tx, tenant, id, &domain.name).await? {
        return Err(Error::conflict(obstacle));
    }
    let now = services.now();
    if queries::count_since(tx.conn(), tenant, now - TimeDelta::days(1)).await? >= MAX_OFFERS {
        return Err(Error::too_many(format!("An account can offer {MAX_OFFERS} domains in 24 hours. Try again later.")));
    }
    let offered = DomainOfferId(Uuid::now_v7());
    let offer = Offer {
        id: offered,
        tenant_id: tenant,
        domain_id: id,
        name: domain.name,
        account,
        to_tenant_id: to,
        status: String::new(),
        expires_at: now + LIFETIME,
        is_owned: true,
    };
    if !queries::insert(tx.conn(), &offer, now).await? {
        return Err(Error::conflict("This domain is offered already. Withdraw that offer first."));
    }
    if let Some(reader) = found.first() {
        let from = label(&queries::account(tx.conn(), tenant).await?);
        let letter = Offered { name, from, until: day(offer.expires_at), reaches_nobody: to.is_none() };
        proof::tell(services, &mut tx, *reader, &letter).await?;
    }
    touch(tx.conn(), DomainOffers::NAME, offered.0, now).await?;
    let event = AuditEvent::new(AuditAction::DomainOffered, "domain", id, &offer.name).in_tenant(tenant);
    tx.commit(event.after(json!({ "account": offer.account }))).await?;
    Ok(offered)
}

/// An account in letters. Its ID comes first: the name is whatever its owner likes, also what looks like our own words.
fn label((id, name): &(String, String)) -> String {
    let mut signs = name.chars().filter(|sign| !sign.is_control() && *sign != '"');
    let mut short: String = signs.by_ref().take(MAX_NAME).collect();
    if signs.next().is_some() {
        short.push('…');
    }
    format!("{id} (\"{}\")", short.trim())
}

/// An account as typed: its ID or an email address.
fn account_typed(typed: &str) -> Result<String> {
    let typed = typed.trim().to_lowercase();
    let is_id = (1..=63).contains(&typed.len()) && typed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id || wire::Email::new(typed.as_str()).is_ok() {
        return Ok(typed);
    }
    Err(Error::field("account", "Enter the ID of the other account, as in its portal's address, or its billing email address."))
}

/// What keeps a domain from going to another account, for the one that has it.
async fn obstacle(tx: &mut SystemTx, tenant: TenantId, id: DomainId, name: &str) -> Result<Option<String>> {
    if let Some(above) = queries::above(tx.conn(), tenant, name).await? {
        let above = names::display(&above);
        return Ok(Some(format!("You have verified {above}, and with it all names below. Transfer {above} instead.")));
    }
    if is_registered_by(tx.conn(), tenant, name).await? {
        return Ok(Some(format!("{} is registered with your account. Its registration can't go to another account.", names::display(name))));
    }
    let uses = queries::uses(tx.conn(), tenant, id, name).await?;
    Ok((!uses.is_empty()).then(|| format!("These names are still in use: {}. Remove or disconnect them first.", uses.join(", "))))
}

/// The domains that other accounts offer to the open one.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list_offered(services: &Services, tx: &mut impl TenantRead<DomainsRead>) -> Result<Vec<OfferedDomain>> {
    Ok(queries::offered(tx.conn(), services.now()).await?)
}

/// Takes the offer of a domain of the open account back.
///
/// # Errors
/// Not found; a conflict if it is not offered.
pub async fn withdraw(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    domains::one(tx.conn(), Some(tenant), id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let no_offer = || Error::conflict("This domain is not offered to another account.");
    let open = queries::of_domain(tx.conn(), id).await?.ok_or_else(no_offer)?;
    let offer = queries::lock(tx.conn(), open.id).await?.filter(Offer::is_open).ok_or_else(no_offer)?;
    queries::end(tx.conn(), offer.id, "WITHDRAWN", services.now()).await?;
    Ok(tx.commit(ended(&offer, "withdrawn")).await?)
}

/// Declines what is offered to the open account.
///
/// # Errors
/// Not found; a conflict when the offer has ended.
pub async fn decline(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainOfferId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let offer = lock_offered(services, &mut tx, tenant, id).await?;
    queries::end(tx.conn(), id, "DECLINED", services.now()).await?;
    proof::tell(services, &mut tx, offer.tenant_id, &OfferDeclined { name: names::display(&offer.name), account: offer.account.clone() }).await?;
    tx.record(
        AuditEvent::new(AuditAction::DomainOfferEnded, "domain", offer.id, &offer.name).in_tenant(tenant).after(json!({ "reason": "declined" })),
    );
    Ok(tx.commit(ended(&offer, "declined")).await?)
}

/// Accepts a domain that is offered to the open account: from now on it is that one's. Returns its new id.
///
/// # Errors
/// Not found; a conflict when the offer has ended, or while the other account uses the domain.
pub async fn accept(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainOfferId) -> Result<DomainId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    // Whoever proves a domain, or takes a name below one, holds this lock; it comes before all others.
    let name = queries::get(tx.conn(), id).await?.filter(|offer| offer.to_tenant_id == Some(tenant)).map(|offer| offer.name);
    let name = name.ok_or_else(|| Error::not_found("Offer"))?;
    domains::lock_registrable(tx.conn(), names::registrable(&name)).await?;
    let offer = lock_offered(services, &mut tx, tenant, id).await?;
    if obstacle(&mut tx, offer.tenant_id, offer.domain_id, &offer.name).await?.is_some() {
        let name = names::display(&offer.name);
        return Err(Error::conflict(format!("The other account still uses {name}. Ask them to remove its sites and names from the domain first.")));
    }
    let (now, new) = (services.now(), DomainId(Uuid::now_v7()));
    queries::move_domain(tx.conn(), offer.domain_id, (new, tenant), now).await?;
    reservations::release_proved(tx.conn(), &offer.name, now).await?;
    dns::hand_over(services, &mut tx, offer.domain_id, (new, tenant)).await?;
    queries::end(tx.conn(), id, "ACCEPTED", now).await?;
    let shown = names::display(&offer.name);
    let (from, to) = (label(&queries::account(tx.conn(), offer.tenant_id).await?), label(&queries::account(tx.conn(), tenant).await?));
    let event = |domain: DomainId, of: TenantId, what: &str, other: &str| {
        AuditEvent::new(AuditAction::DomainTransferred, "domain", domain, &offer.name).in_tenant(of).after(json!({ what: other }))
    };
    tx.record(event(offer.domain_id, offer.tenant_id, "to", &to));
    let received = event(new, tenant, "from", &from);
    proof::tell(services, &mut tx, offer.tenant_id, &DomainGiven { name: shown.clone(), to }).await?;
    proof::tell(services, &mut tx, tenant, &DomainReceived { name: shown, from }).await?;
    tx.commit(received).await?;
    Ok(new)
}

/// An offer to this account that stands, locked.
async fn lock_offered(services: &Services, tx: &mut SystemTx, tenant: TenantId, id: DomainOfferId) -> Result<Offer> {
    let found = queries::lock(tx.conn(), id).await?.filter(|offer| offer.to_tenant_id == Some(tenant));
    let stands = |offer: &Offer| offer.is_open() && offer.is_owned && services.now() < offer.expires_at;
    found.ok_or_else(|| Error::not_found("Offer")).and_then(
        |offer| {
            if stands(&offer) { Ok(offer) } else { Err(Error::conflict("This offer has ended.")) }
        },
    )
}

/// What the account that has made the offer finds in its log.
fn ended(offer: &Offer, reason: &str) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::DomainOfferEnded, "domain", offer.domain_id, &offer.name).in_tenant(offer.tenant_id);
    event.after(json!({ "reason": reason, "account": offer.account }))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn an_account_in_a_letter_is_its_id_and_a_short_name_in_quotation_marks() {
        let of = |name: &str| label(&("globex".to_owned(), name.to_owned()));
        assert_eq!(of("Globex"), "globex (\"Globex\")");
        let words = "Support\".\n\nYour account is locked. Sign in at evil.example to unlock it. \"Globex";
        assert_eq!(of(words), "globex (\"Support.Your account is locked. Sign in …\")");
    }
}
