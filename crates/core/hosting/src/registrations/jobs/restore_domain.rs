//! `RESTORE_DOMAIN`: a domain that was deleted is restored, once that is paid, and the year is added that was paid with it (RFC 3915).
//! To one that was not deleted the year is added only.

use super::{
    NOT_FOUND_TIMEOUT, OfRegistration, PATIENCE, PAUSE, Registration, find, later, note, registrar, rules,
    steps::{refuse, take_over},
};
use adapters::registrar::{DomainInfo, RegistrarError, RestoreReport};
use chrono::TimeDelta;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{Time, administration::provisioning::EventLevel, ids::DomainRegistrationId};
use serde::{Deserialize, Serialize};

/// Pause between two questions about a restoration that the registry has not carried out yet.
const POLL_INTERVAL: TimeDelta = TimeDelta::minutes(30);
/// So long a registry takes to restore a domain.
const RESTORATION_TIMEOUT: TimeDelta = TimeDelta::days(14);
/// Years that are added with it.
const YEARS: u8 = 1;

/// Restores a domain.
#[derive(Serialize, Deserialize)]
pub(in crate::registrations) struct RestoreDomain {
    pub(in crate::registrations) registration: DomainRegistrationId,
    /// How many times this was begun for the order, this one included.
    pub(in crate::registrations) round: i64,
}

impl OfRegistration for RestoreDomain {
    fn registration(&self) -> DomainRegistrationId {
        self.registration
    }
}

impl Saga for RestoreDomain {
    const KIND: &'static str = "RESTORE_DOMAIN";
    const TITLE: &'static str = "Restore domain";

    fn key(&self) -> String {
        format!("restore_domain:{}:{}", self.registration, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<AskRestore>().then::<AwaitRestored>().then::<AddYear>().then::<TakeOver>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::days(30)
    }
}

/// How a step went. What the registry refuses is carried to the end, where the order is ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::registrations) enum Progress {
    /// It was done.
    Done,
    /// The registry was asked, and has the time that it takes since then.
    Asked(Time),
    /// The registry refuses, for this reason.
    Refused(String),
}

/// What the registry has of the domain, where it is ours.
async fn look(cx: &StepContext, name: &str) -> Result<Option<DomainInfo>, StepError> {
    let found = registrar(cx)?.info(name, None).await.map_err(|error| later(cx, &error))?;
    Ok(found.filter(|found| found.is_ours))
}

fn no_longer_kept() -> String {
    "The registry no longer keeps the domain.".to_owned()
}

/// Asks for the domain, unless it was asked for.
pub(in crate::registrations) struct AskRestore;

impl Step for AskRestore {
    type Saga = RestoreDomain;
    type Output = Progress;
    const NAME: &'static str = "ask_restore";
    const TITLE: &'static str = "Request the restoration";
    // The registry asks its price for it; nothing takes that back.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestoreDomain) -> Result<Progress, StepError> {
        let found = find(cx, saga.registration).await?;
        let now = cx.services().now();
        let Some(domain) = look(cx, &found.name).await? else { return Ok(Progress::Refused(no_longer_kept())) };
        if domain.is_deleted() && found.redemption_since.is_none() {
            // No fee was paid for that: it was not deleted yet when it was ordered.
            return Ok(Progress::Refused("The domain was deleted meanwhile, and has to be restored.".to_owned()));
        }
        // An earlier try of this step may have asked for it, and its answer may have been lost.
        if !domain.is_in_redemption() {
            return Ok(match () {
                () if domain.is_restore_pending() => Progress::Asked(now),
                () if domain.is_deleted() => Progress::Refused(no_longer_kept()),
                () => Progress::Done,
            });
        }
        match registrar(cx)?.restore(&found.name).await {
            Ok(()) => {
                cx.log(EventLevel::Info, format!("Requested the restoration of {}.", found.name));
                Ok(Progress::Asked(now))
            }
            // It may have been carried out: the next look tells.
            Err(error @ RegistrarError::SessionLost { .. }) => Err(later(cx, &error)),
            Err(error) if error.is_temporary() && now < cx.since() + PATIENCE => Err(later(cx, &error)),
            Err(error) => Ok(Progress::Refused(rules::sentence(&error))),
        }
    }

    async fn undo(_: &StepContext, _: &RestoreDomain, _: Option<&Progress>) -> Result<(), StepError> {
        Err(StepError::fail("A restoration can't be taken back."))
    }
}

/// Reports on the restoration where the registry waits for that, and waits until the domain is back.
pub(in crate::registrations) struct AwaitRestored;

