//! When a schedule comes next, and how many jobs a pod can have.

use chrono::{Datelike, Days, TimeDelta};
use engine::{Error, Result};
use model::{Time, hosting::cron_jobs::CronJob};
use wire::cron::CronSchedule;

/// Days that are looked at: in 28 years every day of February has been every day of the week, and some more for a century without its leap day.
const DAYS: u32 = 366 * 41;

/// Most scheduled jobs of a pod, those of all its sites together.
const MAX_OF_POD: usize = 20;
/// Most of them that run more often than every [`OFTEN`].
const MAX_OFTEN: usize = 5;
/// In minutes.
const OFTEN: u32 = 5;

/// Whether a pod, whose other sites have these jobs, has room for those that a site is to have. Fewer than before are always possible.
pub(in crate::cloudpods::websites) fn require_room(others: &[&CronJob], before: &[CronJob], now: &[CronJob]) -> Result<()> {
    if now.len() > before.len() && others.len() + now.len() > MAX_OF_POD {
        return Err(Error::field("name", format!("A CloudPod can have {MAX_OF_POD} scheduled jobs.")));
    }
    let often = |jobs: &[CronJob]| jobs.iter().filter(|job| runs_often(job)).count();
    let others = others.iter().filter(|job| runs_often(job)).count();
    if often(now) > often(before) && others + often(now) > MAX_OFTEN {
        let why =
            format!("Only {MAX_OFTEN} jobs of a CloudPod can run more often than every {OFTEN} minutes. Enter a schedule such as */{OFTEN} * * * *.");
        return Err(Error::field("schedule", why));
    }
    Ok(())
}

fn runs_often(job: &CronJob) -> bool {
    let Some(schedule) = CronSchedule::new(&job.schedule).ok().filter(|_| job.is_on) else { return false };
    let minutes: Vec<u32> = schedule.minutes_of_day().collect();
    let next_day = minutes.first().map(|first| first + 24 * 60);
    minutes.iter().zip(minutes.iter().copied().skip(1).chain(next_day)).any(|(one, next)| next - one < OFTEN)
}

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
    fn a_pod_has_20_jobs_and_5_of_them_run_more_often_than_every_5_minutes() {
        let job = |schedule: &str| CronJob {
            key: "j1".to_owned(),
            name: "x".to_owned(),
            schedule: schedule.to_owned(),
            command: "true".to_owned(),
            limit_minutes: 1,
            is_on: true,
        };
        let many = |schedule: &str, count: usize| vec![job(schedule); count];
        let has_room =
            |others: &[CronJob], before: &[CronJob], now: &[CronJob]| require_room(&others.iter().collect::<Vec<_>>(), before, now).is_ok();
        let (often, hourly) = ("* * * * *", "0 * * * *");
        assert!(has_room(&many(hourly, 15), &many(hourly, 4), &many(hourly, 5)) && !has_room(&many(hourly, 15), &many(hourly, 5), &many(hourly, 6)));
        assert!(has_room(&many(hourly, 30), &many(hourly, 5), &many(hourly, 4)), "fewer are always possible");
        assert!(has_room(&many(often, 3), &many(often, 1), &many(often, 2)) && !has_room(&many(often, 3), &many(often, 2), &many(often, 3)));
        assert!(!has_room(&many(often, 5), &[job(hourly)], &[job(often)]));
        for (schedule, is_often) in [("*/5 * * * *", false), ("*/4 * * * *", true), ("0,58 0,23 * * *", true), ("0,57 3 * * *", false)] {
            assert_eq!(runs_often(&job(schedule)), is_often, "{schedule}");
        }
        assert!(!runs_often(&CronJob { is_on: false, ..job(often) }));
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
