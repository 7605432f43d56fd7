//! A pod's disk: a btrfs subvolume with a limit that the file system enforces.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Gid, Mode, OFlags, ResolveFlags, Uid, openat2};
use rustix::io::Errno;
use wire::SiteName;
use wire::deploy::ReleaseName;
use wire::message::{Failure, FailureKind};
use wire::probe::Storage;

use crate::error::{Result, ResultExt, internal};
use crate::host::accounts::{self, Account};
use crate::host::command::{Cmd, CmdOutput};
use crate::host::names::{ARCHIVES, PODS, PodNames, RELEASES, SHARED, SITE_FOLDERS, SITES, STAGED, STAGING, WEB, WEB_USER};
use crate::task::Task;

const BTRFS_MAGIC: u64 = 0x9123_683e;
/// Every btrfs subvolume's root has this inode number.
const SUBVOLUME_INODE: u64 = 256;
/// What to do when limits cannot be enforced.
pub const REMEDY: &str = "mount a btrfs file system at /srv/pods, then install the WEB capability";
/// What to do when only the quotas are off.
pub const ENABLE: &str = "install the WEB capability (it runs btrfs quota enable /srv/pods)";

/// What `btrfs qgroup show` warns of while it does not count.
const STOPPED_COUNTING: &str = "qgroup data inconsistent";
/// What it warns of while it counts anew.
const COUNTING_ANEW: &str = "rescan is running";

/// A subvolume's figures in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Used.
    pub used: u64,
    /// Most; `None` is without limit.
    pub limit: Option<u64>,
}

/// What kind of storage the server has for pods.
pub fn survey(task: &Task) -> Storage {
    let (mut total_mb, mut free_mb, mut filesystem) = (0, 0, "none".to_owned());
    if let Ok(found) = rustix::fs::statfs(PODS) {
        let block = found.f_bsize as u64;
        total_mb = (found.f_blocks * block) >> 20;
        free_mb = (found.f_bavail * block) >> 20;
        filesystem = filesystem_name(found.f_type as u64);
    }
    let enforces_limits = filesystem == "btrfs" && counting(task) != Counting::Off;
    Storage { path: PODS.to_owned(), filesystem, total_mb, free_mb, enforces_limits }
}

fn filesystem_name(magic: u64) -> String {
    match magic {
        BTRFS_MAGIC => "btrfs".into(),
        0xef53 => "ext4".into(),
        0x5846_5342 => "xfs".into(),
        0x794c_7630 => "overlay".into(),
        0x2fc1_2fc1 => "zfs".into(),
        other => format!("{other:#x}"),
    }
}

/// What btrfs knows of what is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// Its quotas are off.
    Off,
    /// It counts anew what everybody uses. Until that has ended, limits bind only what is counted by then.
    Anew,
    /// All of it.
    Whole,
}

/// btrfs stops counting what everybody on the file system uses when it finds a figure that cannot be right. Then counting anew is begun here.
fn counting(task: &Task) -> Counting {
    let show = || Cmd::short("btrfs").args(["qgroup", "show", PODS]).output(task).map(|said| read_counting(&said));
    match show() {
        Ok(Some(found)) => return found,
        Ok(None) => {}
        Err(_) => return Counting::Off,
    }
    let rescan = Cmd::short("btrfs").args(["quota", "rescan", PODS]).output(task);
    let found = if rescan.is_ok_and(|said| said.code == 0) {
        Counting::Anew
    } else {
        // Another request may have begun it a moment ago.
        show().ok().flatten().unwrap_or(Counting::Off)
    };
    let what = if found == Counting::Off { "could not be started" } else { "has begun" };
    task.info(format!("btrfs had stopped counting what is used in {PODS}; counting anew {what}"));
    found
}

/// `None` where it has stopped counting.
fn read_counting(said: &CmdOutput) -> Option<Counting> {
    if said.code != 0 {
        return Some(Counting::Off);
    }
    if said.err.contains(COUNTING_ANEW) {
        return Some(Counting::Anew);
    }
    (!said.err.contains(STOPPED_COUNTING)).then_some(Counting::Whole)
}

