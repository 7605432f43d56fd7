//! Certificates of sites, and the answers by which a certificate authority is shown that a name is served here.

use serde::{Deserialize, Serialize};

use crate::text_type::text_type;
use crate::{DomainName, InvalidText};

/// Most certificates in a chain.
const MAX_CHAIN: usize = 10;
/// Longest chain in bytes.
const MAX_CHAIN_BYTES: usize = 64 << 10;
/// Longest key in bytes; one of RSA with 8192 bits has 6.5 KiB.
const MAX_KEY_BYTES: usize = 16 << 10;
/// Longest time that browsers are told to insist on HTTPS: two years.
const MAX_HSTS_SECONDS: u32 = 63_072_000;

text_type!(
    CertificateChain,
    "certificate",
    check_chain,
    "A certificate in PEM with those that lead to a root behind it: 1 to 10, nothing between them, lines end with LF."
);
text_type!(ChallengeToken, "challenge token", check_token, "Token of an HTTP-01 challenge: letters, digits, `-`, `_`; 1 to 128. Names a file.");
text_type!(
    ChallengeAnswer,
    "challenge answer",
    check_answer,
    "Answer to an HTTP-01 challenge: its token, a dot, and the thumbprint of the account's key (RFC 8555 §8.1). Both of a token's characters."
);

/// With what a site answers over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteCertificate {
    /// The certificate and those that lead to a root.
    pub chain: CertificateChain,
    /// Its key.
    pub key: PrivateKey,
    /// Whether visitors over HTTP are sent to HTTPS.
    pub redirect: bool,
    /// For how many seconds browsers are told to insist on HTTPS, up to two years; 0 has those forget it that were told before.
    pub hsts: Option<u32>,
    /// Another one for some of the site's names; the rest holds for those too. Left out where there is none: agents of before read such a
    /// description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<NamesCertificate>,
}

/// A certificate for some names of a site, which has another one for its other names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamesCertificate {
    /// Those names, in the site's order.
    pub domains: Vec<DomainName>,
    /// The certificate and those that lead to a root.
    pub chain: CertificateChain,
    /// Its key.
    pub key: PrivateKey,
}

impl NamesCertificate {
    /// Some of the site's names, and not all of them.
    fn check(&self, domains: &[DomainName]) -> Result<(), InvalidText> {
        let is_own = |name: &DomainName| domains.contains(name) && self.domains.iter().filter(|other| *other == name).count() == 1;
        if self.domains.is_empty() || self.domains.len() >= domains.len() || !self.domains.iter().all(is_own) {
            return Err(InvalidText { what: "names of a certificate", why: "some of the site's, each once" });
        }
        Ok(())
    }
}

impl SiteCertificate {
    pub(crate) fn check(&self, domains: &[DomainName]) -> Result<(), InvalidText> {
        self.also.as_ref().map_or(Ok(()), |also| also.check(domains))?;
        match self.hsts {
            Some(seconds) if seconds > MAX_HSTS_SECONDS => Err(InvalidText { what: "HSTS", why: "at most two years" }),
            Some(_) if !self.redirect => Err(InvalidText { what: "HSTS", why: "only with a redirect to HTTPS" }),
            _ => Ok(()),
        }
    }
}

/// A private key in PEM (PKCS #8). Has no readable `Debug` and no `Display`, so it cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrivateKey(String);

impl PrivateKey {
    /// Checks the text and hides it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        match check_key(&text) {
            Ok(()) => Ok(Self(text)),
            Err(why) => Err(InvalidText { what: "private key", why }),
        }
    }

    /// The text itself. Call it only where it is written to its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(hidden)")
    }
}

impl TryFrom<String> for PrivateKey {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(text)
    }
}

impl From<PrivateKey> for String {
    fn from(key: PrivateKey) -> String {
        key.0
    }
}

fn check_chain(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_CHAIN_BYTES {
        return Err("at most 64 KiB");
    }
    match count_blocks(text, "CERTIFICATE") {
        Some(1..=MAX_CHAIN) => Ok(()),
        Some(_) => Err("1 to 10 certificates"),
        None => Err("must be certificates in PEM, one behind the other"),
    }
}

fn check_key(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_KEY_BYTES {
        return Err("at most 16 KiB");
    }
    match count_blocks(text, "PRIVATE KEY") {
        Some(1) => Ok(()),
        _ => Err("must be one key in PEM (PKCS #8)"),
    }
}

/// How many blocks with this label a text is made of; `None` when it has anything else in it. Strict on purpose: what this takes can be put
/// behind another such text without becoming part of it.
fn count_blocks(text: &str, label: &str) -> Option<usize> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let mut count = 0;
    while let Some(first) = lines.next() {
        if first != begin {
            return None;
        }
        let (mut has_body, mut is_over) = (false, false);
        loop {
            let line = lines.next()?;
            if line == end {
                break;
            }
            if is_over || !is_base64(line) {
                return None;
            }
            // What is shorter than a whole line, or filled up, is the last one.
            is_over = line.len() < 64 || line.ends_with('=');
            has_body = true;
        }
        if !has_body {
            return None;
        }
        count += 1;
    }
    Some(count)
}

fn is_base64(line: &str) -> bool {
    let letters = line.trim_end_matches('=');
    (1..=64).contains(&line.len())
        && line.len().is_multiple_of(4)
        && line.len() - letters.len() <= 2
        && letters.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

fn check_token(text: &str) -> Result<(), &'static str> {
    if !(1..=128).contains(&text.len()) {
        Err("1 to 128 characters")
    } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        Err("only letters, digits, - and _")
    } else {
        Ok(())
    }
}

fn check_answer(text: &str) -> Result<(), &'static str> {
    let (token, thumbprint) = text.split_once('.').ok_or("a token, a dot and a thumbprint")?;
    check_token(token)?;
    check_token(thumbprint)
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
