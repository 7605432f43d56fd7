//! Why there is no embedded PostgreSQL, in words that say what to do.

use std::path::PathBuf;

/// Why the embedded PostgreSQL did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No programs.
    #[error(
        "PostgreSQL is not installed. Install it (on Debian: apt install postgresql), or name the folder of its programs \
         in MPANEL_PG_BIN, or give the address of a running one in DATABASE_URL."
    )]
    NotInstalled,
    /// The folder is another mPanel's.
    #[error("{} is in use by another mPanel. Stop it, or choose another data folder.", .0.display())]
    InUse(PathBuf),
    /// The user that PostgreSQL runs as cannot get there.
    #[error("The user {user}, which runs PostgreSQL, cannot access {}. Choose a data folder such as /var/lib/mpanel.", .folder.display())]
    OutOfReach {
        /// The folder that is closed.
        folder: PathBuf,
        /// The user.
        user: String,
    },
    /// A cluster of another version.
    #[error("the data in {} belongs to PostgreSQL {found}, but PostgreSQL {wanted} is installed. Install version {found}, or migrate the data with pg_upgrade.", .folder.display())]
    OtherVersion {
        /// Where.
        folder: PathBuf,
        /// Of the data.
        found: String,
        /// Of the programs.
        wanted: String,
    },
    /// A program ended with an error.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The end of what it said.
        output: String,
    },
    /// It did not come up in time.
    #[error("PostgreSQL did not start: {0}")]
    NoStart(String),
    /// A file or folder could not be used.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: names the path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| EmbeddedError::Io { path, source }
    }
}
