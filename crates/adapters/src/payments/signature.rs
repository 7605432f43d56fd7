//! The signature scheme of webhooks, which is Stripe's: `t=<seconds>,v1=<hex of hmac-sha256(secret, "<t>.<body>")>`.
//! A header may carry several `v1`, while a secret is being changed; other schemes in it are passed over.

use super::WebhookRefused;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many seconds a message may be away from now, in either direction.
pub const TOLERANCE: i64 = 300;

/// More signatures than this in one header are nobody's honest header.
const MOST_SIGNATURES: usize = 8;

/// The header for a body that is sent at `at`, in seconds since 1970.
pub fn sign(secret: &[u8], body: &[u8], at: i64) -> String {
    format!("t={at},v1={}", hex::encode(mac(secret, body, at).finalize().into_bytes()))
}

/// Checks the header of a body that has arrived at `now`.
///
/// # Errors
/// [`WebhookRefused::Forged`] without a good signature; [`WebhookRefused::Stale`] for a good one that is too old or too new.
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
    if signatures.len() > MOST_SIGNATURES {
        return Err(WebhookRefused::Forged);
    }
    let good = signatures.iter().any(|signature| {
        // `verify_slice` takes the same time wherever the two differ.
        hex::decode(signature).is_ok_and(|signature| mac(secret, body, at).verify_slice(&signature).is_ok())
    });
    if !good {
        return Err(WebhookRefused::Forged);
    }
    // Only after the signature: nobody else is told what the clock here says.
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
