//! Fetching a configured archive: to a file, with a limit, believed only by its checksum.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{ArtifactError, Progress};

/// More than twenty times what WordPress needs today.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
const STALLED_AFTER: Duration = Duration::from_secs(30);

/// Fetches `url` into `file`; refused when its SHA-256 is not `sha256` (hex).
pub(super) async fn fetch(url: &str, sha256: &str, file: &Path, progress: Progress<'_>) -> Result<(), ArtifactError> {
    let failed = |reason: String| ArtifactError::Fetch { url: url.to_owned(), reason };
    // The process may have chosen its TLS provider already; that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        reqwest::Client::builder().connect_timeout(STALLED_AFTER).read_timeout(STALLED_AFTER).build().map_err(|error| failed(error.to_string()))?;
    progress(&format!("downloading {url}"));
    let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(|error| failed(error.to_string()))?;
    let mut out = tokio::fs::File::create(file).await.map_err(ArtifactError::file(file))?;
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
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
    let found = hex::encode(hash.finalize());
    if !found.eq_ignore_ascii_case(sha256) {
        return Err(ArtifactError::Checksum { what: url.to_owned(), expected: sha256.to_owned(), found });
    }
    Ok(())
}
