use super::*;

fn calendars(text: &str) -> Vec<String> {
    CronSchedule::new(text).unwrap().calendars()
}

#[test]
fn expressions_are_said_to_systemd_exactly() {
    for (cron, expected) in [
        ("* * * * *", "*-*-* *:*:00 UTC"),
        ("*/15 * * * *", "*-*-* *:0,15,30,45:00 UTC"),
        ("0 3 * * *", "*-*-* 3:0:00 UTC"),
        ("5,35 0-23/6 1 jan,JUL *", "*-1,7-1 0,6,12,18:5,35:00 UTC"),
        ("0 0 * * 1-5", "mon,tue,wed,thu,fri *-*-* 0:0:00 UTC"),
        ("0 0 * * 7", "sun *-*-* 0:0:00 UTC"),
        ("0 0 * * 5-7", "sun,fri,sat *-*-* 0:0:00 UTC"),
        ("0 0 * * 0-7", "*-*-* 0:0:00 UTC"),
        ("0 0 */10 * mon", "mon *-*-1,11,21,31 0:0:00 UTC"),
        ("0 0 29 2 *", "*-2-29 0:0:00 UTC"),
    ] {
        assert_eq!(calendars(cron), [expected], "{cron}");
    }
    assert_eq!(calendars("0  0 13 * fri"), ["*-*-13 0:0:00 UTC", "fri *-*-* 0:0:00 UTC"], "either day is enough, as with cron");
    assert_eq!(CronSchedule::new(" 0  0 13 * fri").unwrap().as_str(), "0 0 13 * fri");
}

#[test]
fn what_cannot_be_said_or_never_comes_is_refused() {
    for wrong in [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "5/15 * * * *",
        "*/0 * * * *",
        "*/99 * * * *",
        "30-10 * * * *",
        "@daily",
        "* * L * *",
        "* * * * 5#3",
        "* * ? * *",
        "-1 * * * *",
        "+5 * * * *",
        "1, * * * *",
        "1-2-3 * * * *",
        "007 * * * *",
        "0 0 31 2 *",
        "0 0 30 feb *",
        "0 0 31 4,6,9,11 *",
        "mon * * * *",
        "0 0 * * fri-mon",
        "*\0 * * * *",
    ] {
        assert!(CronSchedule::new(wrong).is_err(), "{wrong:?}");
    }
    assert!(CronSchedule::new("0 0 31 2 mon").is_ok(), "the Mondays come");
}

#[test]
fn jobs_of_a_site_are_within_their_limits() {
    let job = |key: &str, limit_seconds| CronJob {
        key: CronJobKey::new(key).unwrap(),
        schedule: CronSchedule::new("* * * * *").unwrap(),
        command: CronCommand::new("true").unwrap(),
        limit_seconds,
    };
    assert!(check(&[job("a", 1), job("b", 3600)]).is_ok());
    assert!(check(&[job("a", 1), job("a", 1)]).is_err() && check(&[job("a", 0)]).is_err() && check(&[job("a", 3601)]).is_err());
    assert!(check(&(0..21).map(|at| job(&format!("j{at}"), 1)).collect::<Vec<_>>()).is_err());
    for wrong in ["", "A", "1a", "a-b", "a.b", "../a", &"a".repeat(17)] {
        assert!(CronJobKey::new(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", " \n", "a\0", "a\rb", &"x".repeat(2001)] {
        assert!(CronCommand::new(wrong).is_err(), "{wrong:?}");
    }
}
