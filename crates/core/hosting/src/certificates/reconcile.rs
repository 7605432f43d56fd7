//! Whether a site has a certificate that is valid for its names, and will have one.

use super::{
    budget,
    jobs::{self, CertificateSaga, IssueSsl, RenewSsl, Task},
    leads_here::provable_names,
    letters::{Expiring, OwnExpiring},
    queries::{self, Held},
    rules::{self, Need, Trouble},
    secrets,
};
use crate::cloudpods::{self, ServedSite};
use adapters::{acme::Authorities, visitor::Visitor};
use chrono::TimeDelta;
use core_administration::outbox;
use db::SystemTx;
use engine::{
    Services,
    mail::Letter,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{Time, ids::CertificateId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// How often a certificate in use is looked at from outside, and its CA asked when it wants it renewed.
const CHECK_INTERVAL: TimeDelta = TimeDelta::hours(6);
/// While another job of the pod goes on, it is looked again after this.
const WHILE_BUSY: TimeDelta = TimeDelta::seconds(10);

/// Starts the jobs that issue and renew certificates, and says when one will not be renewed in time.
pub(super) struct Certificates;

impl Reconciler for Certificates {
    const NAME: &'static str = "certificate";
    const TITLE: &'static str = "Sites have valid certificates";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::sites(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let Some(authorities) = services.find::<Authorities>() else { return Ok(Outcome::Removed) };
        let Some((site, held)) = find(services, key).await? else { return Ok(Outcome::Removed) };
        let checked = |differences| {
            let subject = site.names.first().cloned().unwrap_or_else(|| site.pod_name.clone());
            Ok(Outcome::Checked { subject, server: Some(site.server_id), differences })
        };
        let now = services.now();
        let mut differences = Vec::new();
        let held = match look(services, authorities, &site, held).await? {
            (held, Some(trouble)) => {
                differences.push(trouble);
                held
            }
            (held, None) => held,
        };
        warn(services, &site, &held).await?;
        let need = rules::need(&site.names, &held.covers, held.not_after, held.renew_at, held.is_own(), now);
        match need {
            Need::Nothing => {
                if let Some(name) = site.names.iter().find(|name| held.is_own() && !rules::is_covered(name, &held.covers)) {
                    differences.push(format!("The certificate that the customer has installed is not for {name}."));
                }
                return checked(differences);
            }
            // Nobody sees a suspended site; what it has is renewed, so that it comes back with it.
            Need::Issue if !site.is_running => return checked(differences),
            Need::Issue | Need::Renew => {}
        }
        if let Some(next) = held.next_try_at.filter(|next| *next > now) {
            ask_again(services, key, next).await?;
            differences.push(held.failure.unwrap_or_else(|| "The last try has failed.".to_owned()));
            return checked(differences);
        }
        if site.is_moving {
            ask_again(services, key, now + WHILE_BUSY).await?;
            return checked(differences);
        }
        let (names, trouble) = provable_names(services, &site).await?;
        if let Some(trouble) = &trouble {
            differences.push(trouble.failure.clone());
        }
        // One that is for some of the names already is not ordered again for the same ones.
        let is_new = need == Need::Renew || held.not_after.is_none_or(|end| end <= now) || !held.covers_all(&names);
        let waits = need == Need::Renew && rules::waits_for_names(&site.names, &held.covers, &names, held.not_after, now);
        if names.is_empty() || !is_new || waits {
            if let Some(trouble) = trouble {
                not_tried(services, key, &held, &trouble).await?;
            }
            return checked(differences);
        }
        if need == Need::Issue
            && let Some(trouble) = wait(services, authorities, &site, &held, &names).await?
        {
            differences.push(trouble.failure);
            return checked(differences);
        }
        differences.push(match need {
            Need::Renew => start::<RenewSsl>(services, &site, held.id, names).await?,
            Need::Issue | Need::Nothing => start::<IssueSsl>(services, &site, held.id, names).await?,
        });
        checked(differences)
    }
}

/// The site and its row. Nothing for a site that is not served; what a deleted one has left is forgotten.
async fn find(services: &Services, key: Uuid) -> Result<Option<(ServedSite, Held)>, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    let found = match cloudpods::served_site(tx.conn(), key).await? {
        Some(site) => {
            let new = CertificateId(Uuid::now_v7());
            queries::ensure(tx.conn(), new, (site.tenant, site.pod, site.id), &site.names, services.now()).await?;
            queries::of_site(tx.conn(), key).await?.map(|held| (site, held))
        }
        None => {
            queries::forget(tx.conn(), key).await?;
            None
        }
    };
    tx.commit_progress().await?;
    Ok(found)
}

