//! The proof of a domain: a TXT record with a token that only its account was shown.

use super::{
    answers,
    letters::{Lost, TakenOver, Verified},
    names, queries, reservations,
};
use crate::cloudpods;
use adapters::dns::Dns;
use chrono::Duration;
use core_administration::outbox;
use db::{AuditEvent, SystemTx, TenantTx};
use engine::{
    Error, Result, Services,
    mail::Letter,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    Time,
    audit_action::AuditAction,
    hosting::domains::{DomainStatus, ResolverAnswer},
    ids::{DomainId, TenantId},
    permission::{DomainsRead, DomainsWrite},
};
use queries::Row;
use sqlx::PgConnection;
use uuid::Uuid;

/// A domain that nobody has proved by then is given up.
const LIFETIME: Duration = Duration::days(14);
/// For so long DNS is asked every minute, and then more seldom.
const IMPATIENT: Duration = Duration::hours(24);
const SELDOM: Duration = Duration::minutes(15);

/// When a domain that was connected then is given up.
pub(super) fn expires_at(created_at: Time) -> Time {
    created_at + LIFETIME
}

/// Name of the record.
pub(super) fn record_name(domain: &str) -> String {
    format!("_mpanel.{domain}")
}

/// What stands in it.
pub(super) fn record_value(token: &str) -> String {
    format!("mpanel-verify={token}")
}

/// Asks DNS for the proofs of domains that wait for one.
pub(super) struct DomainProofs;

impl Reconciler for DomainProofs {
    const NAME: &'static str = "domain_proof";
    const TITLE: &'static str = "Find proofs of domains in DNS";
    const INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::pending(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(row) = load(services, DomainId(key)).await? else { return Ok(Outcome::Removed) };
        let now = services.now();
        let is_due = row.checked_at.is_none_or(|at| now < row.created_at + IMPATIENT || at + SELDOM <= now);
        let name = names::display(&row.name);
        if !is_due {
            return Ok(Outcome::ok(name));
        }
        if look(services, &row).await? || now < expires_at(row.created_at) {
            return Ok(Outcome::ok(name));
        }
        let mut tx = services.db.system("domains").await?;
        if queries::lock(tx.conn(), row.id).await?.is_some_and(|found| found.status == DomainStatus::Pending) {
            queries::release(tx.conn(), row.id, now).await?;
            let event = AuditEvent::new(AuditAction::DomainDisconnected, "domain", row.id, &row.name).in_tenant(row.tenant_id);
            tx.commit(event.after(serde_json::json!({ "reason": "nobody has proved to own it in time" }))).await?;
        }
        Ok(Outcome::Removed)
    }
}

/// Asks DNS for the proof of a domain of the open account now.
///
/// # Errors
/// Not found.
pub async fn check_now(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainId) -> Result<()> {
    let tenant = tx.tenant();
    tx.finish().await?;
    if let Some(row) = load(services, id).await?.filter(|row| row.tenant_id == tenant) {
        look(services, &row).await?;
        return Ok(());
    }
    // Proved meanwhile, or not this account's.
    let mut tx = services.db.system_read("domains").await?;
    queries::one(tx.conn(), Some(tenant), id).await?.map(|_| ()).ok_or_else(|| Error::not_found("Domain"))
}

/// What each resolver has of the record that proves a domain of the open account.
///
/// # Errors
/// Not found.
pub async fn check_proof(services: &Services, mut tx: TenantTx<DomainsRead>, id: DomainId) -> Result<Vec<ResolverAnswer>> {
    let tenant = tx.tenant();
    let row = queries::one(tx.conn(), Some(tenant), id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    tx.finish().await?;
    let value = record_value(&row.token);
    let mut answers = answers::by_resolver(services, &row.name, &record_name(&row.name), "TXT").await;
    for answer in &mut answers {
        answer.is_right = answer.values.iter().any(|text| text.trim_matches('"').trim() == value);
    }
    Ok(answers)
}

async fn load(services: &Services, id: DomainId) -> Result<Option<Row>> {
    let mut tx = services.db.system_read("domains").await?;
    let row = queries::one(tx.conn(), None, id).await?.filter(|row| row.status == DomainStatus::Pending);
    tx.finish().await?;
    Ok(row)
}

/// What a TXT record says of a domain.
enum Proof {
    Found,
    /// Something else, or nothing; in words.
    Missing(String),
    /// No answer, which says nothing about the record.
    Unknown,
}

/// Asks without a transaction: DNS takes its time.
async fn ask(services: &Services, row: &Row) -> Proof {
    let (name, value) = (record_name(&row.name), record_value(&row.token));
    match services.part::<dyn Dns>().texts(&name).await {
        Ok(texts) if texts.iter().any(|text| text.trim() == value) => Proof::Found,
        Ok(texts) => match texts.first() {
            Some(other) => Proof::Missing(format!("Found another value: {}", other.chars().take(100).collect::<String>())),
            None => Proof::Missing("No TXT record found yet.".to_owned()),
        },
        Err(error) => {
            tracing::info!(%error, name, "failed to ask DNS for a proof");
            Proof::Unknown
        }
    }
}

/// Whether the domain is proved now. What was found is kept.
async fn look(services: &Services, row: &Row) -> Result<bool> {
    let now = services.now();
    let finding = match ask(services, row).await {
        Proof::Found => match prove(services, row).await {
            Ok(None) => return Ok(true),
            Ok(Some(finding)) => finding,
            Err(error) => return Err(error),
        },
        Proof::Missing(finding) => finding,
        Proof::Unknown => "DNS did not answer.".to_owned(),
    };
    let mut tx = services.db.system("domains").await?;
    queries::set_checked(tx.conn(), row.id, &finding, now).await?;
    tx.commit_progress().await?;
    Ok(false)
}

/// Other accounts that have proved a domain, one above it or one below it.
pub(crate) struct Rivals {
    known: Vec<DomainId>,
    /// Why one of them keeps it, for people; nothing where DNS says of each that its record is gone.
    kept: Option<String>,
}

/// Who has proved a domain before keeps it as long as that record stands. Asks DNS: no transaction is open meanwhile.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn rivals(services: &Services, tenant: TenantId, name: &str) -> Result<Rivals> {
    let mut tx = services.db.system_read("domains").await?;
    let rivals = queries::proved_by_others(tx.conn(), tenant, name).await?;
    tx.finish().await?;
    let mut kept = None;
    for rival in &rivals {
        kept = why_kept(services, rival, name).await;
        if kept.is_some() {
            break;
        }
    }
    Ok(Rivals { known: rivals.iter().map(|rival| rival.id).collect(), kept })
}

