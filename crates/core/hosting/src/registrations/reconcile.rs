//! What the registry has, against what should be.

use super::{
    follow::SUBSCRIPTION_BILLING,
    holder,
    letters::{Expiring, Leaving, Registered},
    queries::{self, Registration, Seen},
    rules,
    search::own_name_servers,
    unpaid,
};
use crate::{dns, domains};
use adapters::registrar::{DomainChange, DomainInfo, Registrar, RegistrarError};
use chrono::TimeDelta;
use db::{AuditEvent, SystemTx};
use engine::{
    Result, Services,
    mail::duration_words,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
    text::day,
};
use model::{
    audit_action::AuditAction,
    hosting::registrations::{RegistrationKind, RegistrationStatus},
    ids::DomainRegistrationId,
};
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Most messages that are taken off the registry's queue in one run.
const MAX_MESSAGES: usize = 50;

/// What is said of a domain until it counts as gone.
const NOT_OURS: &str = "The registry doesn't have it in our account. It counts as gone when that stays so.";

/// Compares a domain that is registered here with what the registry has of it, and brings the registry to what is wanted.
pub(super) struct DomainRegistrations;

impl Reconciler for DomainRegistrations {
    const NAME: &'static str = "domain_registration";
    const TITLE: &'static str = "Registered domains match the registry";
    const INTERVAL: Duration = Duration::from_secs(6 * 3600);
    const TIMEOUT: Duration = Duration::from_secs(180);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::registered(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(registrar) = services.find::<dyn Registrar>().cloned() else { return Ok(Outcome::Removed) };
        let id = DomainRegistrationId(key);
        let mut tx = services.db.system_read("registrations").await?;
        let found = queries::get(tx.conn(), id).await?.filter(Registration::is_registered);
        tx.finish().await?;
        let Some(found) = found else { return Ok(Outcome::Removed) };
        let Some(domain) = look(&registrar, &found).await?.filter(|domain| domain.is_ours) else {
            return missing(services, &found).await;
        };
        connect(services, &found).await?;
        let mut differences = bring(services, &registrar, &found, &domain).await?;
        remember(services, &found, &domain, &differences).await?;
        differences.extend(unpaid::follow(services, &found, &domain).await?);
        Ok(Outcome::Checked { subject: domains::display(&found.name), server: None, differences })
    }
}

async fn look(registrar: &Arc<dyn Registrar>, found: &Registration) -> Result<Option<DomainInfo>, ReconcileError> {
    registrar.info(&found.name, None).await.map_err(|error| ReconcileError(rules::sentence(&error)))
}

/// The registry does not have it as ours. It has left when another registrar had asked for it; otherwise once later looks say the same, for a wrong
/// answer would end the account's subscription for good.
async fn missing(services: &Services, found: &Registration) -> Result<Outcome, ReconcileError> {
    let now = services.now();
    let mut tx = services.db.system("registrations").await?;
    queries::set_missing(tx.conn(), found.id, NOT_OURS, now).await?;
    // Those that have ended are deleted by the registry in their time.
    let is_expected = found.expires_at.is_some_and(|at| at <= now);
    let missing = if is_expected { 1 } else { queries::count_missing(tx.conn(), now).await? };
    tx.commit_progress().await?;
    if found.is_leaving || rules::has_left(found.missing_since.unwrap_or(now), now, missing) {
        left(services, found).await?;
        return Ok(Outcome::Removed);
    }
    Ok(Outcome::Checked { subject: domains::display(&found.name), server: None, differences: vec![NOT_OURS.to_owned()] })
}

/// The domain went to another registrar, or the registry has it no longer.
async fn left(services: &Services, found: &Registration) -> Result<()> {
    let now = services.now();
    let mut tx = services.db.system("registrations").await?;
    if queries::end(tx.conn(), found.id, RegistrationStatus::Left, now).await? {
        let event = AuditEvent::new(AuditAction::DomainLeft, "domain_registration", found.id, &found.name).in_tenant(found.tenant_id);
        tx.record(event);
        touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
    }
    Ok(tx.commit_progress().await?)
}

/// A domain that has just been registered counts as proved; one that was registered before, here or elsewhere, not while another account's proof
/// of it stands. A newly registered one gets a zone, where its name servers are ours.
async fn connect(services: &Services, found: &Registration) -> Result<()> {
    if found.connected_at.is_some() {
        return Ok(());
    }
    let is_new = found.kind == RegistrationKind::Register;
    let rivals = if is_new { None } else { Some(domains::rivals(services, found.tenant_id, &found.name).await?) };
    let mut tx = services.db.system("registrations").await?;
    let Some(found) = queries::lock(tx.conn(), found.id).await?.filter(|found| found.is_registered() && found.connected_at.is_none()) else {
        return Ok(());
    };
    let domain = domains::take_registered(services, &mut tx, found.tenant_id, &found.name, rivals.as_ref()).await?;
    if is_new && !own_name_servers(tx.conn()).await?.is_empty() {
        match dns::create_in(services, &mut tx, found.tenant_id, domain).await {
            // It has one, or too many were created today: the domain's page offers it.
            Err(engine::Error::Api(error)) => tracing::info!(error = error.message, name = found.name, "no zone was created"),
            created => created?,
        }
    }
    queries::set_connected(tx.conn(), found.id, services.now()).await?;
    let until = found.expires_at.map(day).unwrap_or_default();
    let what = match found.kind {
        RegistrationKind::Register => "is registered",
        RegistrationKind::Transfer => "was transferred to us",
        RegistrationKind::Restore => "is registered again",
    };
    let letter = Registered { name: domains::display(&found.name), until, what };
    domains::tell(services, &mut tx, found.tenant_id, &letter).await?;
    Ok(tx.commit_progress().await?)
}