async fn ask_again(services: &Services, key: Uuid, at: Time) -> Result<(), ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    touch(tx.conn(), Certificates::NAME, key, at).await?;
    Ok(tx.commit_progress().await?)
}

/// Looks from outside at the certificate in use, and asks its CA about it. Answers with what is wrong; the certificate stays.
async fn look(services: &Services, authorities: &Authorities, site: &ServedSite, held: Held) -> Result<(Held, Option<String>), ReconcileError> {
    let now = services.now();
    let (Some(chain), Some(fingerprint), Some(name)) =
        (&held.chain, &held.fingerprint, site.names.iter().find(|name| rules::is_covered(name, &held.covers)))
    else {
        return Ok((held, None));
    };
    if held.checked_at.is_some_and(|at| now < at + CHECK_INTERVAL) {
        return Ok((held, None));
    }
    let trouble = match services.part::<dyn Visitor>().https(name).await {
        Ok(shown) if shown.fingerprint == *fingerprint => None,
        // It is there for the day on which the name leads here.
        _ if held.by_dns.contains(name) && is_shown_here(services, site, name, fingerprint).await => None,
        Ok(_) => Some(format!("Visitors of https://{name} get another certificate.")),
        Err(error) => Some(format!("HTTPS does not work from outside: {error}.")),
    };
    let wish = window(services, authorities, &held, chain).await?;
    let by_rule = match (held.not_before, held.not_after) {
        (_, Some(end)) if held.is_own() => Some(rules::own_replacement_time(end)),
        (Some(from), Some(end)) => Some(rules::renewal_time(held.id.0, from, end)),
        _ => None,
    };
    let renew_at = wish.or(by_rule);
    let mut tx = services.db.system("reconciler").await?;
    queries::set_checked(tx.conn(), held.id, trouble.is_none(), renew_at, now).await?;
    let again = queries::of_site(tx.conn(), site.id).await?;
    tx.commit_progress().await?;
    Ok((again.unwrap_or(held), trouble))
}

/// Whether the server shows a certificate for a name at its own address, wherever the name leads.
async fn is_shown_here(services: &Services, site: &ServedSite, name: &str, fingerprint: &str) -> bool {
    services.part::<dyn Visitor>().https_at(name, &site.address).await.is_ok_and(|shown| shown.fingerprint == fingerprint)
}

/// When the CA wants it renewed. One that does not respond says nothing: there is time.
async fn window(services: &Services, authorities: &Authorities, held: &Held, chain: &str) -> Result<Option<Time>, ReconcileError> {
    let Some(url) = held.authority.as_deref() else { return Ok(None) };
    let Some(authority) = authorities.find(url) else { return Ok(None) };
    let mut tx = services.db.system_read("reconciler").await?;
    let sealed = queries::account(tx.conn(), url).await?;
    tx.finish().await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let account = secrets::open_account(&services.key, url, &sealed)?;
    match authority.renewal_window(&account, chain).await {
        Ok(window) => Ok(window.map(|window| rules::within(held.id.0, window))),
        Err(error) => {
            tracing::info!(%error, "no renewal window");
            Ok(None)
        }
    }
}

