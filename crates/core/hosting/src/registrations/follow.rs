//! A registration follows what is paid for. Billing says what that is, and is told what it has to do about the money.

use super::{
    jobs::{self, RegisterDomain, RenewDomain, RestoreDomain, TransferDomain},
    letters::Refused,
    order::{RegistrationOf, ended},
    queries, restore, rules, unpaid,
};
use crate::domains;
use chrono::TimeDelta;
use db::SystemTx;
use engine::{Result, Services, saga::Saga};
use model::{
    Time,
    hosting::registrations::{RegistrationKind, RegistrationStatus},
};

/// The reconciler that has subscriptions invoiced and paid; it stands in an area above.
pub(super) const SUBSCRIPTION_BILLING: &str = "subscription_billing";
/// An order that is not paid by then is cancelled: nobody else can order the name here before.
const PAYMENT: TimeDelta = TimeDelta::days(7);

/// What of a registration is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// Not even its first year.
    Nothing,
    /// Everything until then.
    Until(Time),
}

/// How a registration stands, for billing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on. What is not as it should be is said in words, for people.
    GoesOn(Vec<String>),
    /// It was not paid in time: its invoice is to be credited, and its subscription ends.
    Unpaid,
    /// It was refused: everything that was paid is to be paid back, and its subscription ends.
    Refused(String),
    /// The domain is not renewed any more: what was paid for its next year is to be paid back, and its subscription ends with the present one.
    RenewalRefused(String),
    /// The domain has left: its subscription ends.
    Left,
}

/// Starts what is paid for and not under way yet. `registration` is locked.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn follow(services: &Services, tx: &mut SystemTx, registration: &RegistrationOf, paid: Paid) -> Result<Standing> {
    let goes_on = Ok(Standing::GoesOn(Vec::new()));
    note_paid(tx, registration, paid).await?;
    let reason = || registration.failure.clone().unwrap_or_else(|| format!("It could not be {}.", registration.asked()));
    match (registration.status, paid) {
        (RegistrationStatus::Ordered, Paid::Nothing) if registration.created_at + PAYMENT <= services.now() => Ok(Standing::Unpaid),
        (RegistrationStatus::Ordered, Paid::Until(_)) if super::is_offered(services) => {
            begin(services, tx, registration).await?;
            goes_on
        }
        (RegistrationStatus::Restoring, Paid::Until(_)) if !queries::has_unfinished_job(tx.conn(), registration.id).await? => {
            begin(services, tx, registration).await?;
            goes_on
        }
        // Its job was cancelled before it began: no step of it has ended the order.
        (RegistrationStatus::Registering | RegistrationStatus::Transferring, _)
            if !queries::has_unfinished_job(tx.conn(), registration.id).await? =>
        {
            if queries::end(tx.conn(), registration.id, RegistrationStatus::Refused, services.now()).await? {
                restore::give_back(tx.conn(), registration).await?;
                tx.record(ended(registration, "its job was cancelled"));
            }
            Ok(Standing::Refused(reason()))
        }
        // It was deleted by us, unpaid: what arrived since is paid back, as for one that has left.
        (RegistrationStatus::Redemption, _) if registration.deleted_at.is_some() => Ok(Standing::Left),
        (RegistrationStatus::Ordered, Paid::Until(_)) => Ok(Standing::GoesOn(vec!["No registry is configured.".to_owned()])),
        (RegistrationStatus::Active | RegistrationStatus::Redemption, _) if registration.renewal_refused_at.is_some() => {
            Ok(Standing::RenewalRefused(reason()))
        }
        (RegistrationStatus::Active | RegistrationStatus::Redemption, Paid::Until(until)) => {
            let Some(from) = registration.expires_at.filter(|expires_at| rules::is_due(*expires_at, until)) else { return goes_on };
            if queries::has_unfinished_job(tx.conn(), registration.id).await? {
                return Ok(Standing::GoesOn(vec![format!("A job of {} has not ended.", registration.name)]));
            }
            let round = queries::count_jobs(tx.conn(), registration.id, RenewDomain::KIND).await? + 1;
            jobs::start(services, tx, registration, &RenewDomain { registration: registration.id, from, round }).await?;
            goes_on
        }
        (RegistrationStatus::Refused, _) => Ok(Standing::Refused(reason())),
        (RegistrationStatus::Left, _) => Ok(Standing::Left),
        _ => goes_on,
    }
}

