//! Domains that the registry has renewed by itself although nobody has paid for that: they are deleted in the grace period of that year, so that the
//! registry asks no price for it.
//!
//! - The day is set, shown and written to the account and to staff once, some days ahead.
//! - What is paid by then, or whose payment is on its way, is not deleted.
//! - Without an answer of billing about what is paid nothing is deleted; staff are told.

pub(super) mod queries;

use super::{
    jobs::{self, DeleteDomain},
    letters::{Deletion, UnpaidRenewal},
    queries as registrations,
    queries::Registration,
    rules,
};
use crate::domains;
use adapters::registrar::DomainInfo;
use core_administration::outbox;
use engine::{Result, Services, saga::Saga, text::day};
use model::{Time, permission::DomainsWrite};

/// What is said to staff of a domain that the registry has renewed although its subscription ends, where it is not known what is paid.
const UNPAID_YEAR: &str = "The registry has renewed it by itself, and nobody pays for that. Delete it at the registry in its grace period.";

/// What the registry has renewed unpaid, and what of that is to be done now. Answers with what staff should know.
pub(super) async fn follow(services: &Services, found: &Registration, domain: &DomainInfo) -> Result<Option<String>> {
    let unpaid = found.paid_until.filter(|paid| domain.expires_at.is_some_and(|ends| rules::is_beyond(ends, *paid)));
    let Some(paid_until) = unpaid.filter(|_| domain.is_auto_renewed() && !domain.is_being_transferred() && !domain.is_deleted()) else {
        if found.deletes_at.is_some() {
            let mut tx = services.db.system("registrations").await?;
            queries::set_deletes_at(tx.conn(), found.id, None).await?;
            tx.commit_progress().await?;
        }
        let is_unknown = domain.is_auto_renewed() && !found.auto_renew && found.paid_until.is_none();
        return Ok(is_unknown.then(|| UNPAID_YEAR.to_owned()));
    };
    let now = services.now();
    let at = match found.deletes_at {
        Some(at) => at,
        None => announce(services, found, paid_until).await?,
    };
    if at <= now {
        begin(services, found, paid_until).await?;
    }
    Ok(Some(format!("The registry has renewed it by itself, and nobody has paid for that. It is deleted there on {} unless it is paid.", day(at))))
}

/// Sets the day, and tells the account and staff.
async fn announce(services: &Services, found: &Registration, paid_until: Time) -> Result<Time> {
    let at = rules::deletes_at(paid_until, services.now());
    let mut tx = services.db.system("registrations").await?;
    if queries::set_deletes_at(tx.conn(), found.id, Some(at)).await? {
        let name = domains::display(&found.name);
        let letter = Deletion { name: name.clone(), day: day(at), auto_renew: found.auto_renew };
        domains::tell(services, &mut tx, found.tenant_id, &letter).await?;
        let link = format!("{}/admin/domains/registrations/{}", services.settings.public_url, found.id);
        outbox::queue_for_staff::<DomainsWrite, _>(services, &mut tx, &UnpaidRenewal { name, day: day(at), link }).await?;
    }
    tx.commit_progress().await?;
    Ok(at)
}

/// Starts the deletion, unless it is under way or somebody pays.
async fn begin(services: &Services, found: &Registration, paid_until: Time) -> Result<()> {
    let mut tx = services.db.system("registrations").await?;
    // Billing says what is paid under this lock.
    let Some(found) = registrations::lock(tx.conn(), found.id).await? else { return Ok(()) };
    let now = services.now();
    let is_due = found.is_registered() && found.paid_until == Some(paid_until) && found.deletes_at.is_some_and(|at| at <= now);
    let is_kept = !is_due || registrations::has_unfinished_job(tx.conn(), found.id).await?;
    if is_kept || queries::is_being_paid(tx.conn(), found.id, paid_until, now).await? {
        return Ok(tx.finish().await?);
    }
    let round = registrations::count_jobs(tx.conn(), found.id, DeleteDomain::KIND).await? + 1;
    jobs::start(services, &mut tx, &found, &DeleteDomain { registration: found.id, paid_until, round }).await?;
    Ok(tx.commit_progress().await?)
}