/// Writes to the customer and to staff when a certificate comes near its end because it could not be renewed; to the customer alone when it is one
/// of his own.
async fn warn(services: &Services, site: &ServedSite, held: &Held) -> Result<(), ReconcileError> {
    let Some(not_after) = held.not_after else { return Ok(()) };
    let Some(days) = rules::warning(not_after, held.warned_days, services.now()) else { return Ok(()) };
    let domain = site.names.first().cloned().unwrap_or_default();
    let in_words = |at: Time| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut tx = services.db.system("reconciler").await?;
    let customer = queries::billing_email(tx.conn(), site.tenant).await?;
    match held.failure.clone() {
        Some(failure) => {
            let letter = Expiring { domain, until: in_words(not_after), failure, remedy: held.remedy.clone().unwrap_or_default() };
            mail(services, &mut tx, Some(site.tenant), customer, &letter).await?;
            mail(services, &mut tx, None, services.settings.seller.email.clone(), &letter).await?;
        }
        None if held.is_own() => {
            let letter = OwnExpiring { domain, until: in_words(not_after), replaced: in_words(rules::own_replacement_time(not_after)) };
            mail(services, &mut tx, Some(site.tenant), customer, &letter).await?;
        }
        None => return Ok(tx.finish().await?),
    }
    queries::set_warned(tx.conn(), held.id, days).await?;
    Ok(tx.commit_progress().await?)
}

async fn mail(
    services: &Services,
    tx: &mut SystemTx,
    tenant: Option<model::ids::TenantId>,
    to: String,
    letter: &impl Letter,
) -> Result<(), ReconcileError> {
    let Ok(to) = wire::Email::new(to) else { return Ok(()) };
    let queued = outbox::queue(services, tx.conn(), tenant, &to, letter).await?;
    tx.record(queued);
    Ok(())
}

/// Where the CA's week is used up: said, and looked at again when it is not.
async fn wait(
    services: &Services,
    authorities: &Authorities,
    site: &ServedSite,
    held: &Held,
    names: &[String],
) -> Result<Option<Trouble>, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    let found = budget::wait(services, authorities, tx.conn(), site.tenant, names).await?;
    if let Some((at, trouble)) = &found {
        queries::set_trouble(tx.conn(), held.id, trouble, Some(*at)).await?;
        touch(tx.conn(), Certificates::NAME, site.id, *at).await?;
    }
    tx.commit_progress().await?;
    Ok(found.map(|(_, trouble)| trouble))
}

/// No name leads here: said, and not tried.
async fn not_tried(services: &Services, key: Uuid, held: &Held, trouble: &Trouble) -> Result<(), ReconcileError> {
    let next = services.now() + rules::pause(held.id.0, held.failures + 1);
    let mut tx = services.db.system("reconciler").await?;
    queries::set_trouble(tx.conn(), held.id, trouble, None).await?;
    queries::count_failure(tx.conn(), held.id, None, next).await?;
    touch(tx.conn(), Certificates::NAME, key, next).await?;
    Ok(tx.commit_progress().await?)
}

/// Starts the job, unless another one of the pod is at work.
async fn start<S: CertificateSaga>(services: &Services, site: &ServedSite, id: CertificateId, names: Vec<String>) -> Result<String, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    cloudpods::lock_pod(tx.conn(), site.pod).await?;
    if cloudpods::has_unfinished_job(tx.conn(), site.pod).await? {
        touch(tx.conn(), Certificates::NAME, site.id, services.now() + WHILE_BUSY).await?;
        tx.commit_progress().await?;
        return Ok("A job of the CloudPod is in progress.".to_owned());
    }
    let task = Task { site: site.id, certificate: id, names, fresh: false, round: 0 };
    jobs::start::<S>(services, &mut tx, site, task).await?;
    tx.commit_progress().await?;
    Ok(format!("{} is in progress.", S::TITLE))
}
