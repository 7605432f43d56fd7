//! Where PostgreSQL's programs are, and as whom they run.

use super::EmbeddedError;
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The programs of one installed version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// `MPANEL_PG_BIN`, else the newest version in Debian's place, else whatever the `PATH` has.
    pub(super) fn find() -> Result<Self, EmbeddedError> {
        let named = std::env::var_os("MPANEL_PG_BIN").map(PathBuf::from);
        let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .collect();
        debian.sort_unstable_by(|a, b| b.cmp(a));
        let path: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        let places = match named {
            Some(folder) => vec![folder],
            None => debian.into_iter().map(|(_, bin)| bin).chain(path).collect(),
        };
        let bin = places.into_iter().find(|bin| ["postgres", "initdb", "createdb"].iter().all(|name| bin.join(name).is_file()));
        bin.map(|bin| Self { bin }).ok_or(EmbeddedError::NotInstalled)
    }

    /// A program of this version, to be run as `user`.
    pub(super) fn command(&self, name: &str, user: Option<&UnprivilegedUser>) -> Command {
        as_user(Command::new(self.bin.join(name)), user)
    }

    /// `postgres`, which the kernel stops when the thread that started it ends.
    pub(super) fn dying_postgres(&self, user: Option<&UnprivilegedUser>) -> Option<Command> {
        let setpriv = Path::new("/usr/bin/setpriv");
        if !setpriv.is_file() {
            return None;
        }
        let mut command = as_user(Command::new(setpriv), user);
        command.args(["--pdeathsig", "INT"]).arg(self.bin.join("postgres"));
        Some(command)
    }

    /// Major version, such as `15`.
    pub(super) fn version(&self) -> Option<String> {
        let output = Command::new(self.bin.join("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        Some(number.chars().take_while(char::is_ascii_digit).collect())
    }
}

fn as_user(mut command: Command, user: Option<&UnprivilegedUser>) -> Command {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    // Messages in one language, and no settings from the caller's surroundings.
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
    command
}

/// The user that PostgreSQL runs as when mPanel is root: PostgreSQL refuses to be root.
#[derive(Clone, Debug)]
pub(super) struct UnprivilegedUser {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl UnprivilegedUser {
    /// `postgres`, else `nobody`; nothing when we are not root.
    pub(super) fn find() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let find = |name: &str| {
            passwd.lines().find_map(|line| {
                let mut fields = line.split(':');
                if fields.next()? != name {
                    return None;
                }
                Some(Self { name: name.to_owned(), uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
            })
        };
        find("postgres").or_else(|| find("nobody")).or(Some(Self { name: "nobody".to_owned(), uid: 65534, gid: 65534 }))
    }
}
