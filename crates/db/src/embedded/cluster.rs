//! The cluster's folder: made once, owned by the user that PostgreSQL runs as, locked while we use it.

use super::{
    EmbeddedConfig, EmbeddedError,
    programs::{Programs, UnprivilegedUser},
};
use std::{
    fs::{self, File, OpenOptions, Permissions},
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// The role that owns the cluster and migrates.
pub(super) const OWNER: &str = "mpanel";

/// How long a lock is waited for that a process which is being started holds by chance.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Longest folder for a socket: the kernel takes 107 bytes for the whole path.
const SOCKET_DIR_MAX: usize = 85;

/// An opened cluster folder.
pub(super) struct Cluster {
    programs: Programs,
    user: Option<UnprivilegedUser>,
    data: PathBuf,
    socket_dir: PathBuf,
    log: PathBuf,
    durable: bool,
    die_with_parent: bool,
    /// Held as long as the folder is ours; nothing beside the mPanel that has it.
    _lock: Option<File>,
}

impl Cluster {
    /// Finds programs and user, makes the folders, takes the lock.
    pub(super) fn open(config: &EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let user = UnprivilegedUser::find();
        let dir = &config.data_dir;
        fs::create_dir_all(dir).map_err(EmbeddedError::io(dir))?;
        let dir = dir.canonicalize().map_err(EmbeddedError::io(dir))?;
        let base = dir.join("postgresql");
        private_dir(&base, user.as_ref())?;
        if let Some(user) = &user {
            reachable(&dir, user)?;
        }
        let lock = lock(&base)?;
        Self::at(config, &base, user, Some(lock))
    }

    /// The cluster in a folder that another mPanel has: nothing is made or locked.
    pub(super) fn beside(config: &EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let dir = config.data_dir.canonicalize().map_err(EmbeddedError::io(&config.data_dir))?;
        Self::at(config, &dir.join("postgresql"), UnprivilegedUser::find(), None)
    }

    fn at(config: &EmbeddedConfig, base: &Path, user: Option<UnprivilegedUser>, lock: Option<File>) -> Result<Self, EmbeddedError> {
        let programs = Programs::find()?;
        let socket_dir = socket_dir(base, user.as_ref())?;
        Ok(Self {
            programs,
            user,
            data: base.join("data"),
            socket_dir,
            log: base.join("postgresql.log"),
            durable: config.durable,
            die_with_parent: config.die_with_parent,
            _lock: lock,
        })
    }

    /// Makes the cluster where there is none. It appears under its name only when it is whole.
    pub(super) fn init(&self) -> Result<(), EmbeddedError> {
        if let Ok(found) = fs::read_to_string(self.data.join("PG_VERSION")) {
            let found = found.trim().to_owned();
            let wanted = self.programs.version().unwrap_or_else(|| found.clone());
            if found != wanted {
                return Err(EmbeddedError::OtherVersion { folder: self.data.clone(), found, wanted });
            }
            return Ok(());
        }
        let half = self.data.with_extension("new");
        if half.exists() {
            fs::remove_dir_all(&half).map_err(EmbeddedError::io(&half))?;
        }
        let mut initdb = self.programs.command("initdb", self.user.as_ref());
        initdb.args(["--username", OWNER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--pgdata"]).arg(&half);
        if !self.durable {
            initdb.arg("--no-sync");
        }
        finished("initdb", initdb.output())?;
        fs::rename(&half, &self.data).map_err(EmbeddedError::io(&self.data))
    }

    /// `postgres`, ready to be started; what it says goes to its log.
    pub(super) fn postgres(&self) -> Result<Command, EmbeddedError> {
        let dying = if self.die_with_parent { self.programs.dying_postgres(self.user.as_ref()) } else { None };
        let mut command = dying.unwrap_or_else(|| self.programs.command("postgres", self.user.as_ref()));
        let log = self.open_log()?;
        let errors = log.try_clone().map_err(EmbeddedError::io(&self.log))?;
        command.arg("-D").arg(&self.data).arg("-k").arg(&self.socket_dir).stdin(Stdio::null()).stdout(log).stderr(errors);
        let sync = if self.durable { "on" } else { "off" };
        for setting in [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=200",
            "shared_buffers=128MB",
            "log_line_prefix=%m [%p] ",
            "timezone=UTC",
            "log_timezone=UTC",
        ] {
            command.args(["-c", setting]);
        }
        for switch in ["fsync", "synchronous_commit", "full_page_writes"] {
            command.args(["-c", &format!("{switch}={sync}")]);
        }
        Ok(command)
    }

    /// Is it there and does it answer?
    pub(super) fn answers(&self) -> bool {
        let mut ask = self.programs.command("pg_isready", self.user.as_ref());
        ask.args(["--quiet", "--host"]).arg(&self.socket_dir).stdout(Stdio::null()).stderr(Stdio::null());
        ask.status().is_ok_and(|status| status.success())
    }

    /// Makes a database, unless it is there.
    pub(super) fn create_database(&self, name: &str) -> Result<(), EmbeddedError> {
        match self.createdb(&[name]) {
            Err(EmbeddedError::Program { output, .. }) if output.contains("already exists") => Ok(()),
            other => other,
        }
    }

    pub(super) fn createdb(&self, args: &[&str]) -> Result<(), EmbeddedError> {
        let mut createdb = self.programs.command("createdb", self.user.as_ref());
        createdb.args(["--username", OWNER, "--maintenance-db", "postgres", "--host"]).arg(&self.socket_dir).args(args);
        finished("createdb", createdb.output())
    }

    pub(super) fn url(&self, role: &str, database: &str) -> String {
        // A folder may hold characters that mean something in an address.
        let host: String = self
            .socket_dir
            .to_string_lossy()
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        format!("postgres://{role}@localhost/{database}?host={host}&sslmode=disable")
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// The last lines of PostgreSQL's log.
    pub(super) fn log_tail(&self) -> String {
        tail(&fs::read(&self.log).unwrap_or_default())
    }

    fn open_log(&self) -> Result<File, EmbeddedError> {
        if fs::metadata(&self.log).is_ok_and(|meta| meta.len() > 10_000_000) {
            fs::rename(&self.log, self.log.with_extension("log.1")).map_err(EmbeddedError::io(&self.log))?;
        }
        OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log).map_err(EmbeddedError::io(&self.log))
    }
}

/// Only one mPanel at a time; the lock goes away with its process, however that ends. A program that is being started elsewhere in this process
/// holds a copy of the last lock for a moment, so it is tried for a while.
fn lock(base: &Path) -> Result<File, EmbeddedError> {
    let path = base.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(EmbeddedError::io(&path))?;
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Err(fs::TryLockError::WouldBlock) => return Err(EmbeddedError::InUse(base.to_owned())),
            Err(fs::TryLockError::Error(source)) => return Err(EmbeddedError::Io { path, source }),
        }
    }
}

/// A folder that nobody but PostgreSQL's user (and root) can look into.
fn private_dir(path: &Path, user: Option<&UnprivilegedUser>) -> Result<(), EmbeddedError> {
    fs::create_dir_all(path).map_err(EmbeddedError::io(path))?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(EmbeddedError::io(path))?;
    if let Some(user) = user {
        chown(path, Some(user.uid), Some(user.gid)).map_err(EmbeddedError::io(path))?;
    }
    Ok(())
}

/// Every folder on the way must let the user through.
fn reachable(dir: &Path, user: &UnprivilegedUser) -> Result<(), EmbeddedError> {
    for folder in dir.ancestors() {
        let meta = fs::metadata(folder).map_err(EmbeddedError::io(folder))?;
        let enter = if meta.uid() == user.uid {
            0o100
        } else if meta.gid() == user.gid {
            0o010
        } else {
            0o001
        };
        if meta.mode() & enter == 0 {
            return Err(EmbeddedError::OutOfReach { folder: folder.to_owned(), user: user.name.clone() });
        }
    }
    Ok(())
}

/// Beside the data, or in the folder for temporary files when the path would be too long for a socket.
fn socket_dir(base: &Path, user: Option<&UnprivilegedUser>) -> Result<PathBuf, EmbeddedError> {
    let mut dir = base.join("run");
    if dir.as_os_str().len() > SOCKET_DIR_MAX {
        let mut hasher = DefaultHasher::new();
        base.hash(&mut hasher);
        dir = std::env::temp_dir().join(format!("mpanel-{:016x}", hasher.finish()));
        let owner = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
        if fs::symlink_metadata(&dir).is_ok_and(|meta| !meta.is_dir() || (meta.uid() != owner && meta.uid() != 0)) {
            return Err(EmbeddedError::NoStart(format!("{} is owned by another user", dir.display())));
        }
    }
    private_dir(&dir, user)?;
    Ok(dir)
}

fn finished(program: &'static str, output: std::io::Result<Output>) -> Result<(), EmbeddedError> {
    let output = output.map_err(EmbeddedError::io(program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(EmbeddedError::Program { program, output: tail(&[output.stdout, output.stderr].concat()) })
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(2000)..]).into_owned();
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
