//! mPanel's own PostgreSQL: a child process in the data folder, reached over a unix socket only.
//!
//! It survives the death of either side. When PostgreSQL dies it is started again. When mPanel dies, the PostgreSQL it
//! leaves behind is stopped and started anew by the next mPanel on the same folder; a lock keeps two of them apart.

mod cluster;
mod error;
mod orphan;
mod programs;
mod supervisor;

pub use error::EmbeddedError;

use cluster::Cluster;
use std::{
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};
use supervisor::Supervisor;

/// How long another mPanel's PostgreSQL may take to answer.
const JOIN_PATIENCE: Duration = Duration::from_secs(30);

/// What an embedded PostgreSQL needs to know.
#[derive(Clone, Debug)]
pub struct EmbeddedConfig {
    /// Folder for the cluster, its socket and its log; made when missing. The user that PostgreSQL runs as must be able
    /// to reach it, so it must not be below a closed home.
    pub data_dir: PathBuf,
    /// Whether a commit waits for the disk. Only tests say no.
    pub durable: bool,
    /// Ask the kernel to stop PostgreSQL when this process dies, where that is possible. For tests, which are not
    /// restarted on the same folder.
    pub die_with_parent: bool,
}

impl EmbeddedConfig {
    /// A real cluster in this folder.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), durable: true, die_with_parent: false }
    }
}

/// A running PostgreSQL of our own. Dropping it stops it, unless another mPanel has started it.
pub struct Embedded {
    cluster: Cluster,
    supervisor: Option<Supervisor>,
}

impl Embedded {
    /// Makes the cluster if there is none, starts it, and waits until it answers. Blocks for seconds at first, then
    /// for fractions of one; call it from a thread that may.
    ///
    /// # Errors
    /// When there is no PostgreSQL to start, the folder is in use or out of reach, or it does not come up; the message
    /// says what to do.
    pub fn start(config: &EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let cluster = Cluster::open(config)?;
        orphan::stop(&cluster)?;
        cluster.init()?;
        let supervisor = Supervisor::start(&cluster)?;
        let embedded = Self { cluster, supervisor: Some(supervisor) };
        embedded.cluster.create_database("mpanel")?;
        Ok(embedded)
    }

    /// Uses the PostgreSQL that another mPanel has started on this folder; it stays that one's. Blocks until it answers.
    ///
    /// # Errors
    /// When it does not answer within half a minute.
    pub fn join(config: &EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let cluster = Cluster::beside(config)?;
        let until = Instant::now() + JOIN_PATIENCE;
        while !cluster.answers() {
            if Instant::now() > until {
                return Err(EmbeddedError::InUse(config.data_dir.clone()));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(Self { cluster, supervisor: None })
    }

    /// Address for this role and database. There are no passwords: the socket's folder lets only one user in.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.cluster.url(role, database)
    }

    /// Address for the owner, who migrates.
    pub fn owner_url(&self) -> String {
        self.url(cluster::OWNER, "mpanel")
    }

    /// Addresses for the two login roles.
    pub fn logins(&self) -> crate::LoginUrls {
        crate::LoginUrls { web: self.url("mpanel_web", "mpanel"), ops: self.url("mpanel_ops", "mpanel") }
    }

    /// Process id of the PostgreSQL that runs now; nothing while it is being restarted, or when it is another's.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.as_ref().and_then(Supervisor::pid)
    }

    /// Makes a database as a copy of another one, to which nobody may be connected. For tests.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    #[cfg(debug_assertions)]
    pub fn copy_database(&self, name: &str, template: &str) -> Result<(), EmbeddedError> {
        self.cluster.createdb(&["--template", template, name])
    }

    /// Stops PostgreSQL: open transactions are rolled back, everything committed is kept.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.stop();
        }
    }
}
