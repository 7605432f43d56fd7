//! Scheduled jobs of a site, and when they run.
//!
//! A schedule is a cron expression of five fields in UTC: minute, hour, day of the month, month, day of the week. As with cron, a job whose two
//! day fields are both restricted runs when either of them matches. What cannot be said to systemd exactly is refused.

use serde::{Deserialize, Serialize};

use crate::text_type::text_type;
use crate::{InvalidText, SiteName};

text_type!(CronJobKey, "job key", check_key, "Names a job within its site on the server: `a-z`, `0-9`; starts with a letter; at most 16.");
text_type!(CronCommand, "command", check_command, "What `/bin/sh` runs: 1 to 2000 bytes; of control characters only tab and newline.");

/// Most scheduled jobs of a site.
pub const MAX_CRON_JOBS: usize = 20;
/// Longest that a run may take, in seconds.
pub const MAX_CRON_SECONDS: u32 = 3600;
/// Most bytes of a run's output that are kept: its end.
pub const MAX_CRON_OUTPUT: usize = 8 << 10;

/// A scheduled job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CronJob {
    /// Names it within its site.
    pub key: CronJobKey,
    /// When it runs.
    pub schedule: CronSchedule,
    /// What is run.
    pub command: CronCommand,
    /// After so many seconds a run is ended; 1 to 3600.
    pub limit_seconds: u32,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronJobResult {
    /// The site.
    pub site: SiteName,
    /// The job.
    pub job: CronJobKey,
    /// When it began, in seconds since 1970 by the server's clock.
    pub started: u64,
    /// When it ended.
    pub ended: u64,
    /// Its exit code; a signal counts as 128 plus its number.
    pub code: u8,
    /// It was ended because its time was over.
    pub timed_out: bool,
    /// The end of what it wrote, at most 8 KiB.
    pub output: String,
}

/// The rules for all jobs of a site together.
pub fn check(jobs: &[CronJob]) -> Result<(), InvalidText> {
    let refuse = |why| Err(InvalidText { what: "scheduled jobs", why });
    if jobs.len() > MAX_CRON_JOBS {
        refuse("at most 20")
    } else if jobs.iter().enumerate().any(|(at, job)| jobs.iter().skip(at + 1).any(|other| other.key == job.key)) {
        refuse("one is named twice")
    } else if jobs.iter().any(|job| !(1..=MAX_CRON_SECONDS).contains(&job.limit_seconds)) {
        refuse("a time limit of 1 to 3600 seconds")
    } else {
        Ok(())
    }
}

fn check_key(text: &str) -> Result<(), &'static str> {
    let is_plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match text.as_bytes().first() {
        Some(first) if text.len() <= 16 && is_plain && first.is_ascii_lowercase() => Ok(()),
        _ => Err("1 to 16 characters, a to z and 0 to 9, beginning with a letter"),
    }
}

fn check_command(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() || text.len() > 2000 {
        Err("1 to 2000 bytes")
    } else if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n')) {
        Err("text without control characters other than tab and newline")
    } else {
        Ok(())
    }
}

