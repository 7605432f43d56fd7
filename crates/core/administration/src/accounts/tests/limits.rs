use crate::accounts::limits::{Attempt, WINDOW, code_wait, in_words, peer, wait};
use chrono::{DateTime, Duration};
use model::Time;
use proptest::prelude::*;

const HOME: &str = "192.0.2.1";
const STRANGER: &str = "203.0.113.9";
const KIM: &str = "kim@acme.example";

fn start() -> Time {
    DateTime::UNIX_EPOCH + Duration::days(20_000)
}

fn attempt(email: &str, ip: &str, succeeded: bool, at: Time) -> Attempt {
    Attempt { email: email.to_owned(), ip: Some(ip.to_owned()), succeeded, at }
}

/// A guess every 2.592 seconds: a million in thirty days.
const TICK: Duration = Duration::milliseconds(2_592);

/// Somebody who makes a million guesses, one at each tick; says how many are looked at. While the rule refuses, it is asked
/// once a minute only (23 ticks): waits are told beforehand and end early only as old failures leave the window.
fn million(email: impl Fn(i32) -> String) -> usize {
    let (mut seen, mut looked_at, mut guess) = (Vec::new(), 0, 0);
    while guess < 1_000_000 {
        let (now, email) = (start() + TICK * guess, email(guess));
        guess += match wait(&seen, &email, STRANGER, now) {
            None => {
                seen.retain(|attempt: &Attempt| now - attempt.at < WINDOW);
                seen.push(attempt(&email, STRANGER, false, now));
                looked_at += 1;
                1
            }
            Some(left) => ((left.num_milliseconds() + 2_591) / 2_592).clamp(1, 23) as i32,
        };
    }
    looked_at
}

#[test]
fn of_a_million_guesses_on_one_login_in_a_month_few_are_looked_at() {
    let looked_at = million(|_| KIM.to_owned());
    assert!((500..=31 * 40).contains(&looked_at), "{looked_at} of a million");
}

#[test]
fn of_a_million_guesses_on_as_many_logins_from_one_peer_few_are_looked_at() {
    let looked_at = million(|guess| format!("user{guess}@acme.example"));
    assert!((500..=31 * 55).contains(&looked_at), "{looked_at} of a million");
}

#[test]
fn of_a_million_codes_from_as_many_peers_in_a_month_few_are_looked_at() {
    let (mut seen, mut looked_at, mut guess) = (Vec::new(), 0, 0);
    while guess < 1_000_000 {
        let now = start() + TICK * guess;
        guess += match code_wait(&seen, now) {
            None => {
                seen.retain(|attempt: &Attempt| now - attempt.at < WINDOW);
                seen.push(attempt(KIM, &format!("peer {guess}"), false, now));
                looked_at += 1;
                1
            }
            Some(left) => ((left.num_milliseconds() + 2_591) / 2_592).clamp(1, 23) as i32,
        };
    }
    // Three codes of a million are right at a moment: this is one chance in three hundred for a month.
    assert!((500..=31 * 41).contains(&looked_at), "{looked_at} of a million");
}

#[test]
fn a_right_code_forgives_wrong_ones() {
    let mut attempts: Vec<_> = (0..8).map(|_| attempt(KIM, HOME, false, start())).collect();
    assert!(code_wait(&attempts, start()).is_some());
    let at = start() + Duration::hours(1);
    attempts.extend([attempt(KIM, HOME, false, at), attempt(KIM, HOME, true, at)]);
    assert_eq!(code_wait(&attempts, at), None);
}

proptest! {
    /// Whatever order tries come in, from whatever peers: after five wrong ones on a row within a day somebody waits, nobody waits longer
    /// than an hour, a wait ends, and tries on another login from another peer change nothing.
    #[test]
    fn the_rules_hold_for_any_history(
        tries in proptest::collection::vec((0..3_u8, 0..4_u8, any::<bool>(), 0..200_000_i64), 0..80),
        asked in 0..200_000_i64,
    ) {
        let email = |n: u8| format!("user{n}@acme.example");
        let mut history: Vec<_> =
            tries.iter().map(|(user, ip, right, at)| attempt(&email(*user), &format!("192.0.2.{ip}"), *right, start() + Duration::seconds(*at))).collect();
        history.sort_by_key(|attempt| attempt.at);
        let now = start() + Duration::seconds(asked);
        // A right try forgives the wrong ones of its own moment; what is added below comes after it.
        history.retain(|attempt| attempt.at < now);
        let found = wait(&history, &email(0), "192.0.2.0", now);
        if let Some(left) = found {
            prop_assert!(left > Duration::zero() && left <= Duration::hours(1));
            prop_assert_eq!(wait(&history, &email(0), "192.0.2.0", now + left), None);
        }
        // A stranger at another peer, on this login or another, adds nothing to the wait.
        let mut more = history.clone();
        more.extend((0..50).map(|n| attempt(&email(n % 3), STRANGER, false, now)));
        prop_assert_eq!(wait(&more, &email(0), "192.0.2.0", now), found);
        // Wrong tries never shorten it.
        let mut worse = history.clone();
        worse.extend((0..6).map(|_| attempt(&email(0), "192.0.2.0", false, now)));
        let longer = wait(&worse, &email(0), "192.0.2.0", now);
        prop_assert!(longer.is_some() && longer >= found);
        prop_assert!(code_wait(&worse, now).is_some());
    }
}

