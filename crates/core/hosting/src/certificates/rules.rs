//! When a certificate is needed, when it is renewed, and how long is waited after a failure. No I/O.

use adapters::acme::{AcmeError, RenewalWindow};
use chrono::TimeDelta;
use model::Time;
use std::time::Duration;
use uuid::Uuid;

/// Days before the end at which a renewal that fails is told.
const WARNINGS: [i32; 4] = [1, 3, 7, 14];
/// Pauses after failures in a row, in minutes. Let's Encrypt takes five failed validations of a name in an hour, and five certificates for the
/// same names in a week.
const PAUSES: [i64; 5] = [30, 120, 360, 720, 1440];
/// Pauses after looks in a row that found no name leading here, in minutes. They ask no CA, and whoever sets a domain up waits for the first ones.
const PAUSES_OF_LOOKS: [i64; 8] = [2, 2, 5, 10, 15, 30, 60, 120];
/// With so much time left a renewal goes on without the names that do not lead here, and a certificate that was brought is replaced.
const LAST_CHANCE: TimeDelta = TimeDelta::days(3);
/// A CA that refuses further requests is left alone at least this long.
const AFTER_RATE_LIMIT: TimeDelta = TimeDelta::hours(1);

/// What a site's certificate needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// The site has none that is valid for its names.
    Issue,
    /// It is time for the next one.
    Renew,
}

/// What a site's certificate needs. `covers`, the times and `is_own` are those of the one in use.
pub(super) fn need(names: &[String], covers: &[String], not_after: Option<Time>, renew_at: Option<Time>, is_own: bool, now: Time) -> Need {
    if not_after.is_none_or(|end| end <= now) {
        return Need::Issue;
    }
    if renew_at.is_some_and(|at| at <= now) && names.iter().any(|name| is_covered(name, covers)) {
        // First of all it stays valid for the names that it has, whatever the others do.
        Need::Renew
    } else if !is_own && !names.iter().all(|name| is_covered(name, covers)) {
        // What a customer has brought is not replaced because of another name.
        Need::Issue
    } else {
        Need::Nothing
    }
}

/// Whether a certificate for these names is for this one. One with a wildcard is for each name one level below.
pub(super) fn is_covered(name: &str, covers: &[String]) -> bool {
    let below = |covered: &String| covered.strip_prefix("*.").is_some_and(|above| name.split_once('.').is_some_and(|(_, rest)| rest == above));
    covers.iter().any(|covered| covered == name || below(covered))
}

/// Whether visitors of a name get the second of two certificates: the first one is for all names that it covers.
pub(super) fn is_apart(name: &str, first: &[String], second: &[String]) -> bool {
    !is_covered(name, first) && is_covered(name, second)
}

/// Whether a certificate of the platform has life enough before it to be given to sites.
pub(super) fn can_be_shared(not_before: Time, not_after: Time, now: Time) -> bool {
    now < not_after - (not_after - not_before) / 6
}

/// When a certificate of the platform is renewed: some time before the sites that share it look for the next one.
pub(super) fn platform_renewal_time(id: Uuid, not_before: Time, not_after: Time) -> Time {
    renewal_time(id, not_before, not_after) - (not_after - not_before) / 15
}

/// The names of an order: in place of names below a wildcard that is wanted, the wildcard.
pub(super) fn with_wildcards(names: &[String], wildcards: &[String]) -> Vec<String> {
    let used = |wildcard: &&String| names.iter().any(|name| is_covered(name, std::slice::from_ref(wildcard)));
    let wanted: Vec<String> = wildcards.iter().filter(used).cloned().collect();
    names.iter().filter(|name| !is_covered(name, &wanted)).cloned().chain(wanted.iter().cloned()).collect()
}

/// When a certificate is renewed whose CA says nothing about it: with a third of its lifetime left, or a little more, so that those that were
/// issued together are not renewed together.
pub(super) fn renewal_time(id: Uuid, not_before: Time, not_after: Time) -> Time {
    let lifetime = not_after - not_before;
    not_after - lifetime / 3 - part_of(id, lifetime / 30)
}

/// When a certificate that a customer has brought gives way to one that is issued.
pub(super) fn own_replacement_time(not_after: Time) -> Time {
    not_after - LAST_CHANCE
}

