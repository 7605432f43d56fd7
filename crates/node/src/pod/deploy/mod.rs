//! Releases of a site: fetched and built inside the pod's sandbox, each in a folder of its own.
//!
//! - Nothing of a tenant's words meets this machine's shell, and no word is an option of git's: fetching, building and trying are work of
//!   [`inside`], as the pod's user, in its slice, on a time limit, within walls as those of its sites.
//! - What the site serves is not touched. Of a release that cannot be built nothing stays.

pub mod archive;
mod fastcgi;
pub mod inside;
pub mod opcache;
mod sources;
mod staging;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use wire::deploy::{BuildPlan, Release, ReleaseName};
use wire::message::Failure;
use wire::spec::{ArtifactRef, PodSpec, PodState, SiteSpec, Stack};
use wire::verb::SiteReleases;
use wire::{PodName, SiteName};

use crate::confine::PLACE;
use crate::error::{Result, ResultExt, invalid, missing, refused};
use crate::host::accounts::{self, Account};
use crate::host::command::{Cmd, CmdOutput};
use crate::host::names::{PodNames, RELEASES, SHARED, SITES};
use crate::host::storage::Quota;
use crate::host::{Host, artifacts, files, lock, storage, systemd};
use crate::render::unit::{self, NETWORK_UNIT, Program};
use crate::task::{Task, one_line};

use super::part::runtime::mount;
use super::part::service::{program, sandbox_files};
use super::state::State;
use inside::{Build, Request, Share, Trial};

pub use sources::{build, head, look, take, unpack};

/// Longest that a new program may take until it answers.
const TRIAL_SECONDS: u32 = 30;
/// Longest that folders may take to be shared: what a release brings instead of them is removed.
const SHARE_SECONDS: u32 = 120;
/// How often it is looked whether the work may go on.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Of a pod's disk, in percent: how full it may be when a build begins, and when it is stopped. The rest is the live site's and its database's.
const FULL_AT_FIRST: u64 = 90;
const FULL: u64 = 95;
/// How long a unit has to end before it is killed.
const STOP_SECONDS: u32 = 2;

/// A release to be made.
struct Wanted<'a> {
    pod: &'a PodName,
    site: &'a SiteName,
    release: &'a Release,
    tools: &'a ArtifactRef,
    plan: &'a BuildPlan,
}

/// Makes a release of what is brought into its folder. What was made under its name before is gone.
fn make<T>(host: &Host, task: &Task, wanted: &Wanted<'_>, bring: impl FnOnce(&Work<'_>, &str) -> Result<T>) -> Result<T> {
    wanted.plan.check().map_err(|wrong| invalid(wrong.to_string()))?;
    let names = PodNames::of(wanted.pod);
    alone(task, &names, || make_alone(host, task, &names, wanted, bring))
}

fn make_alone<T>(host: &Host, task: &Task, names: &PodNames, wanted: &Wanted<'_>, bring: impl FnOnce(&Work<'_>, &str) -> Result<T>) -> Result<T> {
    let work = Work::open(host, task, names, (wanted.pod, wanted.site, wanted.tools))?;
    let (site, release) = (wanted.site, wanted.release);
    release.check(&work.site.stack).map_err(|wrong| invalid(wrong.to_string()))?;
    if work.site.release.as_ref().is_some_and(|served| served.name == release.name) {
        return Err(refused(format!("the release {} is the one that is served", release.name)));
    }
    remove(task, names, site, &release.name)?;
    staging::clear(task, names, site)?;
    require_room(task, names)?;
    storage::make_release(names, site, &release.name, &work.account)?;
    let made = work.run(release, wanted.plan, bring);
    // Its request may have ended: that is no reason to leave a disk full.
    let after = task.detached(Duration::from_secs(120));
    if made.is_err() {
        remove(&after, names, site, &release.name)?;
    }
    staging::clear(&after, names, site)?;
    made
}

