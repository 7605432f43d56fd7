//! The installation's key file: made on first start, mode 0600, 32 random bytes in hex.

use anyhow::{Context, Result, bail};
use mpanel_core::secrets::{MasterKey, random_bytes};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

/// Reads the key file, or makes it.
pub fn load_or_make(data_dir: &Path) -> Result<MasterKey> {
    let path = data_dir.join("master.key");
    if !path.exists() {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(|| format!("cannot make {}", path.display()))?;
        file.write_all(hex::encode(random_bytes::<32>()).as_bytes())?;
        file.sync_all()?;
    }
    let mode = fs::metadata(&path)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {mode:o}); run: chmod 600 {}", path.display(), path.display());
    }
    let text = fs::read_to_string(&path)?;
    let bytes: [u8; 32] = hex::decode(text.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .with_context(|| format!("{} is not a key: 64 hex digits are expected", path.display()))?;
    Ok(MasterKey::new(bytes))
}
