//! How often a password may be guessed.
//!
//! Failures are counted per address-and-peer and per peer, never per address alone: a stranger elsewhere cannot lock a
//! customer out. After some free tries each further failure doubles the time until the next try, up to an hour.

use chrono::Duration;
use model::Time;
use std::net::IpAddr;

/// `reason` of a try with a password.
pub const PASSWORD: &str = "PASSWORD";
/// `reason` of a request for a link.
pub const RESET: &str = "RESET";
/// `reason` of a try with a code.
pub const CODE: &str = "CODE";
/// `reason` of the row that a right code adds.
pub const CODE_RIGHT: &str = "CODE_RIGHT";
/// How far back attempts count.
pub const WINDOW: Duration = Duration::hours(24);
/// Failures of one peer on one address that cost no waiting.
const FREE_PER_ACCOUNT: u32 = 4;
/// Failures of one peer on any address that cost no waiting. More than above: offices share a peer address.
const FREE_PER_PEER: u32 = 20;
/// Wrong codes on one login, from anywhere, that cost no waiting. Who types one knows the password: no stranger gets here.
const FREE_CODES: u32 = 5;
/// The wait after the first failure that is not free.
const FIRST_WAIT: Duration = Duration::seconds(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::hours(1);

/// A try, as it was written down before the password was looked at. A right password adds a second row, the success.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Attempt {
    /// The address that was typed.
    pub email: String,
    /// The peer, as [`peer`] writes it.
    pub ip: Option<String>,
    /// Whether this row is a success.
    pub succeeded: bool,
    /// When.
    pub at: Time,
}

/// How long this peer has to wait until it may try this address again; nothing when it may try now.
pub fn wait(attempts: &[Attempt], email: &str, peer: &str, now: Time) -> Option<Duration> {
    let from_peer = || attempts.iter().filter(|attempt| attempt.ip.as_deref() == Some(peer) && now - attempt.at < WINDOW);
    // A success forgives what the peer has mistyped on that address, and nothing else: of the peer's own count it takes
    // back its own try only, or who owns one account could guess at all others for free.
    let here = || from_peer().filter(|attempt| attempt.email == email);
    let forgiven = here().filter(|attempt| attempt.succeeded).map(|attempt| attempt.at).max();
    let account = tally(here().filter(|attempt| forgiven.is_none_or(|at| attempt.at > at)));
    let all = tally(from_peer());
    let until = [(account, FREE_PER_ACCOUNT), (all, FREE_PER_PEER)]
        .into_iter()
        .filter_map(|((failures, last), free)| Some(last? + pause(failures, free)))
        .max()?;
    (until > now).then(|| until - now)
}

/// How long a login has to wait until another code is looked at; nothing when one may be typed now. Counted over all peers:
/// six digits stand against who has many addresses.
pub fn code_wait(attempts: &[Attempt], now: Time) -> Option<Duration> {
    let counted = || attempts.iter().filter(|attempt| now - attempt.at < WINDOW);
    let forgiven = counted().filter(|attempt| attempt.succeeded).map(|attempt| attempt.at).max();
    let (failures, last) = tally(counted().filter(|attempt| forgiven.is_none_or(|at| attempt.at > at)));
    let until = last? + pause(failures, FREE_CODES);
    (until > now).then(|| until - now)
}

/// Failures without those that were half of a success, and when the last one was.
fn tally<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> (u32, Option<Time>) {
    let (mut tries, mut successes, mut last) = (0_u32, 0_u32, None);
    for attempt in attempts {
        if attempt.succeeded {
            successes += 1;
        } else {
            tries += 1;
            last = last.max(Some(attempt.at));
        }
    }
    (tries.saturating_sub(successes), last)
}

/// The wait after this many failures.
fn pause(failures: u32, free: u32) -> Duration {
    match failures.checked_sub(free) {
        None | Some(0) => Duration::zero(),
        Some(over) => (FIRST_WAIT * 2_i32.pow((over - 1).min(10))).min(LONGEST_WAIT),
    }
}

/// The peer that is counted: an IPv4 address, or the /48 of an IPv6 address, since providers give one customer that much.
/// Requests whose peer is not known share one count.
pub fn peer(ip: Option<&str>) -> String {
    match ip.and_then(|ip| ip.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
        None => "unknown".to_owned(),
    }
}

/// The wait in words: `30 seconds`, `2 minutes`.
pub fn in_words(wait: Duration) -> String {
    match wait.num_seconds() + i64::from(wait.subsec_nanos() > 0) {
        ..=1 => "1 second".to_owned(),
        seconds @ 2..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", (seconds + 59) / 60),
    }
}
