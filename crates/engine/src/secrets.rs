//! Secrets that must be read back are sealed with the key file's key; nothing here can be printed.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand::Rng;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

mod reseal;
#[cfg(test)]
mod tests;

pub use reseal::{SealedRow, SealedTable, reseal, reseal_in};

/// The master key of an installation, 32 bytes from its key file, and those that it has replaced.
#[derive(Clone)]
pub struct MasterKey {
    current: [u8; 32],
    /// Newest first.
    older: Vec<[u8; 32]>,
}

/// A sealed value was changed, or sealed for another place or by another key.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value cannot be opened with this installation's key")]
pub struct UnsealError;

impl From<UnsealError> for crate::Error {
    fn from(error: UnsealError) -> Self {
        crate::Error::Internal(error.into())
    }
}

impl MasterKey {
    /// A key that has replaced none.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { current: bytes, older: Vec::new() }
    }

    /// The same key as the successor of these, newest first. They prove what was written in their time, and open it; nothing new is made with them.
    #[must_use]
    pub fn with_older(mut self, older: Vec<[u8; 32]>) -> Self {
        self.older = older;
        self
    }

    /// A key for one purpose, so that no two uses share one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        derived(&self.current, purpose)
    }

    /// What the replaced keys gave for this purpose, newest first.
    pub fn derive_older(&self, purpose: &str) -> Vec<[u8; 32]> {
        self.older.iter().map(|key| derived(key, purpose)).collect()
    }

    /// Seals `plain` for one place, such as `cloud_pod:<id>`.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let nonce: [u8; 24] = random_bytes();
        let body = cipher(&self.current).encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() }).map_err(|_| UnsealError)?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// Opens what `seal` made for the same place, with this key or one that it has replaced.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (nonce, body) = sealed.split_first_chunk::<24>().ok_or(UnsealError)?;
        let open = |key: &[u8; 32]| cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: place.as_bytes() }).ok();
        std::iter::once(&self.current).chain(&self.older).find_map(open).ok_or(UnsealError)
    }

    /// Seals a text, such as a password.
    pub fn seal_text(&self, place: &str, plain: &str) -> Result<Vec<u8>, UnsealError> {
        self.seal(place, plain.as_bytes())
    }

    /// Opens what `seal_text` made.
    pub fn open_text(&self, place: &str, sealed: &[u8]) -> Result<String, UnsealError> {
        String::from_utf8(self.open(place, sealed)?).map_err(|_| UnsealError)
    }

    /// Seals several values as one.
    pub fn seal_json(&self, place: &str, plain: &impl Serialize) -> Result<Vec<u8>, UnsealError> {
        self.seal(place, &serde_json::to_vec(plain).map_err(|_| UnsealError)?)
    }

    /// Opens what `seal_json` made. What does not fit is not repeated in the error: it is secret.
    pub fn open_json<T: DeserializeOwned>(&self, place: &str, sealed: &[u8]) -> Result<T, UnsealError> {
        serde_json::from_slice(&self.open(place, sealed)?).map_err(|_| UnsealError)
    }
}

fn derived(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&derived(key, "seal").into())
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// Bytes from the system's random source.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A token for a link or a cookie: 32 random bytes, 43 characters that need no escaping.
pub fn new_token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// Whether this is the HMAC-SHA256 of a message. Takes as long for every wrong one.
pub fn hmac_sha256_is(key: &[u8], message: &[u8], code: &[u8]) -> bool {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(message);
    mac.verify_slice(code).is_ok()
}

/// What the database keeps of a token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
