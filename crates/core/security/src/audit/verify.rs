//! `mpanel audit verify`: the whole record, read back and compared with its anchors.

use super::anchor;
use engine::{Result, Services};
use std::{fmt::Write, path::Path};

/// What a check of the record has found.
#[derive(Clone, Debug)]
pub struct Verification {
    /// For a person: one finding a line, the sum at the end.
    pub text: String,
    /// Whether nothing is wrong.
    pub sound: bool,
}

/// Reads the whole record and names the first changed, removed or reordered event of every chain, and a tail that was cut
/// off. `dir` is the data folder with the anchors.
///
/// # Errors
/// When PostgreSQL does not answer or the anchors cannot be read.
pub async fn verify(services: &Services, dir: &Path) -> Result<Verification> {
    let anchors = anchor::read(dir).await?;
    let report = services.db.verify_audit(&anchors.heads).await?;
    let mut text = String::new();
    // Writing to a string does not fail.
    for finding in &report.findings {
        let _ = writeln!(text, "{finding}.");
    }
    for line in &anchors.unreadable {
        let _ = writeln!(text, "Anchor line {line} is invalid or truncated.");
    }
    if anchors.torn {
        text.push_str("The last anchor line was truncated while it was written. The lines before it are valid.\n");
    }
    if anchors.heads.is_empty() {
        text.push_str("No anchors yet: a restored older database would go undetected.\n");
    }
    let sound = report.findings.is_empty();
    let verdict = if sound { "Audit log intact" } else { "Audit log tampered with" };
    let _ = writeln!(text, "{verdict}: {} events in {} chains, {} anchors.", report.events, report.chains, anchors.heads.len());
    Ok(Verification { text, sound })
}