/// A cron expression. Each field is a set of numbers, a bit each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CronSchedule {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0.
    weekdays: u64,
    /// Both day fields are restricted: one of them is enough.
    either_day: bool,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Of each month, in a leap year.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl CronSchedule {
    /// Reads an expression.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        Self::read(text).map_err(|why| InvalidText { what: "schedule", why })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > 200 {
            return Err("at most 200 characters");
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err("five fields: minute, hour, day of the month, month, day of the week");
        };
        let weekdays = field(weekday, 0..=7, &WEEKDAYS, 0).ok_or("a day of the week from 0 to 7, or SUN to SAT")?;
        let found = Self {
            minutes: field(minute, 0..=59, &[], 0).ok_or("a minute from 0 to 59, such as 0, */15 or 5,35")?,
            hours: field(hour, 0..=23, &[], 0).ok_or("an hour from 0 to 23, such as 3 or */6")?,
            days: field(day, 1..=31, &[], 0).ok_or("a day of the month from 1 to 31")?,
            months: field(month, 1..=12, &MONTHS, 1).ok_or("a month from 1 to 12, or JAN to DEC")?,
            // Sunday is 7 as well.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
            text: fields.join(" "),
        };
        let has_day = |month: u32| (1..=LENGTHS[month as usize - 1]).any(|day| has(found.days, day));
        if !found.either_day && !(1..=12).any(|month| has(found.months, month) && has_day(month)) {
            return Err("a day that exists: this schedule never runs");
        }
        Ok(found)
    }

    /// The expression, with single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it runs on such a day. Sunday is 0.
    pub fn is_day(&self, month: u32, day: u32, weekday: u32) -> bool {
        let (of_month, of_week) = (has(self.days, day), has(self.weekdays, weekday));
        has(self.months, month) && if self.either_day { of_month || of_week } else { of_month && of_week }
    }

    /// Minutes of a day on which it runs, the first one first.
    pub fn minutes_of_day(&self) -> impl Iterator<Item = u32> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        hours.flat_map(|hour| (0..60).filter(|minute| has(self.minutes, *minute)).map(move |minute| hour * 60 + minute))
    }

    /// The same for systemd's `OnCalendar=`: one expression, or two of which either is enough.
    pub fn calendars(&self) -> Vec<String> {
        let (months, days) = (list(self.months, 1..=12), list(self.days, 1..=31));
        let time = format!("{}:{}:00 UTC", list(self.hours, 0..=23), list(self.minutes, 0..=59));
        let names: Vec<&str> = (0..7).filter(|day| has(self.weekdays, *day)).map(|day| WEEKDAYS[day as usize]).collect();
        let week = if names.len() == 7 { String::new() } else { format!("{} ", names.join(",")) };
        match self.either_day {
            true => vec![format!("*-{months}-{days} {time}"), format!("{week}*-{months}-* {time}")],
            false => vec![format!("{week}*-{months}-{days} {time}")],
        }
    }
}

impl TryFrom<String> for CronSchedule {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        let found = Self::new(&text)?;
        if found.text == text { Ok(found) } else { Err(InvalidText { what: "schedule", why: "single spaces" }) }
    }
}

impl From<CronSchedule> for String {
    fn from(schedule: CronSchedule) -> String {
        schedule.text
    }
}

fn has(set: u64, number: u32) -> bool {
    set >> number & 1 == 1
}

fn list(set: u64, all: std::ops::RangeInclusive<u32>) -> String {
    if all.clone().all(|number| has(set, number)) {
        return "*".to_owned();
    }
    all.filter(|number| has(set, *number)).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

/// A field as a set: `*`, numbers, names and ranges with commas between them; `/` and a step behind `*` and ranges.
fn field(text: &str, all: std::ops::RangeInclusive<u32>, names: &[&str], first_name: u32) -> Option<u64> {
    let number = |word: &str| match names.iter().position(|name| name.eq_ignore_ascii_case(word)) {
        Some(at) => Some(u32::try_from(at).ok()? + first_name),
        None => word.parse().ok().filter(|number| all.contains(number) && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit())),
    };
    let mut set = 0;
    for part in text.split(',') {
        let (base, step) = match part.split_once('/') {
            Some((base, step)) => (base, Some(step.parse::<u32>().ok().filter(|step| (1..=*all.end()).contains(step))?)),
            None => (part, None),
        };
        let range = match base.split_once('-') {
            _ if base == "*" => all.clone(),
            Some((from, to)) => number(from)?..=number(to)?,
            // A step behind a single number means different things to different crons.
            None if step.is_some() => return None,
            None => number(base)?..=number(base)?,
        };
        if range.is_empty() {
            return None;
        }
        set |= range.step_by(step.unwrap_or(1) as usize).fold(0_u64, |set, number| set | 1 << number);
    }
    Some(set)
}

#[cfg(test)]
#[path = "cron_tests.rs"]
mod tests;
