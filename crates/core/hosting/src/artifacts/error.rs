//! Why an artifact could not be built or found, each with its remedy where there is one.

use std::path::{Path, PathBuf};

/// A build or a look-up that did not work.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// A program of the build is not installed.
    #[error("{program} is not installed; run: apt-get install {package}")]
    MissingProgram {
        /// What was to be started.
        program: &'static str,
        /// The Debian package it comes in.
        package: &'static str,
    },
    /// A program of the build ended with an error.
    #[error("{program} failed ({status}): {tail}")]
    Program {
        /// What was started.
        program: &'static str,
        /// How it ended.
        status: String,
        /// Its last lines.
        tail: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// This machine's apt does not know the Debian release that is needed.
    #[error("apt on this machine has no Debian {suite}; put 'deb URI {suite} main' lines into a file and name it in MPANEL_APT_SOURCES")]
    NoSources {
        /// The release.
        suite: &'static str,
    },
    /// The archive could not be fetched.
    #[error("failed to download {url}: {reason}")]
    Fetch {
        /// From where.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// What was fetched or kept is not what the checksum promises.
    #[error("{what} has the checksum {found}, expected {expected}; it was not used")]
    Checksum {
        /// Which file or address.
        what: String,
        /// The promised one.
        expected: String,
        /// The one it has.
        found: String,
    },
    /// The content is not what an artifact of this kind may hold.
    #[error("{0}")]
    Content(String),
}

impl ArtifactError {
    /// Names the file in an error of the file system.
    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
