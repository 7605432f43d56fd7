//! Where releases come from: a repository, or an archive that was uploaded.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;
use std::time::Duration;

use wire::SiteName;
use wire::deploy::{ArchiveKind, ArchiveName, BranchHead, GitSource, HostKeys, Looked, MAX_ARCHIVE, Unpacked};
use wire::message::Failure;
use wire::verb::{Built, Sent, SiteArchive, SiteBuild, SiteHead, SiteLook, SiteUnpack};

use crate::error::{Result, ResultExt, missing, refused};
use crate::host::command::CmdOutput;
use crate::host::names::PodNames;
use crate::host::{Host, accounts, files, lock, storage};
use crate::serve::upload::Upload;
use crate::task::{Task, one_line};

use super::super::state::State;
use super::inside::{self, Fetch, Fetched, Request, Seen};
use super::{Wanted, Work, alone, gone, last_words, make, require_room, room, runs, staging};

/// Longest that a repository may take to say which commit a branch is at, and to be looked at.
const HEAD_SECONDS: u32 = 10;
const LOOK_SECONDS: u32 = 60;
/// How long an archive is there at most that no deploy has built or thrown away: nobody comes for it any more.
const LEFT_OVER: Duration = Duration::from_secs(30 * 60);
/// The end of the name of an archive that is on its way.
const PART: &str = ".part";
/// Longest name that is told of a folder in a repository.
const MAX_NAME: usize = 100;

/// Fetches a repository and builds a release of it.
pub fn build(host: &Host, task: &Task, wanted: &SiteBuild) -> Result<Built> {
    let SiteBuild { pod, site, release, tools, source, plan } = wanted;
    let fetched = make(host, task, &Wanted { pod, site, release, tools, plan }, |work, to| {
        task.info(format!("Fetching {} of {}", source.branch, source.remote));
        let request = Request::Fetch(fetch_of(source, to));
        let said = work.inside(work.staged(work.walls(&work.tools, false, true), to), &request, plan.seconds, "Fetching")?;
        let fetched = answer(&said, |line| serde_json::from_str::<Fetched>(line).ok())?;
        task.info(format!("Fetched {:.7} {}", fetched.commit, one_line(&fetched.subject)));
        Ok(fetched)
    })?;
    let subject = one_line(&fetched.subject).chars().take(200).collect();
    let host_keys = news(source, &fetched);
    Ok(Built { commit: fetched.commit, subject, host_keys })
}

/// Unpacks an archive that was taken, and builds a release of it.
pub fn unpack(host: &Host, task: &Task, wanted: &SiteUnpack) -> Result<Unpacked> {
    let SiteUnpack { pod, site, release, tools, archive, kind, plan } = wanted;
    let place = PodNames::of(pod).archive(site, archive);
    make(host, task, &Wanted { pod, site, release, tools, plan }, |work, to| unpack_to(work, (place.as_path(), *kind), to, plan.seconds))
}

fn unpack_to(work: &Work<'_>, (place, kind): (&Path, ArchiveKind), to: &str, seconds: u32) -> Result<Unpacked> {
    if !place.is_file() {
        return Err(missing("the archive is not on this server any more; upload it again"));
    }
    work.task.info("Unpacking the archive");
    let request = Request::Unpack(inside::Unpack { kind, room: room(work.task, work.names)?, to: to.to_owned() });
    let mut walls = work.staged(work.walls(&work.tools, false, true), to);
    walls.push(("BindReadOnlyPaths", format!("{}:{}", place.display(), inside::ARCHIVE)));
    let said = work.inside(walls, &request, seconds, "Unpacking")?;
    let unpacked = said.out.lines().last().and_then(|line| serde_json::from_str::<Unpacked>(line).ok());
    let Some(unpacked) = unpacked.filter(|_| said.code == 0) else {
        // What this program itself has said.
        let own = said.err.lines().rev().find_map(|line| line.strip_prefix("mpanel-node: The archive "));
        return Err(refused(own.map_or_else(|| format!("Unpacking failed: {}", last_words(&said)), |own| format!("The archive {}", one_line(own)))));
    };
    work.task.info(format!("Unpacked {} files, {} KiB", unpacked.files, unpacked.bytes >> 10));
    Ok(unpacked)
}

/// Which commit a branch is at.
pub fn head(host: &Host, task: &Task, wanted: &SiteHead) -> Result<BranchHead> {
    let SiteHead { pod, site, tools, source } = wanted;
    let names = PodNames::of(pod);
    alone(task, &names, || {
        let work = Work::open(host, task, &names, (pod, site, tools))?;
        let mut walls = work.walls(&work.tools, false, true);
        // The pod's other programs have the same user and must not get at the key through `/proc/PID/root`.
        walls.push(("PrivateUsers", "yes".to_owned()));
        let said = work.inside(walls, &Request::Head(fetch_of(source, "")), HEAD_SECONDS, "Asking the repository")?;
        let found = answer(&said, |line| serde_json::from_str::<Fetched>(line).ok())?;
        Ok(BranchHead { host_keys: news(source, &found), commit: found.commit })
    })
}

