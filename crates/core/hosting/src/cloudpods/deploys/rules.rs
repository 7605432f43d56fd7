//! What is typed of a source, and what a push says.

use engine::{Error, Result, secrets::hmac_sha256_is};
use model::hosting::{
    cloudpods::Stack,
    deploys::{SiteRelease, SourceInput},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::{
    InvalidText,
    deploy::{BranchName, BuildCommand, GitRemote, MAX_SHARED, StartFile, not_apart},
    settings::RootFolder,
};

/// The input without what is between its words, checked.
///
/// # Errors
/// On the field.
pub(super) fn checked(stack: Stack, typed: SourceInput) -> Result<SourceInput> {
    if stack == Stack::Wordpress {
        return Err(Error::conflict("WordPress sites keep their own files. They can't be deployed from git."));
    }
    let folder = |text: &str| text.trim().trim_start_matches("./").trim_matches('/').to_owned();
    let input = SourceInput {
        remote: typed.remote.trim().to_owned(),
        branch: typed.branch.trim().to_owned(),
        folder: folder(&typed.folder),
        build_command: typed.build_command.replace("\r\n", "\n").trim().to_owned(),
        publish: folder(&typed.publish),
        start_file: folder(&typed.start_file),
        shared: typed.shared.split_whitespace().map(folder).collect::<Vec<_>>().join(" "),
    };
    let refused = |field| move |invalid: InvalidText| Error::field(field, format!("Enter {}.", invalid.why));
    GitRemote::new(&*input.remote).map_err(refused("remote"))?;
    BranchName::new(&*input.branch).map_err(refused("branch"))?;
    if !input.folder.is_empty() {
        RootFolder::new(&*input.folder).map_err(refused("folder"))?;
    }
    if !input.build_command.is_empty() {
        BuildCommand::new(&*input.build_command).map_err(refused("build_command"))?;
    }
    if !input.publish.is_empty() {
        RootFolder::new(served(&input)).map_err(refused("publish"))?;
    }
    if !input.start_file.is_empty() {
        if stack != Stack::Node {
            return Err(Error::field("start_file", "Only Node.js sites have a start file."));
        }
        StartFile::new(&*input.start_file).map_err(refused("start_file"))?;
    }
    let shared: Vec<&str> = input.shared.split_whitespace().collect();
    if shared.len() > MAX_SHARED {
        return Err(Error::field("shared", format!("Enter at most {MAX_SHARED} folders.")));
    }
    let shared = shared.into_iter().map(RootFolder::new).collect::<std::result::Result<Vec<_>, _>>().map_err(refused("shared"))?;
    match not_apart(&shared) {
        Some(why) => Err(Error::field("shared", format!("Enter {why}."))),
        None => Ok(input),
    }
}

/// What of a release is served, below its folder.
fn served(input: &SourceInput) -> String {
    [&*input.folder, &*input.publish].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The release with this number that is built of this source.
pub(super) fn release(number: i32, input: &SourceInput) -> SiteRelease {
    SiteRelease { name: format!("r{number}"), folder: served(input), start: input.start_file.clone() }
}

/// How a push proves that it comes from the repository's host.
#[derive(Clone, Copy, Debug, Default)]
pub struct PushHeaders<'a> {
    /// HMAC-SHA256 of the body in hex, with or without `sha256=` before it: GitHub and Bitbucket, Gitea, or anybody.
    pub signatures: [Option<&'a str>; 4],
    /// The secret itself, as GitLab sends it.
    pub token: Option<&'a str>,
}

impl PushHeaders<'_> {
    /// Whether nothing is proved.
    pub(super) fn is_empty(&self) -> bool {
        self.signatures.iter().all(Option::is_none) && self.token.is_none()
    }
}

/// Whether it was sent by somebody who knows the secret. Takes as long for every wrong word.
pub(super) fn is_signed(secret: &str, headers: &PushHeaders<'_>, body: &[u8]) -> bool {
    let is_right = |signature: &str| {
        let signature = hex::decode(signature.trim().strip_prefix("sha256=").unwrap_or(signature.trim()));
        signature.is_ok_and(|signature| hmac_sha256_is(secret.as_bytes(), body, &signature))
    };
    // Whether two digests begin alike says nothing about what they are of.
    let is_token = |token: &str| Sha256::digest(token.as_bytes()) == Sha256::digest(secret.as_bytes());
    headers.signatures.into_iter().flatten().any(is_right) || headers.token.is_some_and(is_token)
}

/// The commit that a push has brought to this branch; nothing for everything else that such a message can be about.
pub(super) fn pushed(body: &[u8], branch: &str) -> Option<String> {
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

/// A commit as it is stored, whatever was said.
fn known(commit: &str) -> String {
    let is_commit = (7..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_hexdigit());
    if is_commit { commit.to_ascii_lowercase() } else { "unknown".to_owned() }
}
