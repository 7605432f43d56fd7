//! `mpanel-node deploy`: fetches, builds or tries a release. systemd starts it inside the pod's sandbox, as the pod's user.
//!
//! What it is to do comes on standard input, so that no key and no word of a tenant's is on a command line of the machine's. The deploy key stands
//! in memory that only this unit has, and is gone with it. What its programs say goes to standard error; its answer is the last line of
//! standard output.

use std::fs::{self, Permissions};
use std::io::{BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wire::deploy::{ArchiveKind, Unpacked};

use super::archive;
use crate::confine;
use crate::error::{Result, ResultExt, refused};
use crate::task::one_line;

/// Memory of this unit's own.
const SCRATCH: &str = "/dev/shm/deploy";
/// Home of a build: nothing of it stays.
const BUILD_HOME: &str = "/tmp/deploy-home";
/// Where an uploaded archive is, for whoever unpacks it.
pub const ARCHIVE: &str = "/run/archive";
/// Where a repository is that is only looked at.
pub const LOOKED_AT: &str = "/run/look";
/// What npm and its like read, and how much of it is told.
const PACKAGE: &str = "package.json";
const MAX_PACKAGE: u64 = 64 << 10;
/// Most names that are told of a folder.
const MAX_SEEN: usize = 300;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What git keeps to: no hook, no helper, no submodule, no other protocol, no configuration of anybody's, and no question to anybody.
const GIT: [&str; 16] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "submodule.recurse=false",
    "-c",
    "credential.helper=",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "core.alternateRefsCommand=true",
];
const GIT_ENV: [(&str, &str); 10] = [
    ("GIT_ALLOW_PROTOCOL", "https:ssh"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "/bin/false"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_SSH_VARIANT", "ssh"),
    ("GIT_LFS_SKIP_SMUDGE", "1"),
    // A host that falls silent in the middle is given up: one that prepares what it sends says so every few seconds.
    ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
    ("GIT_HTTP_LOW_SPEED_TIME", "30"),
];
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub enum Request {
    /// Fetches a branch into a folder.
    Fetch(Fetch),
    /// Asks which commit a branch is at.
    Head(Fetch),
    /// Fetches a branch, and looks at this folder of it.
    Look(Fetch, String),
    /// Unpacks an archive into a folder.
    Unpack(Unpack),
    /// Builds what was fetched.
    Build(Build),
    /// Shares folders of what was built with the other releases.
    Share(Share),
    /// Starts what was built, and looks whether it answers.
    Try(Trial),
}

/// A branch to be fetched.
#[derive(Serialize, Deserialize)]
pub struct Fetch {
    /// The repository.
    pub remote: String,
    /// The branch.
    pub branch: String,
    /// Private key.
    pub key: String,
    /// Host keys that are known.
    pub host_keys: Option<String>,
    /// The folder.
    pub to: String,
}

/// An archive to be unpacked.
#[derive(Serialize, Deserialize)]
pub struct Unpack {
    /// How it is packed.
    pub kind: ArchiveKind,
    /// Bytes that there may be of it.
    pub room: u64,
    /// The folder.
    pub to: String,
}

/// What was seen in a folder of a repository.
#[derive(Serialize, Deserialize)]
pub struct Seen {
    /// What was fetched.
    pub fetched: Fetched,
    /// Names in the folder.
    pub names: Vec<String>,
    /// What `package.json` says there.
    pub package: Option<String>,
}

/// What was fetched.
#[derive(Serialize, Deserialize)]
pub struct Fetched {
    /// The commit.
    pub commit: String,
    /// First line of its message.
    pub subject: String,
    /// Host keys that are known now.
    pub host_keys: Option<String>,
}

/// A build.
#[derive(Serialize, Deserialize)]
pub struct Build {
    /// Where the command runs.
    pub folder: String,
    /// The command.
    pub command: Option<String>,
    /// The site's variables.
    pub environment: Vec<(String, String)>,
    /// What is served afterwards.
    pub served: String,
    /// The program that is started, below that.
    pub start: Option<String>,
}

/// Folders that all releases share.
#[derive(Serialize, Deserialize)]
pub struct Share {
    /// The release's own folder.
    pub home: String,
    /// What of it is served.
    pub served: String,
    /// The folders, below that.
    pub folders: Vec<String>,
    /// Where they are for all.
    pub shared_home: String,
}

/// A program to be tried.
#[derive(Serialize, Deserialize)]
pub struct Trial {
    /// Where it is started.
    pub folder: String,
    /// Its file.
    pub start: String,
    /// The site's variables.
    pub environment: Vec<(String, String)>,
    /// The name that it is asked by.
    pub host: String,
    /// How long it may take until it answers.
    pub seconds: u32,
}

/// Does what standard input says.
pub fn main() -> Result<()> {
    confine::apply()?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("reading what to do")?;
    let answer = match serde_json::from_slice(&bytes).context("reading what to do")? {
        Request::Fetch(fetch) => serde_json::to_string(&run_fetch(&fetch)?).context("answering")?,
        Request::Head(head) => serde_json::to_string(&run_head(&head)?).context("answering")?,
        Request::Look(fetch, folder) => serde_json::to_string(&run_look(&fetch, &folder)?).context("answering")?,
        Request::Unpack(unpack) => serde_json::to_string(&run_unpack(&unpack)?).context("answering")?,
        Request::Build(build) => run_build(&build).map(|()| "built".to_owned())?,
        Request::Share(all) => run_share(&all).map(|()| "shared".to_owned())?,
        Request::Try(trial) => run_trial(&trial)?,
    };
    println!("{answer}");
    Ok(())
}

/// A program with nothing of this one's environment; what it says goes to standard error.
fn program(name: &str) -> Result<Command> {
    let mut command = Command::new(name);
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").env("HOME", "/tmp").stdin(Stdio::null());
    command.stdout(std::io::stderr().as_fd().try_clone_to_owned().context("duplicating standard error")?);
    Ok(command)
}

/// Git with a deploy key and the host keys that are known.
struct Git {
    ssh: String,
    key: PathBuf,
    known: PathBuf,
}

impl Git {
    fn open(fetch: &Fetch) -> Result<Self> {
        let scratch = PathBuf::from(SCRATCH);
        fs::create_dir_all(&scratch).context("making room for the key")?;
        fs::set_permissions(&scratch, Permissions::from_mode(0o700)).context("making room for the key")?;
        let (key, known) = (scratch.join("key"), scratch.join("known_hosts"));
        for (path, text) in [(&key, fetch.key.as_str()), (&known, fetch.host_keys.as_deref().unwrap_or_default())] {
            fs::write(path, text).context("keeping the key")?;
            fs::set_permissions(path, Permissions::from_mode(0o600)).context("keeping the key")?;
        }
        // Constant words: git gives them to a shell.
        let checking = if fetch.host_keys.is_some() { "yes" } else { "accept-new" };
        let ssh = format!(
            "ssh -F /dev/null -i {SCRATCH}/key -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o ConnectTimeout=20 \
             -o ServerAliveInterval=10 -o ServerAliveCountMax=3 \
             -o UserKnownHostsFile={SCRATCH}/known_hosts -o GlobalKnownHostsFile=/dev/null -o HashKnownHosts=no -o UpdateHostKeys=no \
             -o StrictHostKeyChecking={checking} -o ForwardAgent=no -o PermitLocalCommand=no"
        );
        Ok(Self { ssh, key, known })
    }

    fn command(&self, args: &[&str]) -> Result<Command> {
        let mut command = program("git")?;
        command.env("HOME", SCRATCH).env("GIT_SSH_COMMAND", &self.ssh).envs(GIT_ENV).args(GIT).args(args);
        Ok(command)
    }

    /// What it says on standard output.
    fn said(&self, args: &[&str]) -> Result<Option<String>> {
        let mut command = self.command(args)?;
        let said = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output().context("starting git")?;
        Ok(said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned()))
    }

    fn host_keys(&self) -> Option<String> {
        fs::read_to_string(&self.known).ok().filter(|keys| !keys.trim().is_empty())
    }
}

