//! What files held before they were written, for a program that does not start with the new ones.

use std::path::PathBuf;

use crate::error::Result;
use crate::host::files;

use super::part::{Managed, PartStatus};

/// Each file that was written, with what it held.
#[derive(Default)]
pub struct Backups {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Backups {
    /// Writes the file and remembers what it held. One that is as it should be is left alone: systemd takes a unit whose file is newer than
    /// its own reading for a changed one.
    pub fn write(&mut self, file: &Managed) -> Result<()> {
        if file.status() == PartStatus::Matches {
            return Ok(());
        }
        self.files.push((file.path.clone(), files::read(&file.path)?));
        file.write()
    }

    /// Puts back what these files held; false when they were new.
    pub fn restore(&self, of: &[Managed]) -> Result<bool> {
        let mut any = false;
        for (path, old) in self.files.iter().filter(|(path, _)| of.iter().any(|file| file.path == *path)) {
            if let Some(old) = old {
                files::write(path, old, 0o644)?;
                any = true;
            }
        }
        Ok(any)
    }
}