/// What was removed a moment ago is counted until the file system has written it.
fn require_room(task: &Task, names: &PodNames) -> Result<()> {
    if !is_full(&storage::quota(task, names)?, FULL_AT_FIRST) {
        return Ok(());
    }
    Cmd::short("btrfs").args(["filesystem", "sync"]).arg(names.home()).run(task)?;
    if is_full(&storage::quota(task, names)?, FULL_AT_FIRST) {
        return Err(refused(format!("more than {FULL_AT_FIRST} % of the CloudPod's disk are used; make room for the build")));
    }
    Ok(())
}

fn is_full(quota: &Quota, percent: u64) -> bool {
    quota.limit.is_some_and(|limit| quota.used >= limit / 100 * percent)
}

/// Bytes that a pod's disk has for what is brought.
fn room(task: &Task, names: &PodNames) -> Result<u64> {
    let quota = storage::quota(task, names)?;
    Ok(quota.limit.map_or(u64::MAX, |limit| (limit / 100 * FULL_AT_FIRST).saturating_sub(quota.used)))
}

/// Whether this site is to run.
fn runs(state: &State, site: &SiteName) -> bool {
    let is_on = |one: &SiteSpec| one.name == *site && !one.stopped;
    !state.held && state.spec.state == PodState::Running && state.spec.sites.iter().any(is_on)
}

/// Removes releases that nobody needs any more; answers with how many.
pub fn keep(task: &Task, wanted: &SiteReleases) -> Result<u32> {
    let names = PodNames::of(&wanted.pod);
    alone(task, &names, || keep_alone(task, &names, wanted))
}

fn keep_alone(task: &Task, names: &PodNames, wanted: &SiteReleases) -> Result<u32> {
    let Some(state) = State::load(names)? else { return Ok(0) };
    let served = state.spec.sites.iter().find(|site| site.name == wanted.site).and_then(|site| site.release.as_ref());
    let stays = |name: &ReleaseName| wanted.keep.contains(name) || served.is_some_and(|served| served.name == *name);
    let found = found(names, &wanted.site)?;
    let leaving: Vec<_> = found.into_iter().filter(|name| !stays(name)).collect();
    for name in &leaving {
        remove(task, names, &wanted.site, name)?;
        task.info(format!("Removed the release {name} of {}", wanted.site));
    }
    sources::forget_archives(&names.archives(&wanted.site), wanted.archive.as_ref())?;
    Ok(u32::try_from(leaving.len()).unwrap_or(u32::MAX))
}

/// One after the other, of a pod; its applies do not wait for them.
fn alone<T>(task: &Task, names: &PodNames, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let lock = lock::take(task, &format!("{}-build", names.lock()))?;
    // What an agent has left that was killed writes where the next one removes.
    let done = systemd::stop(task, &[names.build_unit()]).and_then(|()| work());
    lock.discard()?;
    done
}

fn found(names: &PodNames, site: &SiteName) -> Result<Vec<ReleaseName>> {
    let folder = names.releases(site);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context(format_args!("reading {}", folder.display())),
    };
    let name = |entry: fs::DirEntry| entry.file_name().to_str().and_then(|name| ReleaseName::new(name).ok());
    Ok(entries.flatten().filter_map(name).collect())
}

/// The folder is in one of root's, so nobody puts a link in its place; `rm` follows none inside.
fn remove(task: &Task, names: &PodNames, site: &SiteName, release: &ReleaseName) -> Result<()> {
    let folder = names.release(site, release);
    if fs::symlink_metadata(&folder).is_err() {
        return Ok(());
    }
    storage::remove_by_id(task, &storage::nested_below(task, names, &format!("{SITES}/{site}/{RELEASES}/{release}"))?)?;
    Cmd::long_running("rm").args(["--recursive", "--force", "--"]).arg(&folder).run(task).map(drop)
}

fn gone(pod: &PodName, site: &SiteName) -> Failure {
    missing(format!("the site {site} of the pod {pod} is not on this server"))
}

