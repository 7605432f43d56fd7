//! The machine: accounts, storage, units, web server, database, shipped files.

pub mod accounts;
pub mod artifacts;
pub mod at_work;
pub mod challenge;
pub mod coalescer;
pub mod command;
pub mod database;
pub mod files;
pub mod http;
pub mod lock;
pub mod names;
pub mod nft;
pub mod nginx_workers;
pub mod rotation;
pub mod sockets;
pub mod storage;
pub mod systemd;
pub mod usage;
pub mod visits;
pub mod web;

use coalescer::Coalescer;

/// What the requests of one session share.
pub struct Host {
    /// One reading of the unit files for many pods.
    pub units: Coalescer<()>,
    /// One start for many pods whose unit files were read together.
    pub starts: Coalescer<Vec<String>>,
    /// One test and reload of the web server for many pods.
    pub sites: Coalescer<Vec<web::VhostChange>>,
    /// One writing of the account files for many pods.
    pub accounts: Coalescer<accounts::Wanted>,
    /// One flush of the disks for many pods.
    pub disks: Coalescer<()>,
    /// A new version of this program that is not confirmed yet.
    pub trial: crate::upgrade::Trial,
}

impl Default for Host {
    fn default() -> Self {
        let (units, sites, accounts, disks, trial) = Default::default();
        Self { units, starts: Coalescer::without_reservations(), sites, accounts, disks, trial }
    }
}

/// Changes with every start of the machine.
pub fn boot_id() -> String {
    files::read_text("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
