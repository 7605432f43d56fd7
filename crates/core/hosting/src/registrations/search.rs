//! Looking for names.

use super::registrar;
use crate::{dns, domains};
use adapters::registrar::{AuthCode, RegistrarError};
use chrono::TimeDelta;
use engine::{Error, Result, Services, limits::Limit};
use model::{hosting::registrations::NameAvailability, ids::TenantId};
use sqlx::PgConnection;

/// Most top-level domains that a name without one is tried with.
const MAX_NAMES: usize = 10;
/// Questions to the registry for one account: all go over the one session.
const QUESTIONS: Limit = Limit { kind: "registry_questions", max: 60, window: TimeDelta::hours(1) };

/// What the registry, and we, say of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The name as DNS has it.
    pub name: String,
    /// The name as people write it.
    pub display_name: String,
    /// Its top-level domain, which says what it costs.
    pub tld: String,
    /// Whether it can be had.
    pub availability: NameAvailability,
}

/// A name as people write it.
pub fn display_name(name: &str) -> String {
    domains::display(name)
}

/// A name as it was typed or pasted, without what no domain has.
fn plain(typed: &str) -> String {
    typed.trim().trim_end_matches('.').trim_start_matches("www.").to_lowercase()
}

/// The names that are meant by what was typed: the one that was typed, and its first label below each of these top-level domains.
///
/// # Errors
/// On field `query`.
pub fn names_for(services: &Services, typed: &str, tlds: &[String]) -> Result<Vec<(String, String)>> {
    let wrong = |message: &str| Error::field("query", message);
    let typed = plain(typed);
    if typed.is_empty() {
        return Err(wrong("Enter a name, for example northpier or northpier.example."));
    }
    let label = tlds.iter().find_map(|tld| typed.strip_suffix(tld).and_then(|rest| rest.strip_suffix('.'))).unwrap_or(&typed);
    let is_whole = label != typed;
    if label.contains('.') {
        return Err(wrong("We don't register domains with this ending. Enter a name without an ending to see which ones we do."));
    }
    let asked = tlds.iter().filter(|tld| is_whole && typed == format!("{label}.{tld}"));
    let others = tlds.iter().filter(|tld| !is_whole || typed != format!("{label}.{tld}"));
    let mut names = Vec::new();
    for tld in asked.chain(others).take(MAX_NAMES) {
        let name = domains::read(&format!("{label}.{tld}")).map_err(|message| wrong(&message))?;
        if domains::is_ours(name.as_str(), &services.settings) {
            continue;
        }
        names.push((name.as_str().to_owned(), tld.clone()));
    }
    Ok(names)
}

/// The name that was typed in `field`, and which of these top-level domains it has.
///
/// # Errors
/// On that field.
pub fn read_name(services: &Services, typed: &str, tlds: &[String], field: &str) -> Result<(String, String)> {
    let wrong = |message: &str| Error::field(field, message);
    let typed = plain(typed);
    if !typed.contains('.') {
        return Err(wrong("Enter the domain with its ending, for example northpier.example."));
    }
    let name = domains::read(&typed).map_err(|message| wrong(&message))?.as_str().to_owned();
    if domains::is_ours(&name, &services.settings) {
        return Err(wrong("This domain is the platform's own."));
    }
    let tld = tlds.iter().find(|tld| name.strip_suffix(*tld).and_then(|rest| rest.strip_suffix('.')).is_some_and(|label| !label.contains('.')));
    let tld = tld.ok_or_else(|| wrong("We don't register domains with this ending."))?;
    Ok((name, tld.clone()))
}

/// An ending below which domains are registered, as typed: `.com`, `co.uk`.
///
/// # Errors
/// What to write instead.
pub fn read_ending(typed: &str) -> Result<String, String> {
    let typed = typed.trim().trim_start_matches('.').to_lowercase();
    let name = domains::read(&format!("a.{typed}")).map_err(|_| "Enter an ending, for example com or co.uk.".to_owned())?;
    let ending = name.as_str().trim_start_matches("a.").to_owned();
    if domains::is_public_suffix(&ending) {
        Ok(ending)
    } else {
        Err("This is not an ending that domains are registered under. Enter one such as com or co.uk.".to_owned())
    }
}

/// Asks the registry for an account which of these names (with their top-level domains) can be registered.
///
/// # Errors
/// Unavailable when the registry does not respond; `too_many` when the account has asked too often.
pub async fn look_up(services: &Services, tenant: TenantId, names: Vec<(String, String)>) -> Result<Vec<Offer>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    admit(services, tenant).await?;
    let asked: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
    let found = registrar(services)?.check(&asked).await.map_err(|error| unavailable(&error))?;
    let offer = |(name, tld): (String, String)| {
        let availability = match found.iter().find(|one| one.name == name) {
            None => NameAvailability::Unknown,
            Some(one) if !one.is_available => NameAvailability::Taken,
            Some(one) if one.is_premium => NameAvailability::Premium,
            Some(_) => NameAvailability::Available,
        };
        Offer { display_name: domains::display(&name), name, tld, availability }
    };
    Ok(names.into_iter().map(offer).collect())
}

/// Counts a question to the registry.
pub(super) async fn admit(services: &Services, tenant: TenantId) -> Result<()> {
    let mut tx = services.db.system("registrations").await?;
    let is_admitted = QUESTIONS.admits(tx.conn(), tenant, tenant.0, services.now()).await?;
    tx.commit_progress().await?;
    if !is_admitted {
        return Err(Error::too_many(format!("An account can ask the registry {} times in an hour. Try again later.", QUESTIONS.max)));
    }
    Ok(())
}

/// Whether a domain can be brought here with this code, as far as the registry says before it is asked.
///
/// # Errors
/// On field `domain` or `auth_code`; unavailable when the registry does not respond; `too_many` when the account has asked too often.
pub async fn check_transfer(services: &Services, tenant: TenantId, name: &str, code: &AuthCode) -> Result<()> {
    admit(services, tenant).await?;
    let wrong_code = || Error::field("auth_code", "This is not the domain's authorization code. Ask your current registrar for it.");
    let found = match registrar(services)?.info(name, Some(code)).await {
        Ok(found) => found.ok_or_else(|| Error::field("domain", "Nobody has registered this domain yet. Register it instead."))?,
        Err(RegistrarError::Refused { code: 2202, .. }) => return Err(wrong_code()),
        // Some registries tell nothing of a domain before the transfer is asked for.
        Err(RegistrarError::Refused { code: 2201, .. }) => return Ok(()),
        Err(error) => return Err(unavailable(&error)),
    };
    if found.is_ours {
        return Err(Error::field("domain", "This domain is registered through us already. Contact us to move it to your account."));
    }
    if found.is_being_transferred() {
        return Err(Error::field("domain", "A transfer of this domain is under way already."));
    }
    if found.is_locked() {
        return Err(Error::field("domain", "The domain is locked. Unlock it at your current registrar first."));
    }
    Ok(())
}

pub(super) fn unavailable(error: &RegistrarError) -> Error {
    tracing::warn!(%error, "failed to ask the registry");
    Error::unavailable("The registry is not responding. Try again in a moment.")
}

/// Our own name servers, where there are two or more: registries want two.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn own_name_servers(conn: &mut PgConnection) -> Result<Vec<String>> {
    let names = dns::name_servers(conn).await?;
    Ok(if names.len() >= 2 { names } else { Vec::new() })
}
