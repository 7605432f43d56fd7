//! The installation's key file, mode 0600, made on first start: 32 random bytes in hex, and below it the keys that it has replaced.

use anyhow::{Context, Result, bail};
use engine::secrets::{MasterKey, random_bytes};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

/// Name of the file in the data folder.
const FILE: &str = "master.key";

/// Reads the key file, or makes it.
pub fn load_or_make(data_dir: &Path) -> Result<MasterKey> {
    let path = data_dir.join(FILE);
    if !path.exists() {
        write_new(&path, &hex::encode(random_bytes::<32>()))?;
    }
    let mode = fs::metadata(&path)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {mode:o}); run: chmod 600 {}", path.display(), path.display());
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}; run mpanel as the user that owns it", path.display()))?;
    let keys: Option<Vec<[u8; 32]>> = text.split_whitespace().map(|line| hex::decode(line).ok()?.try_into().ok()).collect();
    match keys.as_deref() {
        Some([current, older @ ..]) => Ok(MasterKey::new(*current).with_older(older.to_vec())),
        _ => bail!("{} is not a key: expected 64 hex digits per line", path.display()),
    }
}

/// Puts a new key in the place of the present one, which stays in the file as an older one.
pub fn replace(data_dir: &Path) -> Result<MasterKey> {
    load_or_make(data_dir)?;
    let path = data_dir.join(FILE);
    let text = format!("{}\n{}", hex::encode(random_bytes::<32>()), fs::read_to_string(&path)?);
    let beside = data_dir.join("master.key.new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("cannot remove the leftovers of an interrupted command"),
        _ => {}
    }
    write_new(&beside, &text)?;
    fs::rename(&beside, &path).with_context(|| format!("cannot put {} in place", path.display()))?;
    fs::File::open(data_dir)?.sync_all()?;
    load_or_make(data_dir)
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}