/// What is in a folder of a repository. What was fetched for it goes again.
pub fn look(host: &Host, task: &Task, wanted: &SiteLook) -> Result<Looked> {
    let SiteLook { pod, site, tools, source, folder } = wanted;
    let names = PodNames::of(pod);
    alone(task, &names, || {
        let work = Work::open(host, task, &names, (pod, site, tools))?;
        staging::clear(task, &names, site)?;
        require_room(task, &names)?;
        storage::make_staging(&names, site, &work.account)?;
        let folder = folder.as_ref().map(|folder| folder.as_str().to_owned()).unwrap_or_default();
        let request = Request::Look(fetch_of(source, inside::LOOKED_AT), folder);
        let walls = work.staged(work.walls(&work.tools, false, true), inside::LOOKED_AT);
        let said = work.inside(walls, &request, LOOK_SECONDS, "Looking at the repository");
        staging::clear(&task.detached(Duration::from_secs(120)), &names, site)?;
        let said = said?;
        let mut all = None;
        let fetched = answer(&said, |line| {
            let seen: Seen = serde_json::from_str(line).ok()?;
            all = Some((seen.names, seen.package));
            Some(seen.fetched)
        })?;
        let (mut names, package) = all.unwrap_or_default();
        names.retain(|name| name.len() <= MAX_NAME && !name.chars().any(char::is_control));
        Ok(Looked { host_keys: news(source, &fetched), commit: fetched.commit, names, package })
    })
}

fn fetch_of(source: &GitSource, to: &str) -> Fetch {
    Fetch {
        remote: source.remote.as_str().to_owned(),
        branch: source.branch.as_str().to_owned(),
        key: source.key.expose().to_owned(),
        host_keys: source.host_keys.as_ref().map(|keys| keys.as_str().to_owned()),
        to: to.to_owned(),
    }
}

/// The last line of what was said inside the pod, if it tells of a commit.
fn answer(said: &CmdOutput, read: impl FnOnce(&str) -> Option<Fetched>) -> Result<Fetched> {
    let is_commit = |fetched: &Fetched| (40..=64).contains(&fetched.commit.len()) && fetched.commit.bytes().all(|b| b.is_ascii_hexdigit());
    match said.out.lines().last().and_then(read).filter(is_commit) {
        Some(fetched) if said.code == 0 => Ok(fetched),
        _ => Err(refused(format!("Couldn't fetch the repository: {}", last_words(said)))),
    }
}

/// What was sent is what its owner has pinned: whatever is said inside the pod changes nothing of it.
fn news(source: &GitSource, fetched: &Fetched) -> Option<HostKeys> {
    fetched.host_keys.clone().filter(|_| source.host_keys.is_none()).and_then(|keys| HostKeys::new(keys).ok())
}

/// Takes an archive. It counts against the pod's disk, and none of its programs gets at it but the one that unpacks it.
pub fn take(task: &Task, wanted: &SiteArchive, upload: Upload) -> Result<Sent> {
    let SiteArchive { pod, site, archive } = wanted;
    let names = PodNames::of(pod);
    if !State::load(&names)?.is_some_and(|state| runs(&state, site)) {
        return Err(refused(format!("the site {site} is not running")));
    }
    let account = accounts::find(&names.user()).ok_or_else(|| gone(pod, site))?;
    // Each counts on the room that is there when it begins.
    let Some(turn) = lock::take_now(&format!("{}-archive", names.lock()))? else {
        return Err(refused("another archive is being uploaded to this CloudPod"));
    };
    let taken = take_alone(task, &names, (site, archive), account.gid, upload);
    turn.discard()?;
    taken
}

fn take_alone(task: &Task, names: &PodNames, (site, archive): (&SiteName, &ArchiveName), group: u32, upload: Upload) -> Result<Sent> {
    for site in State::load(names)?.iter().flat_map(|state| &state.spec.sites) {
        remove_archives(&names.archives(&site.name), |_, is_left_over| is_left_over)?;
    }
    require_room(task, names)?;
    let most = room(task, names)?;
    storage::make_archives(names, site)?;
    let (place, part) = (names.archive(site, archive), names.archives(site).join(format!("{archive}{PART}")));
    let taken = write(task, upload, &part, most).and_then(|bytes| {
        // Its group reads it where it is shown.
        chown(&part, Some(0), Some(group)).context("giving the archive its owner")?;
        fs::set_permissions(&part, Permissions::from_mode(0o640)).context("giving the archive its mode")?;
        fs::rename(&part, &place).context("putting the archive in its place")?;
        Ok(Sent { bytes })
    });
    if taken.is_err() {
        // What is left of it goes with a later one otherwise.
        let _ = fs::remove_file(&part);
    }
    taken
}

fn write(task: &Task, upload: Upload, place: &Path, most: u64) -> Result<u64> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(place).context("making a file for the archive")?;
    let mut taken = 0_u64;
    upload.feed(task, |bytes| {
        taken += bytes.len() as u64;
        if taken > MAX_ARCHIVE {
            return Err(refused(format!("the archive is larger than {} MiB", MAX_ARCHIVE >> 20)));
        }
        if taken > most {
            return Err(full());
        }
        file.write_all(bytes).context("writing the archive")
    })
}

fn full() -> Failure {
    refused("the CloudPod's disk has no room for this archive")
}

/// Removes all archives of a site but this one. What is on its way stays.
pub fn forget_archives(folder: &Path, but: Option<&ArchiveName>) -> Result<()> {
    remove_archives(folder, |name, is_left_over| is_left_over || (!name.ends_with(PART) && but.is_none_or(|but| name != but.as_str())))
}

/// Removes those of which this is true, by their names and whether nobody comes for them any more.
fn remove_archives(folder: &Path, goes: impl Fn(&str, bool) -> bool) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context(format_args!("reading {}", folder.display())),
    };
    for entry in entries.flatten() {
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        if goes(&entry.file_name().to_string_lossy(), age.is_some_and(|age| age >= LEFT_OVER)) {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
