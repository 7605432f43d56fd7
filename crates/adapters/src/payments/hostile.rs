//! What must hold of a provider's message whatever anybody sends. The fuzz targets call the same functions; a broken promise
//! is a panic.

use super::{ProviderEventKind, WebhookRefused, event, signature};

const SECRET: &[u8] = b"whsec_that_nobody_knows";

/// A header that was made without the secret is forged, whatever stands in it and whenever it comes.
pub fn forged(body: &[u8], header: &str, now: i64) {
    assert_eq!(signature::check(SECRET, body, Some(header), now), Err(WebhookRefused::Forged), "{header:?}");
    let stolen = signature::sign(b"another secret", body, now);
    assert_eq!(signature::check(SECRET, body, Some(&stolen), now), Err(WebhookRefused::Forged));
}

/// A good signature is good for its body and its time and for nothing else; parts of other schemes beside it change nothing.
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

/// Any bytes as a message: not understood, or understood with plain words and an amount that can be paid.
pub fn message(bytes: &[u8]) {
    let plain = |word: &str| (1..=255).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
    let read = event::read(bytes);
    assert_eq!(event::read(bytes), read, "the same message says the same when it is read again");
    match read {
        Ok(found) => {
            assert!(plain(&found.id));
            match found.kind {
                ProviderEventKind::Paid { total, provider_ref, .. } => assert!(total.minor >= 0 && plain(&provider_ref)),
                ProviderEventKind::Declined { .. } => {}
                ProviderEventKind::Other(kind) => assert!(plain(&kind)),
            }
        }
        Err(WebhookRefused::Malformed(why)) => assert!(!why.is_empty() && !why.chars().any(char::is_control), "{why:?}"),
        Err(other) => panic!("a message is understood or not: {other:?}"),
    }
}
