//! What files held before they were written, for a program that does not start with the new ones.

use std::path::PathBuf;

use crate::error::Result;
use crate::host::files;
use crate::host::names::PodNames;
use crate::task::Task;

use super::edits;
use super::part::{Managed, PartStatus};

/// Each file that was written, with what it held.
pub struct Backups<'a> {
    task: &'a Task,
    names: &'a PodNames,
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl<'a> Backups<'a> {
    /// Of this pod, empty.
    pub fn new(task: &'a Task, names: &'a PodNames) -> Self {
        Self { task, names, files: Vec::new() }
    }

    /// Writes the file and remembers what it held. One that is as it should be is left alone: systemd takes a unit whose file is newer than
    /// its own reading for a changed one. What other hands have added to a unit goes, a copy of it stays.
    pub fn write(&mut self, file: &Managed) -> Result<()> {
        if file.status() == PartStatus::Matches {
            return Ok(());
        }
        edits::keep_copies(self.task, self.names, file)?;
        self.files.push((file.path.clone(), files::read(&file.path)?));
        file.drop_ins.iter().try_for_each(|path| files::remove_with_folder(path))?;
        file.write()
    }

    /// Puts back what these files held; false when they were new.
    pub fn restore(&self, of: &[Managed]) -> Result<bool> {
        let mut any = false;
        for (path, old) in &self.files {
            let (Some(file), Some(old)) = (of.iter().find(|file| file.path == *path), old) else { continue };
            files::write(path, old, file.mode)?;
            any = true;
        }
        Ok(any)
    }
}
