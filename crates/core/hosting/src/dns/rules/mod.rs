//! Rules for records and zones. No I/O.

pub(super) mod custom;
pub(super) mod dangling;
pub(super) mod file;
#[cfg(test)]
mod hostile;
pub(super) mod names;
pub(super) mod plan;
mod svc;
pub(super) mod templates;
pub(super) mod values;
pub(super) mod zone;

#[cfg(test)]
mod tests;

use chrono::{Datelike, TimeDelta};
use model::Time;

// The app cannot depend on `wire`: both name the same TTL of a record without one.
const _: () = assert!(model::hosting::dns::DEFAULT_TTL == wire::zone::DEFAULT_TTL);

/// How far in the future the date of a serial may be: a zone that is changed more than a hundred times a day uses up serials of later days.
const MAX_AHEAD: TimeDelta = TimeDelta::days(7);

/// The serial after this one: by date (`2026111701`), and always greater. Saturates at the maximum.
pub(super) fn next_serial(before: u32, now: Time) -> u32 {
    before.saturating_add(1).max(of_day(now).saturating_add(1))
}

/// Whether a serial reported by a server is plausible by now.
pub(super) fn is_near(serial: u32, now: Time) -> bool {
    serial <= of_day(now + MAX_AHEAD).saturating_add(99)
}

fn of_day(day: Time) -> u32 {
    u32::try_from(day.year()).unwrap_or(0) * 1_000_000 + day.month() * 10_000 + day.day() * 100
}
