//! What a repository's host says of a push, as its message has it. Whoever sends it may be anybody.

use serde_json::Value;

/// A commit of which nothing is known but that there is one.
pub const UNKNOWN: &str = "unknown";

/// The bytes of a signature: hex, with or without `sha256=` before it.
pub fn signature(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.trim().strip_prefix("sha256=").unwrap_or(text.trim())).ok()
}

/// The commit that a push has brought to this branch; nothing for everything else that such a message can be about.
pub fn pushed(body: &[u8], branch: &str) -> Option<String> {
    let message: Value = serde_json::from_slice(body).ok()?;
    let commit = if message["ref"].as_str() == Some(&format!("refs/heads/{branch}")) {
        // GitHub, GitLab, Gitea, and whoever else says it so.
        message["after"].as_str().or_else(|| message["checkout_sha"].as_str()).unwrap_or_default().to_owned()
    } else {
        // Bitbucket tells of several branches at once.
        let changes = message["push"]["changes"].as_array()?;
        let is_ours = |change: &&Value| change["new"]["type"] == "branch" && change["new"]["name"].as_str() == Some(branch);
        changes.iter().find(is_ours)?["new"]["target"]["hash"].as_str().unwrap_or_default().to_owned()
    };
    // A branch that was deleted has no commit.
    let is_gone = !commit.is_empty() && commit.bytes().all(|b| b == b'0');
    if is_gone { None } else { Some(known(&commit)) }
}

/// Whether a message says that this branch is deleted.
pub fn is_deleted(body: &[u8], branch: &str) -> bool {
    let Ok(message) = serde_json::from_slice::<Value>(body) else { return false };
    if message["ref"].as_str() == Some(&format!("refs/heads/{branch}")) {
        let after = message["after"].as_str().unwrap_or_default();
        return !after.is_empty() && after.bytes().all(|b| b == b'0');
    }
    // Bitbucket tells what was there, and that nothing is.
    let is_gone = |change: &Value| change["new"].is_null() && change["old"]["type"] == "branch" && change["old"]["name"].as_str() == Some(branch);
    message["push"]["changes"].as_array().is_some_and(|changes| changes.iter().any(is_gone))
}

/// A commit as it is stored, whatever was said.
fn known(commit: &str) -> String {
    let is_commit = (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_hexdigit());
    if is_commit { commit.to_ascii_lowercase() } else { UNKNOWN.to_owned() }
}