/// A build with all that it needs.
struct Work<'a> {
    task: &'a Task,
    names: &'a PodNames,
    spec: PodSpec,
    site: SiteSpec,
    account: Account,
    /// The root with git and ssh.
    tools: PathBuf,
}

impl<'a> Work<'a> {
    fn open(host: &Host, task: &'a Task, names: &'a PodNames, (pod, site, tools): (&PodName, &SiteName, &ArtifactRef)) -> Result<Self> {
        let state = State::load(names)?.ok_or_else(|| gone(pod, site))?;
        let site = state.spec.sites.iter().find(|one| one.name == *site).cloned().ok_or_else(|| gone(pod, site))?;
        if state.unfinished || !runs(&state, &site.name) {
            return Err(refused(format!("the site {} is not running", site.name)));
        }
        let account = accounts::find(&names.user()).ok_or_else(|| gone(pod, &site.name))?;
        for file in sandbox_files(&state.spec, names, &site) {
            if file.status().has_change() {
                files::make_folder(&names.site_config(&site.name), 0o755)?;
                file.write()?;
            }
        }
        let tools = mounted(host, task, tools)?;
        Ok(Self { task, names, spec: state.spec, site, account, tools })
    }

    /// Brings, builds and tries it. Until it is built no other program of the pod can write to it; it stands where it will be for its unit alone.
    fn run<T>(&self, release: &Release, plan: &BuildPlan, bring: impl FnOnce(&Self, &str) -> Result<T>) -> Result<T> {
        let (task, names, site) = (self.task, self.names, &self.site.name);
        let home = names.release(site, &release.name).display().to_string();
        storage::make_staging(names, site, &self.account)?;
        let brought = bring(self, &home)?;
        let served = names.served(site, release).display().to_string();
        let request = Request::Build(Build {
            folder: plan.folder.as_ref().map_or_else(|| home.clone(), |folder| format!("{home}/{folder}")),
            command: plan.command.as_ref().map(|command| command.as_str().to_owned()),
            environment: self.environment(),
            served: served.clone(),
            start: self.start(release),
        });
        if let Some(command) = &plan.command {
            task.info(format!("Building: {}", one_line(command.as_str())));
        }
        let said = self.inside(self.staged(self.build_walls()?, &home), &request, plan.seconds, "The build")?;
        if said.code != 0 {
            return Err(refused(format!("The build failed: {}", last_words(&said))));
        }
        staging::publish(names, site, &release.name)?;
        self.share(plan, home, served.clone())?;
        self.try_program(release, served)?;
        Ok(brought)
    }

