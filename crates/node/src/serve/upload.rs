//! A file that comes with a request, piece by piece.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use sha2::{Digest, Sha256 as Hasher};
use wire::Sha256;
use wire::frame::WINDOW;
use wire::message::FromNode;

use crate::error::{Result, ResultExt, internal, invalid};
use crate::task::Task;

use super::requests::Chunks;
use super::writer::MessageSender;

/// How often a silent upload looks whether it was stopped.
const TICK: Duration = Duration::from_millis(100);
/// Bytes between two progress messages.
const REPORT: u64 = 4 << 20;

/// The announced file.
pub struct Upload {
    id: u64,
    size: u64,
    chunks: Chunks,
    /// Where the panel's credit is given, when it waits for any.
    credit: Option<MessageSender>,
    /// Bytes that were taken and for which no credit was given yet.
    owed: u64,
}

/// A file received whole and checked, not yet in its place. Removed when dropped.
pub struct Received {
    path: PathBuf,
    kept: bool,
}

impl Upload {
    /// A file of `size` bytes that comes through `chunks`. `credit` is for a panel that waits for it.
    pub fn new(id: u64, size: u64, chunks: Chunks, credit: Option<MessageSender>) -> Self {
        Self { id, size, chunks, credit, owed: 0 }
    }

    /// Writes it beside its later place and checks its length and checksum.
    pub fn receive(mut self, task: &Task, beside: &Path, expected: &Sha256) -> Result<Received> {
        let received = Received { path: partial_name(beside), kept: false };
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&received.path)
            .context(format_args!("making {}", received.path.display()))?;
        let sum = self.copy(task, &mut file)?;
        if sum != expected.as_str() {
            return Err(invalid(format!("checksum mismatch: got {sum}, expected {expected}")));
        }
        file.sync_all().context("writing the file to disk")?;
        Ok(received)
    }

    fn copy(&mut self, task: &Task, file: &mut File) -> Result<String> {
        let mut hasher = Hasher::new();
        let (mut done, mut reported) = (0u64, 0u64);
        while done < self.size {
            let piece = self.next(task)?;
            done += piece.len() as u64;
            if done > self.size {
                return Err(invalid("received more bytes than announced"));
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

    fn next(&mut self, task: &Task) -> Result<Vec<u8>> {
        loop {
            task.check()?;
            match self.chunks.recv_timeout(TICK) {
                Ok(chunk) => {
                    self.give_credit(chunk.len() as u64);
                    return Ok(chunk);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    task.check()?;
                    return Err(internal("the file ended early"));
                }
            }
        }
    }

    /// What was taken from the queue makes room there. Told in quarters of the window: seldom, and long before it is used up.
    fn give_credit(&mut self, taken: u64) {
        let Some(out) = &self.credit else { return };
        self.owed += taken;
        if self.owed >= WINDOW / 4 {
            // A session that is over is noticed by whoever waits for the next piece.
            out.send_message(FromNode::Credit { id: self.id, bytes: std::mem::take(&mut self.owed) });
        }
    }

    /// Hands on a stream of unknown length until its end, which is an empty piece. Answers with how many bytes it had.
    pub fn feed(mut self, task: &Task, mut to: impl FnMut(&[u8]) -> Result<()>) -> Result<u64> {
        let mut done = 0;
        loop {
            let piece = self.next(task)?;
            if piece.is_empty() {
                return Ok(done);
            }
            to(&piece)?;
            done += piece.len() as u64;
        }
    }

    /// Takes the rest of the file and forgets it (the server has it already).
    pub fn discard(mut self, task: &Task) -> Result<()> {
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
