//! Recovery codes: for who has lost the phone. Eighty random bits each, so a keyed hash is enough to keep of them.

use super::totp::base32;
use engine::secrets::{MasterKey, random_bytes};
use hmac::{Hmac, KeyInit, Mac};
use model::ids::UserId;
use sha2::Sha256;

/// How many are made at once.
pub const COUNT: usize = 10;

/// New codes, in groups of four: `k7xq-2m4p-…`.
pub fn make() -> Vec<String> {
    let group = |text: &str| text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join("-");
    (0..COUNT).map(|_| group(&base32(&random_bytes::<10>()).to_lowercase())).collect()
}

/// The code without what people add or change when they copy it; nothing when it cannot be one.
pub fn read(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (code.len() == 16 && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))).then_some(code)
}

const PURPOSE: &str = "recovery codes";

/// What the database keeps of a code that [`read`] has given. The key makes a stolen database worthless for guessing.
pub fn hash(key: &MasterKey, user: UserId, code: &str) -> Vec<u8> {
    keyed(&key.derive(PURPOSE), user, code)
}

/// The same, and what it would be if the code was made before the key was replaced.
pub fn hashes(key: &MasterKey, user: UserId, code: &str) -> Vec<Vec<u8>> {
    std::iter::once(key.derive(PURPOSE)).chain(key.derive_older(PURPOSE)).map(|key| keyed(&key, user, code)).collect()
}

fn keyed(key: &[u8; 32], user: UserId, code: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(user.0.as_bytes());
    mac.update(code.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
