//! Whether the platform has the certificates that it needs, and will have them.

use super::{PanelName, can_share, id_of, issue, queries, queries::Held, wildcard};
use crate::{
    certificates::{
        letters::Expiring,
        rules::{self, Need, Trouble},
        secrets,
    },
    dns::acme_zone,
};
use adapters::{acme::Authorities, visitor::Visitor};
use chrono::TimeDelta;
use core_administration::outbox;
use db::AuditEvent;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
    text::minute,
};
use model::{Time, audit_action::AuditAction, hosting::certificates::PlatformCertificateKind as Kind};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// How often a certificate in use is looked at from outside, and its CA asked when it wants it renewed.
const CHECK_INTERVAL: TimeDelta = TimeDelta::hours(6);
/// The same before visitors were seen to get it.
const UNVERIFIED_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// Issues and renews the platform's certificates, and says when one will not be renewed in time.
pub(in crate::certificates) struct PlatformCertificates;

impl Reconciler for PlatformCertificates {
    const NAME: &'static str = "platform_certificate";
    const TITLE: &'static str = "The platform has valid certificates";
    const INTERVAL: Duration = Duration::from_secs(300);
    // A CA may take a minute and a half to look, and as long to sign; name servers are brought the answer before that.
    const TIMEOUT: Duration = Duration::from_secs(420);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        let all = [Kind::Sites, Kind::Panel].map(|kind| Object { key: id_of(kind), server: None });
        Ok(all.into_iter().filter(|one| after.is_none_or(|after| one.key > after)).collect())
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(kind) = Kind::ALL.iter().copied().find(|kind| id_of(*kind) == key) else { return Ok(Outcome::Removed) };
        let Some(authorities) = services.find::<Authorities>() else { return Ok(Outcome::Removed) };
        let Some(names) = names(services, kind).await? else {
            // Asked again at the next pass: it may be set up by then.
            return Ok(Outcome::Checked { subject: kind.title().to_owned(), server: None, differences: Vec::new() });
        };
        let checked = |differences| Ok(Outcome::Checked { subject: kind.title().to_owned(), server: None, differences });
        let now = services.now();
        let mut tx = services.db.system("reconciler").await?;
        let held = queries::ensure(tx.conn(), kind, id_of(kind), &names, now).await?;
        tx.commit_progress().await?;
        let mut differences = Vec::new();
        let (held, trouble) = look(services, authorities, kind, &names, held).await?;
        differences.extend(trouble);
        warn(services, kind, &names, &held).await?;
        if rules::need(&names, &held.kept.covers, held.kept.not_after, held.kept.renew_at, false, now) == Need::Nothing {
            return checked(differences);
        }
        if let Some(next) = held.kept.next_try_at.filter(|next| *next > now) {
            ask_again(services, kind, next).await?;
            differences.extend(held.kept.failure);
            return checked(differences);
        }
        if let Some(trouble) = why_not(services, kind).await? {
            // Where it was never set up, sites have certificates of their own.
            if held.kept.chain.is_some() {
                differences.push(trouble.failure.clone());
                failed(services, kind, &names, &held, &trouble, None).await?;
            }
            return checked(differences);
        }
        match issue::run(services, authorities, kind, &held, &names).await? {
            Ok(()) => ask_again(services, kind, now + UNVERIFIED_INTERVAL).await?,
            Err((trouble, earliest)) => {
                differences.push(trouble.failure.clone());
                failed(services, kind, &names, &held, &trouble, earliest).await?;
            }
        }
        checked(differences)
    }
}

/// The names that a certificate is to be for; nothing where there is to be none.
async fn names(services: &Services, kind: Kind) -> Result<Option<Vec<String>>, ReconcileError> {
    Ok(match kind {
        Kind::Panel => services.find::<PanelName>().map(|panel| vec![panel.0.clone()]),
        // Customers' names whose DNS is elsewhere are proved in the zone in any case.
        Kind::Sites => {
            let has_zone = !acme_zone::ensure(services).await?.is_empty();
            (has_zone && can_share(&services.settings)).then(|| vec![wildcard(&services.settings)])
        }
    })
}

/// Why a certificate cannot be ordered now. The panel's own is simply tried: the CA says what it has found.
async fn why_not(services: &Services, kind: Kind) -> Result<Option<Trouble>, ReconcileError> {
    if kind == Kind::Panel {
        return Ok(None);
    }
    let (Some(zone), Some(target)) = (acme_zone::zone_name(&services.settings), acme_zone::platform_target(&services.settings)) else {
        return Ok(None);
    };
    let base = &services.settings.base_domain;
    if !acme_zone::is_delegated(services).await? {
        let remedy = format!("Delegate {zone} to all name servers, where the DNS of {base} is kept. The next try is made automatically.");
        return Ok(Some(Trouble::new(format!("{zone} is not delegated to our name servers alone, or one of them does not answer."), remedy)));
    }
    if !acme_zone::points_to(services, base, &target).await {
        let record = acme_zone::record_of(base);
        let remedy = format!("Set {record} to CNAME {target} in the DNS of {base}. The next try is made automatically.");
        return Ok(Some(Trouble::new(format!("{record} does not point to {target} by a CNAME record."), remedy)));
    }
    Ok(None)
}