/// Fails when limits would not be enforced: with the remedy, or for now. A pod that is there already does not wait for btrfs to count anew: it may be
/// on its way to be suspended.
pub fn require(task: &Task, names: &PodNames) -> Result<()> {
    let filesystem = rustix::fs::statfs(PODS).map_or_else(|_| "none".to_owned(), |found| filesystem_name(found.f_type as u64));
    let (why, remedy) = match filesystem.as_str() {
        "btrfs" => match counting(task) {
            Counting::Whole => return Ok(()),
            Counting::Anew if exists(names) => return Ok(()),
            Counting::Anew => {
                let why = format!("btrfs counts anew what is used in {PODS}; storage limits are not enforced until it has ended");
                return Err(Failure::new(FailureKind::Busy, why));
            }
            Counting::Off => ("its quotas are disabled".to_owned(), ENABLE),
        },
        other => (format!("its file system is {other}"), REMEDY),
    };
    Err(Failure::new(FailureKind::Refused, format!("{PODS} cannot enforce storage limits: {why}")).with_remedy(remedy))
}

/// Is there a subvolume for the pod?
pub fn exists(names: &PodNames) -> bool {
    is_subvolume(&names.home())
}

/// Is a subvolume there, and no link to one?
pub fn is_subvolume(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_dir() && m.ino() == SUBVOLUME_INODE)
}

/// Used and most bytes of the pod's subvolume.
pub fn quota(task: &Task, names: &PodNames) -> Result<Quota> {
    let text = Cmd::short("btrfs").args(["qgroup", "show", "-re", "--raw", "-f"]).arg(names.home()).run(task)?;
    parse_quota(&text).ok_or_else(|| internal(format!("unexpected output of btrfs: {text}")))
}

/// Columns by their heads: `Qgroupid Referenced Exclusive [Max referenced ..]`, or the older short words.
fn parse_quota(text: &str) -> Option<Quota> {
    let row = text.lines().find(|line| line.trim_start().starts_with("0/"))?;
    let cells: Vec<&str> = row.split_whitespace().collect();
    let limit = match *cells.get(3)? {
        "none" | "0" => None,
        number => Some(number.parse().ok()?),
    };
    Some(Quota { used: cells.get(1)?.parse().ok()?, limit })
}

/// Makes the subvolume, empty and root's own.
pub fn make(task: &Task, names: &PodNames) -> Result<()> {
    Cmd::short("btrfs").args(["subvolume", "create"]).arg(names.home()).run(task).map(drop)
}

/// Sets the most bytes.
pub fn limit(task: &Task, names: &PodNames, bytes: u64) -> Result<()> {
    Cmd::short("btrfs").args(["qgroup", "limit", &bytes.to_string()]).arg(names.home()).run(task).map(drop)
}

/// A folder of the pod with its owner, group and mode.
struct Folder {
    path: PathBuf,
    uid: u32,
    gid: u32,
    mode: u32,
}

/// All folders of the pod, those above first. The folders that other folders stand in belong to root, so nobody puts a link in their place.
fn folders(sites: &[&SiteName], account: &Account) -> Vec<Folder> {
    let (uid, gid) = (account.uid, account.gid);
    let of = |path: &str, uid: u32, gid: u32, mode: u32| Folder { path: PathBuf::from(path), uid, gid, mode };
    let web = accounts::find(WEB_USER).map_or(0, |web| web.uid);
    let mut all = vec![
        of("", 0, gid, 0o750),
        of("tmp", uid, gid, 0o700),
        of(WEB, 0, gid, 0o750),
        // What visitors send, until it is handed on.
        of(&format!("{WEB}/body"), web, 0, 0o700),
        of(SITES, 0, gid, 0o750),
    ];
    for site in sites {
        all.push(of(&format!("{SITES}/{site}"), 0, gid, 0o750));
        all.extend(SITE_FOLDERS.iter().map(|(name, mode)| of(&format!("{SITES}/{site}/{name}"), uid, gid, *mode)));
    }
    all
}

/// Are the pod's folders there with their owners and modes?
pub fn folders_good(names: &PodNames, sites: &[&SiteName], account: &Account) -> bool {
    let home = names.home();
    folders(sites, account).iter().all(|folder| {
        let is_right = |m: fs::Metadata| m.is_dir() && m.uid() == folder.uid && m.gid() == folder.gid && m.mode() & 0o7777 == folder.mode;
        fs::symlink_metadata(home.join(&folder.path)).is_ok_and(is_right)
    })
}

/// Makes the pod's folders.
pub fn make_folders(names: &PodNames, sites: &[&SiteName], account: &Account) -> Result<()> {
    make_all(names, folders(sites, account))
}

/// Makes the empty folder where a release will be, which is root's until then, and those that it stands in.
pub fn make_release(names: &PodNames, site: &SiteName, release: &ReleaseName, account: &Account) -> Result<()> {
    let (uid, gid, home) = (account.uid, account.gid, format!("{SITES}/{site}"));
    let of = |path: String, uid: u32| Folder { path: PathBuf::from(path), uid, gid, mode: 0o750 };
    let releases = of(format!("{home}/{RELEASES}"), 0);
    make_all(names, vec![releases, of(format!("{home}/{SHARED}"), uid), of(format!("{home}/{RELEASES}/{release}"), 0)])
}