/// Keeps what billing says is paid of a domain that is registered here.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn note_paid(tx: &mut SystemTx, registration: &RegistrationOf, paid: Paid) -> Result<()> {
    if let Paid::Until(until) = paid
        && registration.is_registered()
    {
        unpaid::queries::set_paid_until(tx.conn(), registration.id, until).await?;
    }
    Ok(())
}

/// Starts the job of an order that was paid.
async fn begin(services: &Services, tx: &mut SystemTx, registration: &RegistrationOf) -> Result<()> {
    let id = registration.id;
    match registration.kind {
        RegistrationKind::Register => {
            jobs::start(services, tx, registration, &RegisterDomain { registration: id }).await?;
            queries::set_status(tx.conn(), id, RegistrationStatus::Registering).await?;
        }
        RegistrationKind::Transfer => {
            jobs::start(services, tx, registration, &TransferDomain { registration: id }).await?;
            queries::set_status(tx.conn(), id, RegistrationStatus::Transferring).await?;
        }
        RegistrationKind::Restore => {
            let round = queries::count_jobs(tx.conn(), id, RestoreDomain::KIND).await? + 1;
            jobs::start(services, tx, registration, &RestoreDomain { registration: id, round }).await?;
            queries::set_status(tx.conn(), id, RegistrationStatus::Restoring).await?;
        }
    }
    Ok(())
}

/// An order that was not paid is over. Its money is billing's.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn cancel_order(services: &Services, tx: &mut SystemTx, registration: &RegistrationOf) -> Result<()> {
    if queries::end(tx.conn(), registration.id, RegistrationStatus::Cancelled, services.now()).await? {
        restore::give_back(tx.conn(), registration).await?;
        tx.record(ended(registration, "it was not paid in time"));
    }
    Ok(())
}

/// The subscription of a registration has ended. One that was ordered only is over; a domain that is registered is not renewed any more. Whether
/// nothing of it is under way, so that it is certain what was delivered.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn end_subscription(services: &Services, tx: &mut SystemTx, registration: &RegistrationOf, paid: Paid) -> Result<bool> {
    note_paid(tx, registration, paid).await?;
    match registration.status {
        RegistrationStatus::Ordered => {
            if queries::end(tx.conn(), registration.id, RegistrationStatus::Cancelled, services.now()).await? {
                restore::give_back(tx.conn(), registration).await?;
                tx.record(ended(registration, "its subscription has ended"));
            }
            Ok(true)
        }
        RegistrationStatus::Refused | RegistrationStatus::Cancelled | RegistrationStatus::Left | RegistrationStatus::Replaced => Ok(true),
        _ => {
            super::set_auto_renew(tx, registration, false).await?;
            Ok(!queries::has_unfinished_job(tx.conn(), registration.id).await?)
        }
    }
}

impl RegistrationOf {
    /// What the registry was asked to do with the domain last, as in "it was not registered".
    pub fn asked(&self) -> &'static str {
        match self.kind {
            _ if self.is_renewal_refused() => "renewed",
            RegistrationKind::Register => "registered",
            RegistrationKind::Transfer => "transferred",
            RegistrationKind::Restore if self.redemption_since.is_none() => "renewed",
            RegistrationKind::Restore => "restored",
        }
    }

    /// Whether the registry was asked to renew it in vain: it cannot be renewed by itself any more.
    pub fn is_renewal_refused(&self) -> bool {
        self.renewal_refused_at.is_some()
    }

    /// Whether the registry has it for the year that begins then.
    pub fn is_beyond(&self, start: Time) -> bool {
        self.expires_at.is_some_and(|expires_at| rules::is_beyond(expires_at, start))
    }

    /// Whether it came from another registrar: it brings along what was left of its time there.
    pub fn is_transfer(&self) -> bool {
        self.kind == RegistrationKind::Transfer
    }

    /// When its registration ends, as the registry says.
    pub fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }

    /// Whether the domain can be renewed by itself from now on.
    pub fn is_registered(&self) -> bool {
        matches!(self.status, RegistrationStatus::Active | RegistrationStatus::Redemption)
    }

    /// Writes to the account that the registry has refused what was asked for.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn tell_refused(&self, services: &Services, tx: &mut SystemTx, reason: &str) -> Result<()> {
        let letter = Refused { name: domains::display(&self.name), asked: self.asked(), reason: reason.to_owned() };
        domains::tell(services, tx, self.tenant_id, &letter).await
    }
}
