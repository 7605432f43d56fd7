//! The pod's subvolume, its limit, and the folders in it.

use std::path::Path;

use rustix::io::Errno;
use wire::observation::{Part, PartState, Usage};
use wire::plan::Change;

use crate::error::{Result, ResultExt};
use crate::host::accounts::Account;
use crate::host::names::PodNames;
use crate::host::storage::{self, Quota};
use crate::task::Task;

use super::{Inspector, PartStatus};
use wire::SiteName;

/// What a full pod may have beyond its limit for as long as it takes to make a file in it.
const ROOM: u64 = 4 << 20;

/// Everything of the pod on disk, except for what is in its folders.
pub struct Storage<'a> {
    names: &'a PodNames,
    sites: Vec<&'a SiteName>,
    disk_mb: u32,
    quota: Option<Quota>,
    /// Subvolumes that a tenant's program made inside.
    nested: usize,
    subvolume: PartStatus,
    limit: PartStatus,
    /// Folders with owners and modes.
    pub folders: PartStatus,
}

impl<'a> Storage<'a> {
    /// Asks the file system.
    pub fn inspect(cx: &Inspector<'a>) -> Result<Self> {
        let (names, disk_mb) = (cx.names, cx.spec.limits.disk_mb);
        let quota = if cx.is_stored { Some(storage::quota(cx.task, names)?) } else { None };
        let nested = if cx.is_stored { storage::nested(cx.task, names)?.len() } else { 0 };
        let sites: Vec<_> = cx.spec.sites.iter().map(|site| &site.name).collect();
        let right_owner = |account: &&Account| account.uid == cx.spec.uid.get();
        let are_good = cx.is_stored && cx.account.as_ref().filter(right_owner).is_some_and(|account| storage::folders_good(names, &sites, account));
        Ok(Self {
            subvolume: PartStatus::of(false, cx.is_stored),
            limit: PartStatus::of(cx.is_stored, quota.is_some_and(|quota| quota.limit == Some(bytes(disk_mb)))),
            folders: PartStatus::of(cx.is_stored, are_good),
            names,
            sites,
            disk_mb,
            quota,
            nested,
        })
    }

    /// As lines of the plan.
    pub fn changes(&self) -> [Change; 3] {
        [
            self.subvolume.change("storage", format!("btrfs subvolume {}", self.names.home().display())),
            self.limit.change("storage limit", format!("{} MiB", self.disk_mb)),
            self.folders.change("folders", "of each site, of the web server, for temporary files"),
        ]
    }

    /// Makes what is missing; the folders wait for their owner.
    pub fn make(&self, task: &Task) -> Result<()> {
        if self.subvolume.has_change() {
            storage::make(task, self.names)?;
            task.info(format!("Created storage {}", self.names.home().display()));
        }
        if self.limit.has_change() {
            storage::limit(task, self.names, bytes(self.disk_mb))?;
            task.info(format!("Set storage limit to {} MiB", self.disk_mb));
        }
        Ok(())
    }

    /// Makes the folders.
    pub fn make_folders(&self, account: &Account) -> Result<()> {
        storage::make_folders(self.names, &self.sites, account)
    }

    /// Makes the log that systemd opens for a program where there is none yet. In a full pod systemd could not, and the program would not start.
    pub fn make_log(&self, task: &Task, log: &Path) -> Result<()> {
        let limit = bytes(self.disk_mb);
        let made = match storage::make_log(log) {
            Err(Errno::DQUOT) => {
                storage::limit(task, self.names, self.quota.map_or(limit, |quota| quota.used.max(limit)) + ROOM)?;
                let made = storage::make_log(log);
                storage::limit(task, self.names, limit)?;
                made
            }
            made => made,
        };
        made.context(format_args!("making {}", log.display()))
    }

    /// Most bytes that it may take now.
    pub fn limit_found(&self) -> Option<u64> {
        self.quota.and_then(|quota| quota.limit)
    }

    /// What it takes.
    pub fn measure(&self, now: &mut Usage) {
        if let Some(quota) = self.quota {
            now.disk_bytes = Some(quota.used);
            now.disk_limit_bytes = quota.limit;
        }
    }

    /// What a tenant has made that no plan speaks of.
    pub fn observe(&self) -> Option<Part> {
        (self.nested > 0).then(|| Part {
            name: "storage inside".into(),
            state: PartState::Wrong,
            detail: format!("{} subvolumes were made inside the pod; they escape its limit", self.nested),
        })
    }
}

fn bytes(disk_mb: u32) -> u64 {
    u64::from(disk_mb) << 20
}