fn run_head(fetch: &Fetch) -> Result<Fetched> {
    let git = Git::open(fetch)?;
    let branch = format!("refs/heads/{}", fetch.branch);
    let said = git.said(&["ls-remote", "--", &fetch.remote, &branch])?.ok_or_else(|| refused("git did not reach the repository"))?;
    // It may name others whose names end like this one.
    let is_it = |line: &str| line.split_once('\t').filter(|(_, name)| *name == branch).map(|(commit, _)| commit.to_owned());
    let commit = said.lines().find_map(is_it).ok_or_else(|| refused(format!("the repository has no branch {}", fetch.branch)))?;
    Ok(Fetched { commit, subject: String::new(), host_keys: git.host_keys() })
}

fn run_fetch(fetch: &Fetch) -> Result<Fetched> {
    let git = Git::open(fetch)?;
    let branch = format!("+refs/heads/{}:refs/heads/deploy", fetch.branch);
    let to = fetch.to.as_str();
    finish("git", git.command(&["init", "--quiet", "--template=", "--", to])?)?;
    let at = ["-C", to];
    let fetching = [&at[..], &["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", &fetch.remote, &branch]].concat();
    finish("git", git.command(&fetching)?)?;
    // What a checkout runs is not for git alone to say.
    fs::remove_file(&git.key).context("removing the key")?;
    finish("git", git.command(&[&at[..], &["checkout", "--quiet", "--force", "--detach", "refs/heads/deploy", "--"]].concat())?)?;
    let log = [&at[..], &["log", "-1", "--no-show-signature", "--format=%H%n%s", "refs/heads/deploy", "--"]].concat();
    let text = git.said(&log)?.unwrap_or_default();
    let (commit, subject) = text.split_once('\n').ok_or_else(|| refused("git did not say which commit it fetched"))?;
    // Its history is not part of the release.
    fs::remove_dir_all(Path::new(to).join(".git")).context("removing the repository's own folder")?;
    Ok(Fetched { commit: commit.trim().to_owned(), subject: one_line(subject), host_keys: git.host_keys() })
}