/// When a customer may ask for another certificate: a day after the last try, and not before the next one is due.
pub(super) fn own_wish_at(last_try: Option<Time>, next_try: Option<Time>) -> Option<Time> {
    last_try.map(|at| at + TimeDelta::days(1)).max(next_try)
}

/// A moment in the time that the CA has named; each certificate has its own.
pub(super) fn within(id: Uuid, window: RenewalWindow) -> Time {
    window.start + part_of(id, (window.end - window.start).max(TimeDelta::zero()))
}

/// How long is waited after so many failures in a row.
pub(super) fn pause(id: Uuid, failures: i32) -> TimeDelta {
    step(&PAUSES, id, failures)
}

/// How long is waited after so many looks in a row that found no name leading here.
pub(super) fn pause_of_looks(id: Uuid, looks: i32) -> TimeDelta {
    step(&PAUSES_OF_LOOKS, id, looks)
}

/// The pause after the `count`th time, in minutes, and a little more that differs from one certificate to the next.
fn step(pauses: &[i64], id: Uuid, count: i32) -> TimeDelta {
    let at = usize::try_from(count.max(1) - 1).unwrap_or(0).min(pauses.len() - 1);
    let pause = TimeDelta::minutes(pauses[at]);
    pause + part_of(id, pause / 10)
}

/// When a CA may be asked again that refuses further requests.
pub(super) fn after_rate_limit(now: Time, retry_after: Option<Duration>) -> Time {
    let wish = retry_after.and_then(|wish| TimeDelta::from_std(wish).ok()).unwrap_or_default();
    now + wish.clamp(AFTER_RATE_LIMIT, TimeDelta::days(7))
}

/// The warning that is due, in days before the end, where the last one was `warned`.
pub(super) fn warning(not_after: Time, warned: Option<i32>, now: Time) -> Option<i32> {
    let left = not_after - now;
    let due = WARNINGS.into_iter().find(|days| left <= TimeDelta::days(i64::from(*days)))?;
    warned.is_none_or(|warned| due < warned).then_some(due)
}

/// Some part of this time, always the same for the same id.
fn part_of(id: Uuid, whole: TimeDelta) -> TimeDelta {
    // The last bytes of an id are random.
    let [.., a, b] = *id.as_bytes();
    let part = i64::from(u16::from_be_bytes([a, b]));
    TimeDelta::milliseconds(whole.num_milliseconds() / 65_536 * part)
}

/// Whether a renewal waits for names that the certificate is for and that do not lead here now: one look that fails takes no name its certificate.
pub(super) fn waits_for_names(names: &[String], covers: &[String], leading_here: &[String], not_after: Option<Time>, now: Time) -> bool {
    let is_missing = |name: &String| is_covered(name, covers) && !leading_here.contains(name);
    names.iter().any(is_missing) && not_after.is_some_and(|end| end - now > LAST_CHANCE)
}

/// What failed, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) failure: String,
    pub(super) remedy: String,
    /// Whether the owner of the site can do that, and not staff alone.
    pub(super) owner_can_fix: bool,
}

impl Trouble {
    pub(super) fn new(failure: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { failure: failure.into(), remedy: remedy.into(), owner_can_fix: false }
    }

    /// One that the owner of the site can do something about.
    pub(super) fn of_owner(failure: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { owner_can_fix: true, ..Self::new(failure, remedy) }
    }

    /// `address` is where the site's names should lead; `by_dns` are those that were to be proved by DNS.
    pub(super) fn of_authority(error: &AcmeError, address: &str, by_dns: &[String]) -> Self {
        let remedy = match error {
            AcmeError::Unavailable { .. } => "Nothing to do unless it lasts: the next try is made automatically.".to_owned(),
            AcmeError::RateLimited { .. } => "Wait: the next try is made when the certificate authority allows it. Don't retry by hand.".to_owned(),
            AcmeError::NotVerified { name, .. } if by_dns.contains(name) => {
                format!("Check that the registrar of {name} has our name servers and no others. Then retry.")
            }
            AcmeError::NotVerified { name, .. } => {
                format!("Point {name} to {address} and make sure that port 80 can be reached from the internet. Then retry.")
            }
            AcmeError::Refused { .. } => "Fix the reason that the certificate authority gives, or configure another one. Then retry.".to_owned(),
        };
        Self::new(format!("{error}."), remedy)
    }
}