impl Step for AwaitRestored {
    type Saga = RestoreDomain;
    type Output = Progress;
    const NAME: &'static str = "await_restored";
    const TITLE: &'static str = "Report on the restoration";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestoreDomain) -> Result<Progress, StepError> {
        let asked_at = match cx.output::<AskRestore>()? {
            Progress::Refused(reason) => return Ok(Progress::Refused(reason)),
            Progress::Asked(at) => Some(at),
            Progress::Done => None,
        };
        let found = find(cx, saga.registration).await?;
        let now = cx.services().now();
        let Some(mut domain) = look(cx, &found.name).await? else {
            // One wrong answer does not pay back what was asked for.
            let is_certain = asked_at.is_none_or(|at| at + NOT_FOUND_TIMEOUT <= now);
            return if is_certain { Ok(Progress::Refused(no_longer_kept())) } else { Err(StepError::Wait { until: now + POLL_INTERVAL }) };
        };
        if domain.is_restore_pending() {
            let report = RestoreReport { deleted_at: found.redemption_since.unwrap_or(found.created_at), restored_at: now };
            match registrar(cx)?.report_restore(&found.name, &report).await {
                Ok(()) => cx.log(EventLevel::Info, "Reported on the restoration."),
                Err(error) if error.is_temporary() => return Err(later(cx, &error)),
                // It may have been reported on before.
                Err(error) => cx.log(EventLevel::Warn, rules::sentence(&error)),
            }
            domain = look(cx, &found.name).await?.ok_or(StepError::Wait { until: now + PAUSE })?;
        }
        if !domain.is_deleted() {
            return Ok(Progress::Done);
        }
        // A payment can take longer than the registry does: its time begins when it was asked.
        if asked_at.unwrap_or(found.created_at) + RESTORATION_TIMEOUT <= now {
            return Ok(Progress::Refused("The registry did not restore the domain.".to_owned()));
        }
        Err(StepError::Wait { until: now + POLL_INTERVAL })
    }

    async fn undo(_: &StepContext, _: &RestoreDomain, _: Option<&Progress>) -> Result<(), StepError> {
        Err(StepError::fail("A restoration can't be taken back."))
    }
}

/// What became of the year.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::registrations) enum Restoration {
    /// The domain is back, registered until then.
    Restored(Time),
    /// It is not, for this reason.
    Refused(String),
}

/// Adds the year that was paid, unless the registry has added it with the restoration.
pub(in crate::registrations) struct AddYear;

impl Step for AddYear {
    type Saga = RestoreDomain;
    type Output = Restoration;
    const NAME: &'static str = "add_year";
    const TITLE: &'static str = "Renew the domain at the registry";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestoreDomain) -> Result<Restoration, StepError> {
        if let Progress::Refused(reason) = cx.output::<AwaitRestored>()? {
            return Ok(Restoration::Refused(reason));
        }
        let found = find(cx, saga.registration).await?;
        let from = found.restores_from.ok_or_else(|| StepError::fail("The order does not say when the domain ended."))?;
        match registrar(cx)?.extend(&found.name, from, YEARS).await {
            Ok(expires_at) => Ok(Restoration::Restored(expires_at)),
            Err(error) if error.is_temporary() => Err(later(cx, &error)),
            // One wrong answer does not pay back a domain that is back.
            Err(RegistrarError::NotFound { .. }) if cx.services().now() < cx.since() + NOT_FOUND_TIMEOUT => {
                Err(StepError::Wait { until: cx.services().now() + PAUSE })
            }
            Err(error @ RegistrarError::Refused { .. }) => Ok(Restoration::Refused(rules::sentence(&error))),
            Err(_) => Ok(Restoration::Refused(no_longer_kept())),
        }
    }

    async fn undo(_: &StepContext, _: &RestoreDomain, _: Option<&Restoration>) -> Result<(), StepError> {
        Err(StepError::fail("A renewal can't be taken back."))
    }
}

/// The domain is the account's again; or the order is over, and billing pays it back.
pub(in crate::registrations) struct TakeOver;

impl Step for TakeOver {
    type Saga = RestoreDomain;
    type Output = ();
    const NAME: &'static str = "take_over";
    const TITLE: &'static str = "Give the domain back to the account, or end the order";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &RestoreDomain) -> Result<(), StepError> {
        let found = find(cx, saga.registration).await?;
        match cx.output::<AddYear>()? {
            Restoration::Restored(expires_at) => take_over(cx, saga.registration, expires_at).await,
            Restoration::Refused(reason) => {
                cx.log(EventLevel::Warn, &reason);
                note(cx, found.id, &reason).await?;
                refuse(cx, &Registration { failure: Some(reason), ..found }).await
            }
        }
    }

    async fn undo(_: &StepContext, _: &RestoreDomain, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A restored domain can't be given back."))
    }
}
