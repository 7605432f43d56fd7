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
        let _ = writeln!(text, "Line {line} of the anchors is not one that mPanel wrote, or was cut off.");
    }
    if anchors.torn {
        text.push_str("The last line of the anchors was cut off while it was written. The lines before it count.\n");
    }
    if anchors.heads.is_empty() {
        text.push_str("There are no anchors yet: a database set back to an older state would not be noticed.\n");
    }
    let sound = report.findings.is_empty();
    let verdict = if sound { "The record is whole" } else { "The record was bent" };
    let _ = writeln!(text, "{verdict}: {} events in {} chains, {} anchors.", report.events, report.chains, anchors.heads.len());
    Ok(Verification { text, sound })
}
