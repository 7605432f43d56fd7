//! Serials of the ACME zone. No I/O.
//!
//! They are seconds and not, as those of customers' zones, days with a number: answers come and go with every certificate that is proved here, which
//! is more than a hundred times a day where many are.

use chrono::TimeDelta;
use model::Time;

/// How far in the future a serial may be that a server says.
const MAX_AHEAD: TimeDelta = TimeDelta::days(1);

/// The serial after this one.
pub(super) fn next_serial(before: u32, now: Time) -> u32 {
    before.saturating_add(1).max(of(now))
}

/// Whether a serial that a server says is plausible by now.
pub(super) fn is_near(serial: u32, now: Time) -> bool {
    serial <= of(now + MAX_AHEAD)
}

fn of(now: Time) -> u32 {
    u32::try_from(now.timestamp()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    #[test]
    fn serials_do_not_run_ahead_however_often_a_zone_changes_in_a_day() {
        let at = |seconds: i64| Utc.timestamp_opt(1_800_000_000 + seconds, 0).unwrap();
        let mut serial = 0;
        for change in 0..10_000 {
            let next = next_serial(serial, at(change * 8));
            assert!(next > serial);
            serial = next;
        }
        assert!(is_near(serial, at(80_000)) && serial <= next_serial(0, at(80_000)));
        assert!(next_serial(serial, at(0)) == serial + 1, "also when the clock was set back");
        assert!(!is_near(next_serial(0, at(90_000)), at(0)));
    }
}
