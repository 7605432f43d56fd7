//! Secrets that must be read back are sealed with the key file's key; nothing here can be printed.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};

/// The master key of an installation, 32 bytes from its key file.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// A sealed value was changed, or sealed for another place or by another key.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value cannot be opened with this installation's key")]
pub struct Unsealable;

impl MasterKey {
    /// Takes the bytes of the key file.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key for one purpose, so that no two uses share one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Seals `plain` for one place, such as `cloud_pod:<id>`.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let nonce: [u8; 24] = random_bytes();
        let body = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() }).map_err(|_| Unsealable)?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// Opens what `seal` made for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, body) = sealed.split_first_chunk::<24>().ok_or(Unsealable)?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: place.as_bytes() }).map_err(|_| Unsealable)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal").into())
    }
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

/// What the database keeps of a token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