async fn why_kept(services: &Services, rival: &Row, wanted: &str) -> Option<String> {
    let name = names::display(&rival.name);
    // Who has a name below a domain does not thereby have the domain.
    if rival.name.len() < wanted.len() {
        return Some(format!("Another account has proved {name}, and with it all names below. Connect and prove {name} itself."));
    }
    match ask(services, rival).await {
        Proof::Missing(_) => None,
        Proof::Found => Some(format!("Another account has proved {name}. If it is yours, remove the TXT record at {}.", record_name(&rival.name))),
        Proof::Unknown => Some(format!("Another account has proved {name}, and DNS did not say whether its record still stands.")),
    }
}

/// Takes a domain away from these rivals; or says, for people, why one of them keeps it. Nothing was written then.
pub(super) async fn beat(services: &Services, tx: &mut SystemTx, tenant: TenantId, name: &str, rivals: &Rivals) -> Result<Option<String>> {
    if rivals.kept.is_some() {
        return Ok(rivals.kept.clone());
    }
    let found = queries::proved_by_others(tx.conn(), tenant, name).await?;
    if found.iter().any(|rival| !rivals.known.contains(&rival.id)) {
        return Ok(Some("Another account has proved this domain a moment ago.".to_owned()));
    }
    for rival in &found {
        lose(services, tx, rival).await?;
    }
    Ok(None)
}

/// Makes the domain its account's; or says, for people, why it cannot be yet.
async fn prove(services: &Services, row: &Row) -> Result<Option<String>> {
    let rivals = rivals(services, row.tenant_id, &row.name).await?;
    let now = services.now();
    let mut tx = services.db.system("domains").await?;
    queries::lock_registrable(tx.conn(), names::registrable(&row.name)).await?;
    let Some(found) = queries::lock(tx.conn(), row.id).await? else { return Ok(None) };
    if found.status == DomainStatus::Verified {
        return Ok(None);
    }
    if let Some(kept) = beat(services, &mut tx, row.tenant_id, &row.name, &rivals).await? {
        return Ok(Some(kept));
    }
    take(services, &mut tx, row.id, row.tenant_id, &row.name, "The TXT record was found.").await?;
    tell(services, &mut tx, row.tenant_id, &Verified { name: names::display(&row.name) }).await?;
    touch(tx.conn(), DomainProofs::NAME, row.id.0, now).await?;
    tx.commit(AuditEvent::new(AuditAction::DomainVerified, "domain", row.id, &row.name).in_tenant(row.tenant_id)).await?;
    Ok(None)
}

/// The account that had proved a domain has it no longer.
pub(super) async fn lose(services: &Services, tx: &mut SystemTx, rival: &Row) -> Result<()> {
    queries::release(tx.conn(), rival.id, services.now()).await?;
    tx.record(AuditEvent::new(AuditAction::DomainLost, "domain", rival.id, &rival.name).in_tenant(rival.tenant_id));
    tell(services, tx, rival.tenant_id, &TakenOver { name: names::display(&rival.name), record: record_name(&rival.name) }).await
}

/// The domain is its account's: names at and below it lead to nobody else's CloudPods any more.
pub(super) async fn take(services: &Services, tx: &mut SystemTx, id: DomainId, tenant: TenantId, name: &str, finding: &str) -> Result<()> {
    for lost in cloudpods::names::take_from_others(services, tx, tenant, name).await? {
        let event = AuditEvent::new(AuditAction::DomainLost, "cloud_pod", lost.pod, &lost.pod_name).in_tenant(lost.tenant);
        tx.record(event.before(serde_json::json!({ "name": lost.name })).after(serde_json::json!({ "name": lost.instead })));
        tell(services, tx, lost.tenant, &Lost { name: names::display(&lost.name), pod: lost.pod_name, instead: lost.instead }).await?;
    }
    reservations::release_proved(tx.conn(), name, services.now()).await?;
    Ok(queries::set_verified(tx.conn(), id, finding, services.now()).await?)
}

/// Writes to an account about a domain.
pub(crate) async fn tell<L: Letter>(services: &Services, tx: &mut SystemTx, tenant: TenantId, letter: &L) -> Result<()> {
    let to = queries::billing_email(tx.conn(), tenant).await?;
    let to = wire::Email::new(to).map_err(anyhow::Error::from)?;
    let queued = outbox::queue(services, tx.conn(), Some(tenant), &to, letter).await?;
    tx.record(queued);
    Ok(())
}