/// Tells the registry what it does not have yet. What it refuses is said for people.
async fn bring(
    services: &Services,
    registrar: &Arc<dyn Registrar>,
    found: &Registration,
    domain: &DomainInfo,
) -> Result<Vec<String>, ReconcileError> {
    let mut differences = Vec::new();
    if !found.is_holder_sent {
        match registrar.save_contact(&found.contact_id, &holder::contact(&found.holder)).await {
            Ok(()) => {
                let mut tx = services.db.system("registrations").await?;
                queries::set_holder_sent(tx.conn(), found.id, &found.holder).await?;
                tx.commit_progress().await?;
            }
            Err(error) => differences.push(refused("Holder", &error)?),
        }
    }
    // While a transfer is under way the registry takes no changes, and the lock would stop it.
    if domain.is_being_transferred() || domain.is_deleted() {
        return Ok(differences);
    }
    let wanted = Some(found.name_servers.clone()).filter(|names| !names.is_empty() && !is_same(names, &domain.name_servers));
    let lock = (domain.is_locked() != found.is_locked).then_some(found.is_locked);
    // One that is to be unlocked is unlocked first, and one that is to be locked last.
    let changes = [
        ("Lock", DomainChange { is_locked: lock.filter(|is_locked| !is_locked), ..DomainChange::default() }),
        ("Name servers", DomainChange { name_servers: wanted, ..DomainChange::default() }),
        ("Lock", DomainChange { is_locked: lock.filter(|is_locked| *is_locked), ..DomainChange::default() }),
    ];
    for (what, change) in changes {
        if change == DomainChange::default() {
            continue;
        }
        if let Err(error) = registrar.update(&found.name, &change).await {
            differences.push(refused(what, &error)?);
        }
    }
    Ok(differences)
}

fn refused(what: &str, error: &RegistrarError) -> Result<String, ReconcileError> {
    let sentence = rules::sentence(error);
    if error.is_temporary() { Err(ReconcileError(sentence)) } else { Ok(format!("{what}: {sentence}")) }
}

fn is_same(wanted: &[String], found: &[String]) -> bool {
    wanted.len() == found.len() && wanted.iter().all(|name| found.contains(name))
}

/// Stores what the registry says, and tells the account what it should know.
async fn remember(services: &Services, found: &Registration, domain: &DomainInfo, differences: &[String]) -> Result<()> {
    let now = services.now();
    let Some(expires_at) = domain.expires_at.or(found.expires_at) else { return Ok(()) };
    let status = if domain.is_deleted() { RegistrationStatus::Redemption } else { RegistrationStatus::Active };
    let is_leaving = domain.is_being_transferred();
    let mut tx = services.db.system("registrations").await?;
    queries::set_seen(tx.conn(), found.id, &Seen { status, expires_at, is_leaving, differences, now }).await?;
    if is_leaving && !found.is_leaving {
        domains::tell(services, &mut tx, found.tenant_id, &Leaving { name: domains::display(&found.name) }).await?;
    }
    if found.expires_at != Some(expires_at) {
        // What is paid may ask for a renewal now, or no longer.
        touch(tx.conn(), SUBSCRIPTION_BILLING, found.subscription_id.0, now).await?;
    }
    if let Some(days) = rules::notice(expires_at, now, found.noticed_for.zip(found.noticed_days)) {
        tell_expiry(services, &mut tx, found, expires_at, days).await?;
    }
    Ok(tx.commit_progress().await?)
}

async fn tell_expiry(services: &Services, tx: &mut SystemTx, found: &Registration, expires_at: model::Time, days: i32) -> Result<()> {
    let left = (expires_at - services.now()).num_hours().div_euclid(24).max(1);
    let letter = Expiring {
        name: domains::display(&found.name),
        within: if left == 1 { "1 day".to_owned() } else { duration_words(TimeDelta::days(left)) },
        day: day(expires_at),
        auto_renew: found.auto_renew,
    };
    domains::tell(services, tx, found.tenant_id, &letter).await?;
    Ok(queries::set_noticed(tx.conn(), found.id, expires_at, days).await?)
}

/// Reads the messages of the registry, and has the domains looked at that they are about.
pub(super) struct RegistryMessages;

impl Reconciler for RegistryMessages {
    const NAME: &'static str = "registry_messages";
    const TITLE: &'static str = "Messages of the registry are read";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, _: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(registrar) = services.find::<dyn Registrar>().cloned() else { return Ok(Outcome::Removed) };
        let failure = |error: RegistrarError| ReconcileError(rules::sentence(&error));
        for _ in 0..MAX_MESSAGES {
            let Some(message) = registrar.poll().await.map_err(failure)? else { break };
            tracing::info!(id = message.id, text = message.text, domain = message.domain, "message of the registry");
            // The domain is looked at first: a message that was taken off the queue does not come again.
            if let Some(name) = &message.domain {
                let mut tx = services.db.system("registrations").await?;
                if let Some(id) = queries::id_of_name(tx.conn(), name).await? {
                    touch(tx.conn(), DomainRegistrations::NAME, id.0, services.now()).await?;
                }
                tx.commit_progress().await?;
            }
            registrar.acknowledge(&message.id).await.map_err(failure)?;
        }
        Ok(Outcome::ok("Registry"))
    }
}