async fn ask_again(services: &Services, kind: Kind, at: Time) -> Result<(), ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    touch(tx.conn(), PlatformCertificates::NAME, id_of(kind), at).await?;
    Ok(tx.commit_progress().await?)
}

/// Looks from outside at the certificate in use, and asks its CA about it. Answers with what is wrong; the certificate stays.
async fn look(
    services: &Services,
    authorities: &Authorities,
    kind: Kind,
    names: &[String],
    held: Held,
) -> Result<(Held, Option<String>), ReconcileError> {
    let now = services.now();
    let (Some(chain), Some(fingerprint), Some(from), Some(end)) =
        (&held.kept.chain, &held.kept.fingerprint, held.kept.not_before, held.kept.not_after)
    else {
        return Ok((held, None));
    };
    let is_seen = kind == Kind::Sites || held.verified_at.is_some();
    let interval = if is_seen { CHECK_INTERVAL } else { UNVERIFIED_INTERVAL };
    if held.kept.checked_at.is_some_and(|at| now < at + interval) {
        return Ok((held, None));
    }
    let (is_shown, trouble) = match (kind, names.first()) {
        (Kind::Panel, Some(name)) => match services.part::<dyn Visitor>().https(name).await {
            Ok(shown) if shown.fingerprint == *fingerprint => (true, None),
            Ok(_) => (false, Some(format!("Visitors of https://{name} get another certificate."))),
            Err(error) => (false, Some(format!("HTTPS does not work from outside: {error}."))),
        },
        _ => (false, None),
    };
    if !is_seen && !is_shown {
        ask_again(services, kind, now + UNVERIFIED_INTERVAL).await?;
    }
    let wish = window(services, authorities, kind, &held, chain).await?;
    // What a CA wants earlier than usual is followed; sites that share one need it in time whatever it wants.
    let by_rule = rules::platform_renewal_time(id_of(kind), from, end);
    let renew_at = match kind {
        Kind::Sites => wish.map_or(by_rule, |wish| wish.min(by_rule)),
        Kind::Panel => wish.unwrap_or(by_rule),
    };
    let renew_at = held.kept.renew_at.filter(|at| *at <= now).unwrap_or(renew_at);
    let mut tx = services.db.system("reconciler").await?;
    queries::set_checked(tx.conn(), kind, is_shown, Some(renew_at), now).await?;
    let again = queries::ensure(tx.conn(), kind, id_of(kind), names, now).await?;
    tx.commit_progress().await?;
    Ok((again, trouble))
}

/// When the CA wants it renewed. One that does not respond says nothing: there is time.
async fn window(services: &Services, authorities: &Authorities, kind: Kind, held: &Held, chain: &str) -> Result<Option<Time>, ReconcileError> {
    let Some(authority) = held.kept.authority.as_deref().and_then(|url| authorities.find(url)) else { return Ok(None) };
    let Some(account) = secrets::known_account(services, authority.directory_url()).await? else { return Ok(None) };
    match authority.renewal_window(&account, chain).await {
        Ok(window) => Ok(window.map(|window| rules::within(id_of(kind), window))),
        Err(error) => {
            tracing::info!(%error, "no renewal window");
            Ok(None)
        }
    }
}

/// Notes what failed, once for each try, and when the next one is.
async fn failed(
    services: &Services,
    kind: Kind,
    names: &[String],
    held: &Held,
    trouble: &Trouble,
    earliest: Option<Time>,
) -> Result<(), ReconcileError> {
    let next = (services.now() + rules::pause(id_of(kind), held.kept.failures + 1)).max(earliest.unwrap_or_else(|| services.now()));
    let mut tx = services.db.system("reconciler").await?;
    queries::set_trouble(tx.conn(), kind, trouble, next).await?;
    touch(tx.conn(), PlatformCertificates::NAME, id_of(kind), next).await?;
    let event = AuditEvent::new(AuditAction::SslFailed, "platform_certificate", id_of(kind), kind.title());
    tx.record(event.after(serde_json::json!({ "names": names, "reason": trouble.failure, "keeps": held.kept.fingerprint })));
    Ok(tx.commit_progress().await?)
}

/// Writes to staff when a certificate comes near its end because it could not be renewed.
async fn warn(services: &Services, kind: Kind, names: &[String], held: &Held) -> Result<(), ReconcileError> {
    let (Some(not_after), Some(failure)) = (held.kept.not_after, held.kept.failure.clone()) else { return Ok(()) };
    let Some(days) = rules::warning(not_after, held.kept.warned_days, services.now()) else { return Ok(()) };
    let letter = Expiring { domain: names.join(", "), until: minute(not_after), failure, remedy: held.kept.remedy.clone().unwrap_or_default() };
    let mut tx = services.db.system("reconciler").await?;
    if let Ok(to) = wire::Email::new(services.settings.seller.email.clone()) {
        let queued = outbox::queue(services, tx.conn(), None, &to, &letter).await?;
        tx.record(queued);
    }
    queries::set_warned(tx.conn(), kind, days).await?;
    Ok(tx.commit_progress().await?)
}
