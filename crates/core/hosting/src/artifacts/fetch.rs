//! Fetching a configured archive: to a file, with a limit, believed only by its checksum.

use std::path::Path;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::StreamExt;
use sha2::{Digest, Sha256, Sha512};
use tokio::io::AsyncWriteExt;

use super::{ArtifactError, Progress};

/// More than twenty times what WordPress needs today.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
const STALLED_AFTER: Duration = Duration::from_secs(30);

/// The checksum that makes a download believed.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// SHA-256, hex.
    Sha256(&'a str),
    /// SHA-512 as npm registries write it: `sha512-` and base64.
    Integrity(&'a str),
}

enum Hash {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hash {
    fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(chunk),
            Self::Sha512(hash) => hash.update(chunk),
        }
    }
}

impl Expected<'_> {
    fn hash(self) -> Hash {
        match self {
            Self::Sha256(_) => Hash::Sha256(Sha256::new()),
            Self::Integrity(_) => Hash::Sha512(Sha512::new()),
        }
    }

    /// Compares with what was hashed; the error says both as they are written.
    fn check(self, hash: Hash, what: &str) -> Result<(), ArtifactError> {
        let found = match hash {
            Hash::Sha256(hash) => hex::encode(hash.finalize()),
            Hash::Sha512(hash) => format!("sha512-{}", STANDARD.encode(hash.finalize())),
        };
        let (expected, holds) = match self {
            Self::Sha256(expected) => (expected, found.eq_ignore_ascii_case(expected)),
            Self::Integrity(expected) => (expected, found == expected),
        };
        if holds { Ok(()) } else { Err(ArtifactError::Checksum { what: what.to_owned(), expected: expected.to_owned(), found }) }
    }
}

/// Fetches `url` into `file`; refused when it is not what was expected.
pub(super) async fn fetch(url: &str, expected: Expected<'_>, file: &Path, progress: Progress<'_>) -> Result<(), ArtifactError> {
    let failed = |reason: String| ArtifactError::Fetch { url: url.to_owned(), reason };
    // The process may have chosen its TLS provider already; that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        reqwest::Client::builder().connect_timeout(STALLED_AFTER).read_timeout(STALLED_AFTER).build().map_err(|error| failed(error.to_string()))?;
    progress(&format!("downloading {url}"));
    let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(|error| failed(error.to_string()))?;
    let mut out = tokio::fs::File::create(file).await.map_err(ArtifactError::file(file))?;
    let (mut hash, mut length) = (expected.hash(), 0_u64);
    let mut body = answer.bytes_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| failed(error.to_string()))?;
        length += chunk.len() as u64;
        if length > MAX_BYTES {
            return Err(failed(format!("it is longer than {MAX_BYTES} bytes")));
        }
        hash.update(&chunk);
        out.write_all(&chunk).await.map_err(ArtifactError::file(file))?;
    }
    out.flush().await.map_err(ArtifactError::file(file))?;
    expected.check(hash, url)
}