fn run_look(fetch: &Fetch, folder: &str) -> Result<Seen> {
    let fetched = run_fetch(fetch)?;
    let top = Path::new(&fetch.to).canonicalize().context("looking at the repository")?;
    let place = top.join(folder).canonicalize().ok().filter(|place| place.is_dir() && place.starts_with(&top));
    let place = place.ok_or_else(|| refused(format!("the repository has no directory {folder}")))?;
    let mut names = Vec::new();
    for entry in fs::read_dir(&place).context("looking at the repository")?.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (Ok(name), true) = (entry.file_name().into_string(), names.len() < MAX_SEEN) {
            names.push(if is_folder { name + "/" } else { name });
        }
    }
    names.sort();
    // A link would lead to what is nobody's business.
    let is_file = fs::symlink_metadata(place.join(PACKAGE)).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_PACKAGE);
    let package = if is_file { fs::read_to_string(place.join(PACKAGE)).ok() } else { None };
    Ok(Seen { fetched, names, package })
}

fn run_unpack(unpack: &Unpack) -> Result<Unpacked> {
    let file = fs::File::open(ARCHIVE).context("opening the archive")?;
    let length = file.metadata().context("opening the archive")?.len();
    let written = archive::unpack(BufReader::new(file), length, unpack.kind, Path::new(&unpack.to), unpack.room)?;
    Ok(Unpacked { files: written.files, bytes: written.bytes })
}

