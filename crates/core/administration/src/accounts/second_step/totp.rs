//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits, thirty seconds, which is what all apps know.

use hmac::{Hmac, KeyInit, Mac};
use model::Time;
use sha1::Sha1;

/// Length of a key in bytes: that of the hash, as RFC 4226 asks.
pub const KEY: usize = 20;
/// Seconds of a step.
const STEP: i64 = 30;
/// Steps before and after the present one that are taken: clocks of phones are not exact.
const SLACK: i64 = 1;

/// The step of a time.
pub fn step_of(now: Time) -> i64 {
    now.timestamp().div_euclid(STEP)
}

/// The six digits of a step.
pub fn code(key: &[u8], step: i64) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

/// The step of which `typed` is the code, when that is near `now` and later than `last_step`: a code works once.
/// All candidates are compared, and each of them whole, so that time says nothing.
pub fn accepted(key: &[u8], typed: &str, now: Time, last_step: i64) -> Option<i64> {
    let here = step_of(now);
    let mut found = None;
    for step in here - SLACK..=here + SLACK {
        let same = same(code(key, step).as_bytes(), typed.as_bytes());
        if same && step > last_step {
            found = Some(step);
        }
    }
    found
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// The key as people type it: base32 in groups of four.
pub fn typed_key(key: &[u8]) -> String {
    let text = base32(key);
    text.as_bytes().chunks(4).map(|group| group.iter().map(|byte| char::from(*byte)).collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The key as an address that apps read from a picture.
pub fn uri(key: &[u8], issuer: &str, email: &str) -> String {
    let (issuer, email) = (escape(issuer), escape(email));
    format!("otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30", base32(key))
}

/// Everything but letters and digits as `%xx`.
fn escape(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// RFC 4648 without padding.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    out
}