/// Makes the folder that a release is made in, which is the tenant's, below one that is root's alone.
pub fn make_staging(names: &PodNames, site: &SiteName, account: &Account) -> Result<()> {
    let above = Folder { path: PathBuf::from(format!("{SITES}/{site}/{STAGING}")), uid: 0, gid: 0, mode: 0o700 };
    let own = Folder { path: above.path.join(STAGED), uid: account.uid, gid: account.gid, mode: 0o750 };
    make_all(names, vec![above, own])
}

/// Makes the folder for a site's archives, which is root's alone.
pub fn make_archives(names: &PodNames, site: &SiteName) -> Result<()> {
    make_all(names, vec![Folder { path: PathBuf::from(format!("{SITES}/{site}/{ARCHIVES}")), uid: 0, gid: 0, mode: 0o700 }])
}

/// Makes an empty log, which is root's, where there is none. It is no link to something else.
pub fn make_log(log: &Path) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, log, flags, Mode::from_raw_mode(0o640)).map(drop)
}

fn make_all(names: &PodNames, folders: Vec<Folder>) -> Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let home = rustix::fs::openat(CWD, names.home(), flags, Mode::empty()).context("opening the pod's folder")?;
    for folder in folders {
        let path = if folder.path.as_os_str().is_empty() { Path::new(".") } else { &folder.path };
        let made = match rustix::fs::mkdirat(&home, path, Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => openat2(&home, path, flags, Mode::empty(), beneath),
            Err(error) => Err(error),
        };
        own(&made.context(format_args!("making {}", path.display()))?, folder.uid, folder.gid, folder.mode)?;
    }
    Ok(())
}

fn own(folder: &OwnedFd, uid: u32, gid: u32, mode: u32) -> Result<()> {
    rustix::fs::fchown(folder, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).context("giving a folder its owner")?;
    rustix::fs::fchmod(folder, Mode::from_raw_mode(mode)).context("giving a folder its mode")
}

/// Subvolumes inside the pod's own, deepest first. A tenant's program can make them, and they escape the limit.
pub fn nested(task: &Task, names: &PodNames) -> Result<Vec<u64>> {
    Ok(inside(task, names)?.into_iter().map(|(id, _)| id).collect())
}

/// Those below one of the pod's folders, deepest first.
pub fn nested_below(task: &Task, names: &PodNames, folder: &str) -> Result<Vec<u64>> {
    let below = format!("{folder}/");
    Ok(inside(task, names)?.into_iter().filter(|(_, place)| place.starts_with(&below)).map(|(id, _)| id).collect())
}

/// Where these are in the pod's folder. The words are a tenant's.
pub fn nested_places(task: &Task, names: &PodNames) -> Result<Vec<String>> {
    Ok(inside(task, names)?.into_iter().map(|(_, place)| place).collect())
}

fn inside(task: &Task, names: &PodNames) -> Result<Vec<(u64, String)>> {
    let own = Cmd::short("btrfs").args(["inspect-internal", "rootid"]).arg(names.home()).run(task)?;
    let own = own.trim().parse().context("reading a subvolume's number")?;
    let text = Cmd::short("btrfs").args(["subvolume", "list", PODS]).run(task)?;
    let mut found = descendants(&text, own);
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // A name may hold line ends, so a row of the list may be a tenant's invention that names another pod's subvolume.
    // The path of a number cannot be invented: its beginning is made of names that only root gives.
    let place = place_of(task, own)?.ok_or_else(|| internal("the path of the pod's subvolume is unknown"))?;
    let mut kept = Vec::new();
    for id in found.drain(..) {
        if let Some(inner) = place_of(task, id)?.filter(|inner| is_below(inner, &place)) {
            kept.push((id, inner.trim_start_matches(&*place).trim_start_matches('/').to_owned()));
        }
    }
    Ok(kept)
}

/// The path of a subvolume from the file system's root; `None` when there is no such subvolume.
fn place_of(task: &Task, id: u64) -> Result<Option<String>> {
    let said = Cmd::short("btrfs").args(["inspect-internal", "subvolid-resolve", &id.to_string(), PODS]).output(task)?;
    Ok((said.code == 0).then(|| said.out.strip_suffix('\n').unwrap_or(&said.out).to_owned()))
}

/// Is the first of these paths inside the second?
pub fn is_below(inner: &str, place: &str) -> bool {
    !place.is_empty() && inner.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}