#[test]
fn a_stranger_who_guesses_does_not_make_the_customer_wait() {
    let attempts: Vec<_> = (0..400).map(|n| attempt(KIM, STRANGER, false, start() + Duration::seconds(n))).collect();
    let now = start() + Duration::seconds(400);
    assert!(wait(&attempts, KIM, STRANGER, now).is_some());
    assert_eq!(wait(&attempts, KIM, HOME, now), None);
}

#[test]
fn the_wait_doubles_up_to_an_hour() {
    let mut attempts = Vec::new();
    let mut waits = Vec::new();
    for _ in 0..14 {
        attempts.push(attempt(KIM, STRANGER, false, start()));
        waits.push(wait(&attempts, KIM, STRANGER, start()).map_or(0, |wait| wait.num_seconds()));
    }
    assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
}

#[test]
fn the_wait_ends() {
    let attempts: Vec<_> = (0..5).map(|_| attempt(KIM, STRANGER, false, start())).collect();
    assert!(wait(&attempts, KIM, STRANGER, start() + Duration::seconds(29)).is_some());
    assert_eq!(wait(&attempts, KIM, STRANGER, start() + Duration::seconds(30)), None);
}

#[test]
fn a_sign_in_forgives_what_was_mistyped_before() {
    let mut attempts: Vec<_> = (0..5).map(|n| attempt(KIM, HOME, false, start() + Duration::minutes(n))).collect();
    let at = start() + Duration::minutes(6);
    attempts.push(attempt(KIM, HOME, false, at));
    attempts.push(attempt(KIM, HOME, true, at));
    attempts.extend((1..5).map(|n| attempt(KIM, HOME, false, at + Duration::seconds(n))));
    assert_eq!(wait(&attempts, KIM, HOME, at + Duration::seconds(5)), None);
}

#[test]
fn an_own_account_does_not_buy_free_guesses_at_others() {
    let mut attempts = Vec::new();
    for n in 0..30_i32 {
        let at = start() + Duration::seconds(n.into());
        attempts.push(attempt(&format!("victim{n}@acme.example"), STRANGER, false, at));
        attempts.push(attempt("mine@acme.example", STRANGER, false, at));
        attempts.push(attempt("mine@acme.example", STRANGER, true, at));
    }
    assert!(wait(&attempts, "next@acme.example", STRANGER, start() + Duration::seconds(31)).is_some());
}

#[test]
fn an_office_that_signs_in_all_day_does_not_wait() {
    let attempts: Vec<_> =
        (0..200).flat_map(|n| [false, true].map(|succeeded| attempt(&format!("user{n}@acme.example"), HOME, succeeded, start()))).collect();
    assert_eq!(wait(&attempts, "user7@acme.example", HOME, start()), None);
}

#[test]
fn a_machine_is_one_peer_whichever_of_its_addresses_it_uses() {
    assert_eq!(peer(Some("2001:db8:1:2::1")), peer(Some("2001:db8:1:ffff:aaaa:bbbb:cccc:dddd")));
    assert_ne!(peer(Some("2001:db8:1:2::1")), peer(Some("2001:db8:2:2::1")));
    assert_eq!(peer(Some("::ffff:192.0.2.1")), "192.0.2.1");
    assert_eq!(peer(None), peer(Some("no address")));
}

#[test]
fn waits_read_as_people_say_them() {
    let said = [1, 30, 90, 91, 120, 3600].map(|seconds| in_words(Duration::seconds(seconds)));
    assert_eq!(said, ["1 second", "30 seconds", "90 seconds", "2 minutes", "2 minutes", "60 minutes"]);
}
