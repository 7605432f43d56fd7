//! How a push proves where it comes from.

use super::message::signature;
use engine::secrets::hmac_sha256_is;
use sha2::{Digest, Sha256};

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
    pub(in crate::cloudpods::deploys) fn is_empty(&self) -> bool {
        self.signatures.iter().all(Option::is_none) && self.token.is_none()
    }
}

/// Whether it was sent by somebody who knows the secret. Takes as long for every wrong word.
pub(in crate::cloudpods::deploys) fn is_signed(secret: &str, headers: &PushHeaders<'_>, body: &[u8]) -> bool {
    let is_right = |text: &str| signature(text).is_some_and(|signature| hmac_sha256_is(secret.as_bytes(), body, &signature));
    // Whether two digests begin alike says nothing about what they are of.
    let is_token = |token: &str| Sha256::digest(token.as_bytes()) == Sha256::digest(secret.as_bytes());
    headers.signatures.into_iter().flatten().any(is_right) || headers.token.is_some_and(is_token)
}