fn variables(environment: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn run_build(build: &Build) -> Result<()> {
    if let Some(command) = &build.command {
        let mut shell = program("/bin/sh")?;
        renew_home()?;
        shell.env("HOME", BUILD_HOME).env("CI", "true").envs(variables(&build.environment)).current_dir(&build.folder).args(["-e", "-c", command]);
        let done = finish("the command", shell);
        remove_home()?;
        done?;
    }
    let served = Path::new(&build.served);
    if !served.is_dir() {
        return Err(refused("the folder to publish is not there after the build"));
    }
    if let Some(start) = build.start.as_ref().filter(|start| !served.join(start).is_file()) {
        return Err(refused(format!("the start file {start} is not there after the build")));
    }
    Ok(())
}

fn run_share(all: &Share) -> Result<()> {
    let (home, served, shared_home) = (Path::new(&all.home), Path::new(&all.served), Path::new(&all.shared_home));
    all.folders.iter().try_for_each(|folder| share(home, served, folder, shared_home))
}

fn renew_home() -> Result<()> {
    // Left by a build that was stopped.
    remove_home()?;
    fs::create_dir(BUILD_HOME).context("making the build's home")
}

fn remove_home() -> Result<()> {
    match fs::remove_dir_all(BUILD_HOME) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("removing the build's home"),
        _ => Ok(()),
    }
}

/// Puts a link to a folder of all releases in the place of a release's own. The first one gives it what it has. What a link of the repository or of
/// the build leads to is not the release's own, and stays.
fn share(release: &Path, served: &Path, folder: &str, home: &Path) -> Result<()> {
    let (own, common) = (served.join(folder), home.join(folder));
    let doing = || format!("sharing {folder}");
    let is_own = fs::symlink_metadata(&own).is_ok_and(|meta| meta.is_dir());
    for parent in [own.parent(), common.parent()].into_iter().flatten() {
        fs::create_dir_all(parent).context(doing())?;
    }
    let place = own.parent().unwrap_or(served).canonicalize().context(doing())?;
    if !place.starts_with(release.canonicalize().context(doing())?) {
        return Err(refused(format!("the shared folder {folder} is not in the release: a link leads out of it")));
    }
    if is_own && !common.exists() {
        fs::rename(&own, &common).context(doing())?;
    } else if is_own {
        fs::remove_dir_all(&own).context(doing())?;
    } else if fs::symlink_metadata(&own).is_ok() {
        fs::remove_file(&own).context(doing())?;
    }
    fs::create_dir_all(&common).context(doing())?;
    symlink(&common, &own).context(doing())
}

fn run_trial(trial: &Trial) -> Result<String> {
    let socket = Path::new("/dev/shm/deploy.sock");
    let mut node = program("/usr/bin/node")?;
    node.env("NODE_ENV", "production").envs(variables(&trial.environment)).env("PORT", socket).current_dir(&trial.folder).arg("--").arg(&trial.start);
    let mut child = node.spawn().context("starting node")?;
    let end = Instant::now() + Duration::from_secs(u64::from(trial.seconds));
    let answered = loop {
        if let Some(status) = child.try_wait().context("waiting for node")? {
            break Err(refused(format!("it ended by itself ({status})")));
        }
        match ask(socket, &trial.host) {
            Some(status) if status < 500 => break Ok(format!("responded with HTTP {status} on a socket of its own")),
            Some(status) if Instant::now() >= end => break Err(refused(format!("it responded with HTTP {status}"))),
            None if Instant::now() >= end => {
                break Err(refused(format!("it did not respond within {} s on the socket named by PORT", trial.seconds)));
            }
            _ => thread::sleep(POLL_INTERVAL),
        }
    };
    stop(&mut child)?;
    answered
}

/// Status of the front page.
fn ask(socket: &Path, host: &str) -> Option<u16> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut head = [0; 64];
    let mut length = 0;
    while length < head.len() {
        match stream.read(&mut head[length..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
    }
    String::from_utf8_lossy(&head[..length]).split_whitespace().nth(1)?.parse().ok()
}

fn stop(child: &mut Child) -> Result<()> {
    // What it has started itself ends with the unit.
    child.kill().context("ending node")?;
    child.wait().map(drop).context("ending node")
}

fn finish(name: &str, mut command: Command) -> Result<()> {
    let status = command.status().context(format_args!("starting {name}"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(refused(format!("{name} ended with code {code}"))),
        None => Err(refused(format!("{name} was killed ({status})"))),
    }
}

#[cfg(test)]
#[path = "inside_tests.rs"]
mod tests;
