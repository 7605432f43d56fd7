//! The program that is shipped to servers.

use anyhow::Context;
use sha2::{Digest, Sha256 as Hasher};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use wire::Sha256;

/// `mpanel-node` as this panel ships it.
#[derive(Clone, Debug)]
pub struct AgentBinary {
    /// Where it lies here.
    pub path: PathBuf,
    /// Its checksum.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
}

impl AgentBinary {
    /// Reads the whole file once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let (sha256, size) = checksum(path).with_context(|| format!("cannot read the agent binary {}", path.display()))?;
        Ok(Self { path: path.to_owned(), sha256, size })
    }
}

/// SHA-256 and length of a file. Blocks.
///
/// # Errors
/// When it cannot be read.
pub fn checksum(path: &Path) -> anyhow::Result<(Sha256, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut size, mut buffer) = (Hasher::new(), 0_u64, vec![0; 1 << 18]);
    loop {
        let length = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..length).filter(|piece| !piece.is_empty()) else { break };
        hash.update(piece);
        size += length as u64;
    }
    Ok((Sha256::new(hex::encode(hash.finalize()))?, size))
}
