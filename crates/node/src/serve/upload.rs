//! A file that comes with a request, piece by piece.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use sha2::{Digest, Sha256 as Hasher};
use wire::Sha256;

use crate::error::{Result, ResultExt, internal, invalid};
use crate::task::Task;

use super::requests::Pieces;

/// How often a silent upload looks whether it was stopped.
const TICK: Duration = Duration::from_millis(100);
/// Bytes between two progress messages.
const REPORT: u64 = 4 << 20;

/// The announced file.
pub struct Upload {
    size: u64,
    pieces: Pieces,
}

/// A file received whole and checked, not yet in its place. Removed when dropped.
pub struct Received {
    path: PathBuf,
    kept: bool,
}

impl Upload {
    /// A file of `size` bytes that comes through `pieces`.
    pub fn new(size: u64, pieces: Pieces) -> Self {
        Self { size, pieces }
    }

    /// Writes it beside its later place and checks its length and checksum.
    pub fn receive(self, task: &Task, beside: &Path, expected: &Sha256) -> Result<Received> {
        let received = Received { path: partial_name(beside), kept: false };
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&received.path)
            .context(format_args!("making {}", received.path.display()))?;
        let sum = self.copy(task, &mut file)?;
        if sum != expected.as_str() {
            return Err(invalid(format!("the file's checksum is {sum}, {expected} was announced")));
        }
        file.sync_all().context("writing the file to disk")?;
        Ok(received)
    }

    fn copy(&self, task: &Task, file: &mut File) -> Result<String> {
        let mut hasher = Hasher::new();
        let (mut done, mut reported) = (0u64, 0u64);
        while done < self.size {
            let piece = self.next(task)?;
            done += piece.len() as u64;
            if done > self.size {
                return Err(invalid("more bytes came than were announced"));
            }
            hasher.update(&piece);
            file.write_all(&piece).context("writing the file")?;
            if done - reported >= REPORT || done == self.size {
                reported = done;
                task.progress("bytes", done, self.size);
            }
        }
        Ok(hex::encode(hasher.finalize()))
    }

    fn next(&self, task: &Task) -> Result<Vec<u8>> {
        loop {
            task.check()?;
            match self.pieces.recv_timeout(TICK) {
                Ok(piece) => return Ok(piece),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    task.check()?;
                    return Err(internal("the file ended before it was whole"));
                }
            }
        }
    }

    /// Takes the rest of the file and forgets it (the server has it already).
    pub fn discard(self, task: &Task) -> Result<()> {
        let mut done = 0;
        while done < self.size {
            done += self.next(task)?.len() as u64;
        }
        Ok(())
    }
}

impl Received {
    /// Where it lies now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to its place in one step and makes that durable.
    pub fn keep(mut self, place: &Path) -> Result<()> {
        fs::rename(&self.path, place).context(format_args!("moving the file to {}", place.display()))?;
        self.kept = true;
        crate::host::files::sync_folder_of(place)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing else can be done about a left-over here; the next upload truncates it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn partial_name(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".part{}", crate::host::files::unique()));
    place.with_file_name(name)
}
