//! When a schedule comes next.

use chrono::{Datelike, Days, TimeDelta};
use model::Time;
use wire::schedule::CronSchedule;

/// Days that are looked at: in 28 years every day of February has been every day of the week, and some more for a century without its leap day.
const DAYS: u32 = 366 * 41;

/// The next runs after this time.
pub(super) fn next_runs(schedule: &CronSchedule, after: Time, count: usize) -> Vec<Time> {
    let (mut found, mut day) = (Vec::new(), after.date_naive());
    for _ in 0..DAYS {
        if schedule.is_day(day.month(), day.day(), day.weekday().num_days_from_sunday()) {
            let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
            let runs = schedule.minutes_of_day().map(|minute| midnight + TimeDelta::minutes(i64::from(minute)));
            found.extend(runs.filter(|run| *run > after).take(count - found.len()));
        }
        match day.checked_add_days(Days::new(1)) {
            Some(next) if found.len() < count => day = next,
            _ => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(schedule: &str, after: &str) -> Vec<String> {
        let found = next_runs(&CronSchedule::new(schedule).unwrap(), after.parse().unwrap(), 3);
        found.iter().map(|run| run.format("%a %Y-%m-%d %H:%M").to_string()).collect()
    }

    #[test]
    fn the_next_runs_are_those_of_cron() {
        let now = "2026-12-01T21:20:00Z";
        assert_eq!(runs("*/15 * * * *", now), ["Tue 2026-12-01 21:30", "Tue 2026-12-01 21:45", "Tue 2026-12-01 22:00"]);
        assert_eq!(runs("20 21 * * *", now), ["Wed 2026-12-02 21:20", "Thu 2026-12-03 21:20", "Fri 2026-12-04 21:20"], "not the one of this minute");
        assert_eq!(runs("0 0 13 * fri", now), ["Fri 2026-12-04 00:00", "Fri 2026-12-11 00:00", "Sun 2026-12-13 00:00"]);
        assert_eq!(runs("0 0 29 2 *", now), ["Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00", "Fri 2036-02-29 00:00"]);
        assert_eq!(runs("30 3 * * 7", now), ["Sun 2026-12-06 03:30", "Sun 2026-12-13 03:30", "Sun 2026-12-20 03:30"]);
    }
}