/// Rows are `ID 257 gen 9 top level 5 path a/b`; a path is a tenant's word and may look like more rows.
pub fn descendants(text: &str, of: u64) -> Vec<u64> {
    let number = |row: &str, at: usize| row.split_whitespace().nth(at).and_then(|n| n.parse::<u64>().ok());
    let rows: Vec<(u64, u64)> = text.lines().filter_map(|row| Some((number(row, 1)?, number(row, 6)?))).collect();
    let mut found = Vec::new();
    let mut parents = vec![of];
    while !parents.is_empty() {
        let mut next: Vec<u64> = Vec::new();
        for (id, parent) in &rows {
            if *id != of && parents.contains(parent) && !found.contains(id) && !next.contains(id) {
                next.push(*id);
            }
        }
        found.extend(&next);
        parents = next;
    }
    found.reverse();
    found
}

/// Removes subvolumes by their numbers, so that no link in a tenant's tree is ever followed.
pub fn remove_by_id(task: &Task, ids: &[u64]) -> Result<()> {
    for id in ids {
        Cmd::short("btrfs").args(["subvolume", "delete", "--subvolid", &id.to_string(), PODS]).run(task)?;
    }
    Ok(())
}

/// Removes the pod's subvolume with everything in it, and the record of its limit.
pub fn remove(task: &Task, names: &PodNames) -> Result<bool> {
    if !exists(names) {
        return Ok(false);
    }
    remove_by_id(task, &nested(task, names)?)?;
    delete(task, &names.home(), &["--commit-after"])?;
    Ok(true)
}

/// A copy of a subvolume, which shares with it what neither has changed since.
pub fn snapshot(task: &Task, of: &Path, to: &Path, read_only: bool) -> Result<()> {
    let flags: &[&str] = if read_only { &["-r"] } else { &[] };
    Cmd::short("btrfs").args(["subvolume", "snapshot"]).args(flags).arg(of).arg(to).run(task).map(drop)
}

/// Removes a copy, when it is there.
pub fn remove_copy(task: &Task, path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_err() { Ok(()) } else { delete(task, path, &[]) }
}

/// The record of its limit goes by itself once btrfs has cleaned up (kernels before 6.11 keep it, as a row that limits nothing). Removing it by hand at once
/// makes btrfs stop counting for all pods of the server when it comes between the end of the subvolume and the commit of what that gave back.
fn delete(task: &Task, path: &Path, flags: &[&str]) -> Result<()> {
    Cmd::short("btrfs").args(["subvolume", "delete"]).args(flags).arg(path).run(task).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_from_both_ways_that_btrfs_prints_it() {
        let new = "Qgroupid    Referenced    Exclusive Max referenced  Max exclusive   Path \n--------    ----------    --------- --------------  -------------   ---- \n0/257            16384        16384       52428800           none   a\n";
        assert_eq!(parse_quota(new), Some(Quota { used: 16384, limit: Some(52_428_800) }));
        let old = "qgroupid         rfer         excl     max_rfer     max_excl \n--------         ----         ----     --------     -------- \n0/257           16384        16384         none         none \n";
        assert_eq!(parse_quota(old), Some(Quota { used: 16384, limit: None }));
        assert_eq!(parse_quota("nothing"), None);
    }

    #[test]
    fn nested_subvolumes_are_found_deepest_first_and_other_pods_are_not() {
        let text = "ID 256 gen 9 top level 5 path a\nID 258 gen 9 top level 256 path a/x\nID 259 gen 9 top level 258 path a/x/y path z\nID 260 gen 9 top level 5 path ab\nID 261 gen 9 top level 260 path ab/x\n";
        assert_eq!(descendants(text, 256), [259, 258]);
        assert!(descendants(text, 261).is_empty());
    }

    #[test]
    fn rows_that_a_name_invents_end_and_never_name_the_pod_itself() {
        let circle = "ID 256 gen 9 top level 5 path a\nID 258 gen 9 top level 256 path a/x\nID 256 gen 9 top level 258 path y\nID 258 gen 9 top level 258 path z\n";
        assert_eq!(descendants(circle, 256), [258]);
    }

    #[test]
    fn only_a_path_that_goes_on_below_the_pods_is_inside() {
        assert!(is_below("a/pub/x\nID 257 gen 9", "a"));
        assert!(is_below("@pods/a/x", "@pods/a"));
        for other in ["b", "ab/x", "a", "", "x/a/y", "../a/x"] {
            assert!(!is_below(other, "a"), "{other}");
        }
        assert!(!is_below("/x", ""));
    }
}
