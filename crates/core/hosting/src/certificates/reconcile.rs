//! Whether a site has a certificate that is valid for its names, and will have one.

use super::{
    budget,
    jobs::{self, CertificateSaga, IssueSsl, RenewSsl, Task},
    leads_here::provable_names,
    letters::{Expiring, OwnExpiring},
    platform::{self, Shared},
    queries::{self, Held},
    rules::{self, Need, Trouble},
    secrets,
};
use crate::{
    cloudpods::{self, ServedSite},
    dns::challenges,
};
use adapters::{
    acme::{Authorities, read_chain},
    visitor::Visitor,
};
use chrono::TimeDelta;
use core_administration::outbox;
use db::SystemTx;
use engine::{
    Services,
    mail::Letter,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
    text::minute,
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
        let wildcards = wanted_wildcards(&site, &held);
        let wanted: Vec<String> = site.names.iter().chain(&wildcards).cloned().collect();
        let need = rules::need(&wanted, &held.kept.covers, held.kept.not_after, held.kept.renew_at, held.is_own(), now);
        match need {
            Need::Nothing => {
                if let Some(name) = site.names.iter().find(|name| held.is_own() && !rules::is_covered(name, &held.kept.covers)) {
                    differences.push(format!("The certificate that the customer has installed is not for {name}."));
                }
                return checked(differences);
            }
            // Nobody sees a suspended site; what it has is renewed, so that it comes back with it.
            Need::Issue if !site.is_running => return checked(differences),
            Need::Issue | Need::Renew => {}
        }
        if let Some(next) = held.kept.next_try_at.filter(|next| *next > now) {
            ask_again(services, key, next).await?;
            differences.push(held.kept.failure.unwrap_or_else(|| "The last try has failed.".to_owned()));
            return checked(differences);
        }
        if site.is_moving {
            ask_again(services, key, now + WHILE_BUSY).await?;
            return checked(differences);
        }
        let Some((task, trouble)) = plan(services, &site, &held, need, &wildcards).await? else {
            differences.push("The certificate that all sites share has not been renewed yet.".to_owned());
            return checked(differences);
        };
        if let Some(trouble) = &trouble {
            differences.push(trouble.failure.clone());
        }
        // One that is for some of the names already is not ordered again for the same ones.
        let is_covered = held.covers_all(&task.names) && held.covers_all(&task.wildcards);
        let is_new = need == Need::Renew || held.kept.not_after.is_none_or(|end| end <= now) || !is_covered;
        let waits = need == Need::Renew && rules::waits_for_names(&site.names, &held.kept.covers, &task.names, held.kept.not_after, now);
        if task.names.is_empty() || !is_new || waits {
            if let Some(trouble) = trouble {
                not_tried(services, key, &held, &trouble).await?;
            }
            return checked(differences);
        }
        let ordered: Vec<String> = task.names.iter().filter(|name| !task.platform.contains(name)).cloned().collect();
        if need == Need::Issue
            && let Some(trouble) = wait(services, authorities, &site, &held, &ordered).await?
        {
            differences.push(trouble.failure);
            return checked(differences);
        }
        differences.push(match need {
            Need::Renew => start::<RenewSsl>(services, &site, task).await?,
            Need::Issue | Need::Nothing => start::<IssueSsl>(services, &site, task).await?,
        });
        checked(differences)
    }
}

/// Wildcards that the customer wants, and that a name of the site is below.
fn wanted_wildcards(site: &ServedSite, held: &Held) -> Vec<String> {
    let has_names = |wildcard: &&String| site.names.iter().any(|name| rules::is_covered(name, std::slice::from_ref(wildcard)));
    held.wildcards.iter().filter(has_names).cloned().collect()
}

/// What a job would bring, and what is wrong with the first name that it could not be for. Nothing where the site only waits for the next one of the
/// certificate that all sites share.
async fn plan(
    services: &Services,
    site: &ServedSite,
    held: &Held,
    need: Need,
    wildcards: &[String],
) -> Result<Option<(Task, Option<Trouble>)>, ReconcileError> {
    let mut tx = services.db.system_read("reconciler").await?;
    let shared = platform::shared(services, tx.conn()).await?;
    tx.finish().await?;
    if need == Need::Renew && waits_for_shared(services, held, shared.as_ref()) {
        return Ok(None);
    }
    let platform = platform::covered(shared.as_ref(), &site.names);
    let others: Vec<String> = site.names.iter().filter(|name| !platform.contains(name)).cloned().collect();
    let provable_wildcards = match wildcards {
        [] => Vec::new(),
        _ => challenges::provable(services, site.tenant, wildcards).await?,
    };
    // What stays in use needs no proof.
    let is_kept = held.also_chain.is_some() && is_main_young(services, held, &rules::with_wildcards(&others, &provable_wildcards));
    let needs_proof = |name: &&String| !is_kept && !rules::is_covered(name, &provable_wildcards);
    let alone: Vec<String> = others.iter().filter(needs_proof).cloned().collect();
    let (proved, mut trouble) = match alone.as_slice() {
        [] => (Vec::new(), None),
        _ => provable_names(services, site, &alone).await?,
    };
    if let Some(missing) = wildcards.iter().find(|wildcard| !provable_wildcards.contains(wildcard)) {
        trouble.get_or_insert_with(|| {
            let remedy = "Have its DNS zone answered by our name servers, or set the records for certificates that its page shows.";
            Trouble::of_owner(format!("{missing} can be proved by DNS alone, and its DNS is not kept here."), remedy)
        });
    }
    let is_in = |name: &&String| !alone.contains(name) || proved.contains(name);
    let names = site.names.iter().filter(is_in).cloned().collect();
    let task = Task { site: site.id, certificate: held.id, names, platform, wildcards: provable_wildcards, fresh: false, round: 0 };
    Ok(Some((task, trouble)))
}

