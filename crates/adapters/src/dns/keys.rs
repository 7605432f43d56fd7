//! Keys of signed zones.

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

/// What stands before the private number in the key that is made: version 1, and 32 bytes (RFC 5915).
const BEFORE_PRIVATE: [u8; 5] = [0x02, 0x01, 0x01, 0x04, 0x20];

/// A key of DNSSEC algorithm 13 (ECDSA P-256 with SHA-256).
pub struct NewZoneKey {
    /// Its public half as in a DNSKEY record: 64 bytes in base64.
    pub public: String,
    /// Its private half: 32 bytes in base64.
    pub private: String,
}

/// Makes a key.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_zone_key() -> anyhow::Result<NewZoneKey> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    // The public half is an uncompressed point: a 4, then its two numbers.
    let public = pair.public_key_raw().split_first().filter(|(form, point)| **form == 4 && point.len() == 64).map(|(_, point)| point);
    let der = pair.serialized_der();
    let at = der.windows(BEFORE_PRIVATE.len()).position(|window| window == BEFORE_PRIVATE);
    let private = at.and_then(|at| der.get(at + BEFORE_PRIVATE.len()..)).and_then(|rest| rest.get(..32));
    match (public, private) {
        (Some(public), Some(private)) => Ok(NewZoneKey { public: STANDARD.encode(public), private: STANDARD.encode(private) }),
        _ => anyhow::bail!("the new key has an unknown form"),
    }
}
