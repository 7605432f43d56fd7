//! The machine: accounts, storage, units, web server, database, shipped files.

pub mod accounts;
pub mod artifacts;
pub mod database;
pub mod files;
pub mod http;
pub mod lock;
pub mod names;
pub mod run;
pub mod shared;
pub mod storage;
pub mod systemd;
pub mod usage;
pub mod web;
pub mod workers;

use shared::Shared;

/// What the requests of one session share.
pub struct Host {
    /// One reading of the unit files for many pods.
    pub units: Shared<()>,
    /// One start for many pods whose unit files were read together.
    pub starts: Shared<String>,
    /// One test and reload of the web server for many pods.
    pub sites: Shared<web::Swap>,
    /// One writing of the account files for many pods.
    pub accounts: Shared<names::Names>,
    /// One flush of the disks for many pods.
    pub disks: Shared<()>,
    /// A new version of this program that is not confirmed yet.
    pub trial: crate::upgrade::Trial,
}

impl Default for Host {
    fn default() -> Self {
        let (units, sites, accounts, disks, trial) = Default::default();
        Self { units, starts: Shared::in_waves(), sites, accounts, disks, trial }
    }
}

/// Changes with every start of the machine.
pub fn boot_id() -> String {
    files::read_text("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