/// Whether it is only time for the next shared certificate, and there is none yet.
fn waits_for_shared(services: &Services, held: &Held, shared: Option<&Shared>) -> bool {
    let also = held.also_chain.as_deref().and_then(|chain| read_chain(chain).ok()).map(|also| also.fingerprint);
    let in_use = if held.is_platform { held.kept.fingerprint.clone() } else { also };
    let is_alone = held.is_platform || is_main_young(services, held, &[]);
    is_alone && shared.is_some_and(|shared| in_use.as_ref() == Some(&shared.fingerprint))
}

/// Whether the certificate of a site's own is for these names and has its life before it.
fn is_main_young(services: &Services, held: &Held, names: &[String]) -> bool {
    let Some(Ok(main)) = held.kept.chain.as_deref().filter(|_| !held.is_platform).map(read_chain) else { return false };
    let at = match held.is_own() {
        true => rules::own_replacement_time(main.not_after),
        false => rules::renewal_time(held.id.0, main.not_before, main.not_after),
    };
    services.now() < at && names.iter().all(|name| main.names.contains(name))
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
        (&held.kept.chain, &held.kept.fingerprint, site.names.iter().find(|name| rules::is_covered(name, &held.kept.covers)))
    else {
        return Ok((held, None));
    };
    if held.kept.checked_at.is_some_and(|at| now < at + CHECK_INTERVAL) {
        return Ok((held, None));
    }
    let also = held.also_chain.as_deref().and_then(|chain| read_chain(chain).ok());
    let main = read_chain(chain).map(|main| main.names).unwrap_or_default();
    let apart = also.as_ref().filter(|also| rules::is_apart(name, &main, &also.names));
    let fingerprint = apart.map_or(fingerprint, |also| &also.fingerprint);
    let trouble = match services.part::<dyn Visitor>().certificate(name).await {
        Ok(shown) if shown == *fingerprint => None,
        // It is there for the day on which the name leads here.
        _ if (apart.is_some() || rules::is_covered(name, &held.by_dns)) && is_shown_here(services, site, name, fingerprint).await => None,
        Ok(_) => Some(format!("Visitors of https://{name} get another certificate.")),
        Err(error) => Some(format!("HTTPS does not work from outside: {error}.")),
    };
    let wish = window(services, authorities, &held, chain).await?;
    let by_rule = match (held.kept.not_before, held.kept.not_after) {
        (_, Some(end)) if held.is_own() => Some(rules::own_replacement_time(end)),
        (Some(from), Some(end)) => Some(rules::renewal_time(held.id.0, from, end)),
        _ => None,
    };
    let of_also = also.as_ref().map(|also| rules::renewal_time(held.id.0, also.not_before, also.not_after));
    let renew_at = wish.or(by_rule).into_iter().chain(of_also).min();
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
    // When the shared one is renewed, its own reconciler finds out.
    let Some(url) = held.kept.authority.as_deref().filter(|_| !held.is_platform) else { return Ok(None) };
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
    let Some(not_after) = held.kept.not_after else { return Ok(()) };
    let Some(days) = rules::warning(not_after, held.kept.warned_days, services.now()) else { return Ok(()) };
    let domain = site.names.first().cloned().unwrap_or_default();
    let mut tx = services.db.system("reconciler").await?;
    let customer = queries::billing_email(tx.conn(), site.tenant).await?;
    match held.kept.failure.clone() {
        Some(failure) => {
            let letter = Expiring { domain, until: minute(not_after), failure, remedy: held.kept.remedy.clone().unwrap_or_default() };
            mail(services, &mut tx, Some(site.tenant), customer, &letter).await?;
            mail(services, &mut tx, None, services.settings.seller.email.clone(), &letter).await?;
        }
        None if held.is_own() => {
            let letter = OwnExpiring { domain, until: minute(not_after), replaced: minute(rules::own_replacement_time(not_after)) };
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
    let next = services.now() + rules::pause_of_looks(held.id.0, held.looks + 1);
    let mut tx = services.db.system("reconciler").await?;
    queries::set_trouble(tx.conn(), held.id, trouble, Some(next)).await?;
    queries::count_look(tx.conn(), held.id).await?;
    touch(tx.conn(), Certificates::NAME, key, next).await?;
    Ok(tx.commit_progress().await?)
}

/// Starts the job, unless another one of the pod is at work.
async fn start<S: CertificateSaga>(services: &Services, site: &ServedSite, task: Task) -> Result<String, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    cloudpods::lock_pod(tx.conn(), site.pod).await?;
    if cloudpods::has_unfinished_job(tx.conn(), site.pod).await? {
        touch(tx.conn(), Certificates::NAME, site.id, services.now() + WHILE_BUSY).await?;
        tx.commit_progress().await?;
        return Ok("A job of the CloudPod is in progress.".to_owned());
    }
    jobs::start::<S>(services, &mut tx, site, task).await?;
    tx.commit_progress().await?;
    Ok(format!("{} is in progress.", S::TITLE))
}
