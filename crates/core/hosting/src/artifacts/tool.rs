//! Starting the programs of a build: by argument list, with their last lines kept for the error.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use super::{ArtifactError, Progress};

/// A program and the Debian package it comes in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool {
    pub program: &'static str,
    pub package: &'static str,
}

pub(super) const MMDEBSTRAP: Tool = Tool { program: "mmdebstrap", package: "mmdebstrap" };
pub(super) const MKSQUASHFS: Tool = Tool { program: "mksquashfs", package: "squashfs-tools" };
pub(super) const APT_GET: Tool = Tool { program: "apt-get", package: "apt" };
pub(super) const APT_CONFIG: Tool = Tool { program: "apt-config", package: "apt" };
pub(super) const DPKG_DEB: Tool = Tool { program: "dpkg-deb", package: "dpkg" };
pub(super) const TAR: Tool = Tool { program: "tar", package: "tar" };

const TAIL: usize = 6;

impl Tool {
    /// A command of this program in a folder, with nothing inherited but what a child needs.
    pub(super) fn command(self, dir: &Path) -> Command {
        let mut command = Command::new(self.program);
        command.current_dir(dir).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive").kill_on_drop(true);
        command
    }

    /// Runs it to its end; what it says on standard error goes to `progress`.
    pub(super) async fn run(self, command: &mut Command, progress: Progress<'_>) -> Result<(), ArtifactError> {
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(|error| self.spawn_error(error))?;
        let mut tail = VecDeque::with_capacity(TAIL);
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                if line.is_empty() {
                    continue;
                }
                progress(&line);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(line);
            }
        }
        let status = child.wait().await.map_err(|error| self.spawn_error(error))?;
        if status.success() {
            return Ok(());
        }
        Err(ArtifactError::Program { program: self.program, status: status.to_string(), tail: Vec::from(tail).join(" | ") })
    }

    /// Runs it and returns what it printed.
    pub(super) async fn output<I: IntoIterator<Item: AsRef<OsStr>>>(self, dir: &Path, args: I) -> Result<String, ArtifactError> {
        let mut child = self.command(dir).args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| self.spawn_error(error))?;
        let mut text = Vec::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut text).await.map_err(|error| self.spawn_error(error))?;
        }
        let status = child.wait().await.map_err(|error| self.spawn_error(error))?;
        if !status.success() {
            return Err(ArtifactError::Program { program: self.program, status: status.to_string(), tail: String::new() });
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn spawn_error(self, error: std::io::Error) -> ArtifactError {
        match error.kind() {
            std::io::ErrorKind::NotFound => ArtifactError::MissingProgram { program: self.program, package: self.package },
            _ => ArtifactError::Program { program: self.program, status: error.to_string(), tail: String::new() },
        }
    }
}