    /// These walls, where what is brought and built stands at this place.
    fn staged(&self, mut walls: Vec<(&'static str, String)>, at: &str) -> Vec<(&'static str, String)> {
        walls.extend(staging::walls(self.names, &self.site.name, at));
        walls
    }

    fn share(&self, plan: &BuildPlan, home: String, served: String) -> Result<()> {
        if plan.shared.is_empty() {
            return Ok(());
        }
        let folders = plan.shared.iter().map(|folder| folder.as_str().to_owned()).collect();
        let shared_home = self.names.site_home(&self.site.name).join(SHARED).display().to_string();
        let request = Request::Share(Share { home, served, folders, shared_home });
        let said = self.inside(self.walls(&self.tools, false, true), &request, SHARE_SECONDS, "Sharing directories")?;
        if said.code == 0 { Ok(()) } else { Err(refused(format!("The directories could not be shared: {}", last_words(&said)))) }
    }

    /// Asks for the front page of the release before any visitor does: PHP's own master, and a Node program that is started beside the one that is
    /// served, on a socket of its own.
    fn try_program(&self, release: &Release, folder: String) -> Result<()> {
        if matches!(self.site.stack, Stack::Php { .. }) {
            return self.try_php(&folder);
        }
        let (Some(start), Some(runtime)) = (self.start(release), &self.site.runtime) else { return Ok(()) };
        let (environment, host) = (self.environment(), self.main_name());
        let request = Request::Try(Trial { folder, start, environment, host, seconds: TRIAL_SECONDS });
        let root = mount(runtime)?.root;
        let said = self.inside(unit::sandbox(&program(&self.spec, self.names, &self.site, &root)), &request, 2 * TRIAL_SECONDS, "The new release")?;
        if said.code != 0 {
            return Err(refused(format!("The new release does not work: {}", last_words(&said))));
        }
        self.task.info(format!("The new release {}", one_line(&said.out)));
        Ok(())
    }

    /// A release without a front page of PHP's is served by the web server alone.
    fn try_php(&self, folder: &str) -> Result<()> {
        match fastcgi::status(self.task, &self.names.socket(&self.site.name), &format!("{folder}/index.php"), &self.main_name())? {
            404 => Ok(()),
            status @ 500.. => Err(refused(format!("The new release does not work: its index.php responded with HTTP {status}"))),
            status => {
                self.task.info(format!("The new release responded with HTTP {status}"));
                Ok(())
            }
        }
    }

    /// A release is built and tried with what its programs will find.
    fn environment(&self) -> Vec<(String, String)> {
        self.site.environment.iter().map(|one| (one.name.to_string(), one.value.expose().to_owned())).collect()
    }

    fn main_name(&self) -> String {
        self.site.domains.first().map(ToString::to_string).unwrap_or_default()
    }

    fn start(&self, release: &Release) -> Option<String> {
        let is_node = matches!(self.site.stack, Stack::Node { .. });
        is_node.then(|| release.start.as_ref().map_or("server.js", |start| start.as_str()).to_owned())
    }

    /// The walls of the site's programs around this root.
    fn walls(&self, root: &Path, database: bool, node: bool) -> Vec<(&'static str, String)> {
        unit::sandbox(&Program { names: self.names, site: &self.site.name, root, database, node })
    }

    /// A PHP site is built in its own root. Others have git, npm and Node at hand, a Node site the version that it runs on.
    fn build_walls(&self) -> Result<Vec<(&'static str, String)>> {
        let database = !self.spec.databases.is_empty();
        let root = self.site.runtime.as_ref().map(mount).transpose()?.map(|mount| mount.root);
        match (&self.site.stack, root) {
            (Stack::Php { .. }, Some(root)) => Ok(self.walls(&root, database, false)),
            (_, root) => {
                let mut walls = self.walls(&self.tools, database, true);
                walls.extend(root.map(|root| ("BindReadOnlyPaths", format!("{}/usr/bin/node:/usr/bin/node", root.display()))));
                Ok(walls)
            }
        }
    }

    /// Does something within these walls, no longer than this; what it says is told line by line. It gets what the pod's sites do not need, and is
    /// what ends first where memory does.
    fn inside(&self, walls: Vec<(&'static str, String)>, request: &Request, seconds: u32, what: &str) -> Result<CmdOutput> {
        if let Some(why) = self.why_not() {
            return Err(refused(format!("{what} failed: {why}")));
        }
        let bytes = serde_json::to_vec(request).context("passing the work on")?;
        let unit = self.names.build_unit();
        // The run before this one, or one whose listener died.
        systemd::end_transient(self.task, &unit)?;
        let limits = &self.spec.limits;
        let own = [
            ("Requires", NETWORK_UNIT.to_owned()),
            ("After", NETWORK_UNIT.to_owned()),
            ("RuntimeMaxSec", seconds.to_string()),
            ("TimeoutStopSec", STOP_SECONDS.to_string()),
            ("UMask", "0027".to_owned()),
            ("TasksMax", (limits.tasks / 4 * 3).max(6).to_string()),
            ("MemoryMax", format!("{}M", limits.memory_mb / 4 * 3)),
            ("CPUWeight", "20".to_owned()),
            ("IOWeight", "20".to_owned()),
            ("OOMScoreAdjust", "500".to_owned()),
            ("OOMPolicy", "kill".to_owned()),
        ];
        let mut run = Cmd::long_running("systemd-run").args(["--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]);
        run = run.arg(format!("--unit={unit}"));
        for (key, value) in walls.into_iter().chain(own) {
            run = run.arg(format!("--property={key}={value}"));
        }
        let began = Instant::now();
        let (said, stopped) = thread::scope(|scope| {
            let ((ends, ended), unit) = (mpsc::channel(), &unit);
            let watcher = scope.spawn(move || self.watch(&ended, unit));
            let said = run.arg("--").args([PLACE, "deploy"]).input(bytes).live().output(self.task);
            drop(ends);
            (said, watcher.join().ok().flatten())
        });
        if said.is_err() {
            // Stopped: the listener is dead, the work is not.
            systemd::stop(&self.task.detached(Duration::from_secs(u64::from(5 * STOP_SECONDS))), &[unit])?;
        }
        let said = said?;
        if let Some(why) = stopped {
            return Err(refused(format!("{what} failed: {why}")));
        }
        if said.code != 0 && began.elapsed() >= Duration::from_secs(u64::from(seconds)) {
            return Err(refused(format!("{what} took longer than {seconds} s and was stopped")));
        }
        // systemd counts a unit that it was told to stop among those that have ended well; this one says when it has.
        if said.code == 0 && said.out.trim().is_empty() {
            return Err(refused(format!("{what} failed: it was stopped")));
        }
        Ok(said)
    }
}

impl Work<'_> {
    /// Stops the work once it may not go on, and says why.
    fn watch(&self, ended: &Receiver<()>, unit: &str) -> Option<String> {
        while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            if let Some(why) = self.why_not() {
                // It ends by its time limit otherwise.
                let _ = systemd::stop(&self.task.detached(Duration::from_secs(u64::from(5 * STOP_SECONDS))), &[unit.to_owned()]);
                return Some(why);
            }
        }
        None
    }

    /// Why nothing may be done for the site any more: the pod may have been suspended or taken away since, and its applies do not wait.
    fn why_not(&self) -> Option<String> {
        if !State::load(self.names).ok().flatten().is_some_and(|state| runs(&state, &self.site.name)) {
            return Some(format!("the site {} is not running", self.site.name));
        }
        let quota = storage::quota(self.task, self.names).ok()?;
        is_full(&quota, FULL).then(|| format!("{FULL} % of the CloudPod's disk are used"))
    }
}

/// The end of what a program said, for people, without what git says of every failure.
fn last_words(said: &CmdOutput) -> String {
    const ALWAYS: [&str; 3] =
        ["Please make sure you have the correct access rights", "and the repository exists.", "fatal: Could not read from remote repository."];
    let lines = said.err.lines().map(|line| line.trim().trim_start_matches("mpanel-node: "));
    let last: Vec<&str> = lines.filter(|line| !line.is_empty() && !ALWAYS.contains(line)).collect();
    let words = one_line(&last[last.len().saturating_sub(3)..].join(" "));
    let from = words.char_indices().rev().nth(399).map_or(0, |(at, _)| at);
    if words.is_empty() { format!("it ended with code {}", said.code) } else { words[from..].to_owned() }
}

/// Mounts the root with git and ssh, where it is not. It is nobody's site's, so it stays until the machine starts again.
fn mounted(host: &Host, task: &Task, tools: &ArtifactRef) -> Result<PathBuf> {
    artifacts::runtime(tools)?;
    let mount = mount(tools)?;
    if files::is_mounted(&mount.root) {
        return Ok(mount.root);
    }
    let _lock = lock::take(task, "runtimes")?;
    files::make_folder(&mount.root, 0o755)?;
    if mount.file.status().has_change() {
        mount.file.write()?;
        systemd::reload(host, task, host.units.reserve())?;
    }
    systemd::start_now(task, &mount.unit)?;
    Ok(mount.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_at_its_share_and_never_without_a_limit() {
        let of = |used, limit| Quota { used, limit };
        assert!(is_full(&of(950, Some(1000)), FULL) && !is_full(&of(949, Some(1000)), FULL));
        assert!(!is_full(&of(u64::MAX, None), FULL));
    }
}
