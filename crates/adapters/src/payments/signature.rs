//! Stripe's webhook signature scheme: `t=<seconds>,v1=<hex of hmac-sha256(secret, "<t>.<body>")>`.
//! A header may carry several `v1` while a secret is being rotated; other schemes in it are ignored.

use super::WebhookRefused;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Maximum clock skew in seconds, in either direction.
pub const TOLERANCE: i64 = 300;

/// A genuine header has no more signatures than this.
const MAX_SIGNATURES: usize = 8;

/// Returns the header for a body sent at `at`, in seconds since 1970.
pub fn sign(secret: &[u8], body: &[u8], at: i64) -> String {
    format!("t={at},v1={}", hex::encode(mac(secret, body, at).finalize().into_bytes()))
}

/// Verifies the header of a body received at `now`.
///
/// # Errors
/// [`WebhookRefused::Forged`] without a valid signature; [`WebhookRefused::Stale`] for a valid one outside the tolerance.
pub fn check(secret: &[u8], body: &[u8], header: Option<&str>, now: i64) -> Result<(), WebhookRefused> {
    let mut at = None;
    let mut signatures = Vec::new();
    for part in header.ok_or(WebhookRefused::Forged)?.split(',') {
        match part.trim().split_once('=') {
            Some(("t", _)) if at.is_some() => return Err(WebhookRefused::Forged),
            Some(("t", seconds)) => at = Some(seconds.parse::<i64>().map_err(|_| WebhookRefused::Forged)?),
            Some(("v1", signature)) => signatures.push(signature),
            _ => {}
        }
    }
    let at = at.ok_or(WebhookRefused::Forged)?;
    if signatures.len() > MAX_SIGNATURES {
        return Err(WebhookRefused::Forged);
    }
    let good = signatures.iter().any(|signature| {
        // `verify_slice` compares in constant time.
        hex::decode(signature).is_ok_and(|signature| mac(secret, body, at).verify_slice(&signature).is_ok())
    });
    if !good {
        return Err(WebhookRefused::Forged);
    }
    // After the signature check, so that the local time is not revealed to others.
    let age = now.saturating_sub(at);
    if age.saturating_abs() > TOLERANCE {
        return Err(WebhookRefused::Stale(age));
    }
    Ok(())
}

fn mac(secret: &[u8], body: &[u8], at: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
