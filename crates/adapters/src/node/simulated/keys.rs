//! Host keys that simulated machines show: real keys by form, made from the address.

use crate::node::{HostKey, ssh::as_host_key};
use russh::keys::{
    PublicKey,
    ssh_key::public::{Ed25519PublicKey, KeyData},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How often each address has changed its key.
#[derive(Default)]
pub struct HostKeys(HashMap<String, u32>);

impl HostKeys {
    /// The key that an address shows now.
    pub fn of(&self, address: &str) -> HostKey {
        let generation = self.0.get(address).copied().unwrap_or_default();
        let bytes: [u8; 32] = Sha256::digest(format!("{address} {generation}")).into();
        as_host_key(&PublicKey::from(KeyData::from(Ed25519PublicKey(bytes))))
    }

    /// From now on another one.
    pub fn change(&mut self, address: &str) {
        *self.0.entry(address.to_owned()).or_default() += 1;
    }
}
