//! Decisions about registrations, without I/O.

use adapters::registrar::RegistrarError;
use chrono::TimeDelta;
use model::Time;

/// A domain whose registration ends so much before what is paid for is renewed. Orders and registrations are not of the same day.
const TOLERANCE: TimeDelta = TimeDelta::days(10);
/// So many domains leave at once without anybody having asked for them; with more the account at the registry is to be looked at.
const MAX_MISSING: i64 = 5;
/// How long registries keep a domain that was deleted for its former holder (RFC 3915).
const REDEMPTION: TimeDelta = TimeDelta::days(30);
/// So long after what is paid a domain that the registry has renewed by itself is deleted there. Registries take that year back for 45 days.
const DELETION: TimeDelta = TimeDelta::days(14);
/// And not before its account has known of it for so long.
const DELETION_NOTICE: TimeDelta = TimeDelta::days(3);
/// How many days before the end of a registration its account is told.
const NOTICES: [i32; 3] = [1, 7, 30];

/// Whether a registration that ends then is to be renewed, when it is paid until then.
pub(super) fn is_due(expires_at: Time, paid_until: Time) -> bool {
    expires_at + TOLERANCE < paid_until
}

/// Whether a registration that ends then lasts into the year that begins at `start`: that year was delivered.
pub(super) fn is_beyond(expires_at: Time, start: Time) -> bool {
    expires_at > start + TOLERANCE
}

/// Until when a domain that is known to be deleted since then can be restored.
pub(super) fn restorable_until(since: Time) -> Time {
    since + REDEMPTION
}

/// When a domain that is paid until then, and that the registry has renewed by itself, is deleted there.
pub(super) fn deletes_at(paid_until: Time, now: Time) -> Time {
    (paid_until + DELETION).max(now + DELETION_NOTICE)
}

/// Whether a domain that the registry has not had as ours since then is gone. Where many are missing at once something else is more likely wrong,
/// and people get a week to find it.
pub(super) fn has_left(missing_since: Time, now: Time, missing: i64) -> bool {
    let wait = if missing > MAX_MISSING { TimeDelta::days(7) } else { TimeDelta::days(1) };
    missing_since + wait <= now
}

/// The notice that is due, in days before the end: the latest one that was not given for this end.
pub(super) fn notice(expires_at: Time, now: Time, given: Option<(Time, i32)>) -> Option<i32> {
    if expires_at <= now {
        return None;
    }
    let due = NOTICES.into_iter().find(|days| expires_at - TimeDelta::days(i64::from(*days)) <= now)?;
    let is_given = given.is_some_and(|(of, days)| of == expires_at && days <= due);
    (!is_given).then_some(due)
}

/// What a registry says, as a sentence for customers.
pub(super) fn sentence(error: &RegistrarError) -> String {
    let reason = match error {
        RegistrarError::NotAvailable { .. } => return "The name is no longer available.".to_owned(),
        RegistrarError::NotFound { .. } => return "The registry does not know the domain.".to_owned(),
        RegistrarError::Temporary { .. } | RegistrarError::SessionLost { .. } => return "The registry is not responding.".to_owned(),
        RegistrarError::Refused { code: 2202, .. } => return "The authorization code is wrong.".to_owned(),
        RegistrarError::Refused { code: 2304, .. } => return "The domain is locked at its registrar, or its status does not allow this.".to_owned(),
        RegistrarError::Refused { reason, .. } => reason,
    };
    let reason: String = reason.chars().take(300).collect();
    format!("The registry refused: {}.", reason.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn day(number: i64) -> Time {
        DateTime::from_timestamp(1_800_000_000 + number * 86_400, 0).unwrap()
    }

    #[test]
    fn a_domain_is_renewed_once_for_each_year_that_is_paid() {
        assert!(!is_due(day(365), day(365)), "the first year is registered");
        assert!(!is_due(day(367), day(365)), "it was registered two days after the order");
        assert!(is_due(day(367), day(730)));
        assert!(!is_due(day(732), day(730)));
    }

    #[test]
    fn a_domain_has_left_when_looks_a_day_apart_agree_and_many_at_once_only_after_a_week() {
        assert!(!has_left(day(1), day(1), 1));
        assert!(has_left(day(1), day(2), 5));
        assert!(!has_left(day(1), day(7), 6));
        assert!(has_left(day(1), day(8), 6));
    }

    #[test]
    fn a_year_is_delivered_when_the_registration_lasts_into_it() {
        assert!(!is_beyond(day(367), day(365)), "the year before was registered two days late");
        assert!(is_beyond(day(730), day(365)));
    }

    #[test]
    fn an_unpaid_domain_is_deleted_14_days_after_its_end_and_never_without_3_days_of_notice() {
        assert_eq!(deletes_at(day(0), day(0)), day(14));
        assert_eq!(deletes_at(day(0), day(11)), day(14));
        assert_eq!(deletes_at(day(0), day(40)), day(43), "whoever was not told for a month is told first");
    }

    #[test]
    fn an_account_is_told_30_7_and_1_days_before_the_end_and_each_once() {
        let end = day(100);
        assert_eq!(notice(end, day(69), None), None);
        assert_eq!(notice(end, day(70), None), Some(30));
        assert_eq!(notice(end, day(75), Some((end, 30))), None);
        assert_eq!(notice(end, day(94), Some((end, 30))), Some(7));
        assert_eq!(notice(end, day(95), Some((end, 7))), None);
        assert_eq!(notice(end, day(99), Some((end, 7))), Some(1));
        assert_eq!(notice(end, day(99), Some((end, 1))), None);
        assert_eq!(notice(end, day(99), None), Some(1), "whoever was not looked at for a month gets one letter, not three");
        assert_eq!(notice(end, day(100), None), None);
        assert_eq!(notice(day(465), day(440), Some((end, 1))), Some(30), "another year has notices of its own");
    }
}
