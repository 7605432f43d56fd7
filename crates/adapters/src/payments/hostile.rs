//! Invariants of webhook handling for arbitrary input. The fuzz targets call the same functions; a violation panics.

use super::{ProviderEventKind, WebhookRefused, event, signature};

const SECRET: &[u8] = b"whsec_that_nobody_knows";

/// A header made without the secret is rejected, whatever its content and time.
pub fn forged(body: &[u8], header: &str, now: i64) {
    assert_eq!(signature::check(SECRET, body, Some(header), now), Err(WebhookRefused::Forged), "{header:?}");
    let stolen = signature::sign(b"another secret", body, now);
    assert_eq!(signature::check(SECRET, body, Some(&stolen), now), Err(WebhookRefused::Forged));
}

/// A valid signature is valid only for its body and time. Parts of other schemes in the header make no difference.
pub fn signed(body: &[u8], other: &[u8], at: i64, now: i64, beside: &str) {
    let header = signature::sign(SECRET, body, at);
    let expected = match now.checked_sub(at) {
        Some(age) if age.saturating_abs() <= signature::TOLERANCE => Ok(()),
        _ => Err(WebhookRefused::Stale(now.saturating_sub(at))),
    };
    assert_eq!(signature::check(SECRET, body, Some(&header), now), expected);
    if other != body {
        assert_eq!(signature::check(SECRET, other, Some(&header), now), Err(WebhookRefused::Forged));
    }
    let means_something = beside.split(',').any(|part| matches!(part.trim().split_once('='), Some(("t" | "v1", _))));
    if !means_something {
        assert_eq!(signature::check(SECRET, body, Some(&format!("{beside},{header}")), now), expected, "{beside:?}");
    }
}

/// Arbitrary bytes are rejected, or parsed into plain values and a payable amount.
pub fn message(bytes: &[u8]) {
    let plain = |word: &str| (1..=255).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
    let read = event::read(bytes);
    assert_eq!(event::read(bytes), read, "parsing is deterministic");
    match read {
        Ok(found) => {
            assert!(plain(&found.id));
            match found.kind {
                ProviderEventKind::Paid { total, provider_ref, .. } => assert!(total.minor >= 0 && plain(&provider_ref)),
                ProviderEventKind::Declined { .. }
                | ProviderEventKind::CardSaved { .. }
                | ProviderEventKind::Charge { .. }
                | ProviderEventKind::Refund { .. }
                | ProviderEventKind::Dispute(_) => {}
                ProviderEventKind::Other(kind) => assert!(plain(&kind)),
            }
        }
        Err(WebhookRefused::Malformed(why)) => assert!(!why.is_empty() && !why.chars().any(char::is_control), "{why:?}"),
        Err(other) => panic!("unexpected error: {other:?}"),
    }
}
