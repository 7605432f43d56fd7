//! MariaDB: an instance for each pod, from one template for all, asked over its unix socket. Statements go in on standard input and are made
//! of checked names only: [`wire::DbName`] is letters, digits and `_`; passwords are letters, digits, `-` and `_`.

use std::path::{Path, PathBuf};

use wire::DbName;
use wire::message::Failure;
use wire::spec::Database;

use crate::error::{Result, ResultExt, invalid, redact};
use crate::host::accounts::Account;
use crate::host::command::Cmd;
use crate::host::names::{PODS, PodNames};
use crate::host::{files, lock};
use crate::task::Task;

/// The server's program.
const PROGRAM: &str = "/usr/sbin/mariadbd";
/// Most connections to an instance.
const MAX_CONNECTIONS: u32 = 40;
/// What makes an instance small, and lets its files grow in small steps.
const SETTINGS: [&str; 14] = [
    "--skip-networking",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=4M",
    "--innodb-log-buffer-size=1M",
    "--innodb-autoextend-increment=1",
    "--innodb-read-io-threads=1",
    "--innodb-write-io-threads=2",
    "--innodb-purge-threads=1",
    "--innodb-use-native-aio=OFF",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=1M",
    "--character-set-server=utf8mb4",
];

/// What an instance has of a database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DbStatus {
    /// The database is there.
    pub database: bool,
    /// The user is there.
    pub user: bool,
    /// The user's password is the wanted one.
    pub password: bool,
    /// The user may use the database.
    pub grant: bool,
}

impl DbStatus {
    /// Nothing is missing.
    pub fn is_complete(self) -> bool {
        self.database && self.user && self.password && self.grant
    }
}

/// The socket of the server that all pods of older agents shared.
pub fn shared_socket() -> PathBuf {
    PathBuf::from("/run/mysqld/mysqld.sock")
}

/// The socket of a pod's instance.
pub fn socket(names: &PodNames) -> PathBuf {
    names.database_run().join("mysqld.sock")
}

/// The command of a pod's instance. Its socket is opened by systemd and inherited.
pub fn command(names: &PodNames) -> String {
    let (data, home) = (names.database_home().display().to_string(), names.home().display().to_string());
    format!(
        "{PROGRAM} --no-defaults --datadir={data} --tmpdir={home}/tmp --pid-file={data}/mariadbd.pid --socket={} --max-connections={MAX_CONNECTIONS} {}",
        socket(names).display(),
        SETTINGS.join(" ")
    )
}

/// Runs statements as the database's root, who is known by the socket.
fn run(task: &Task, socket: &Path, statements: String) -> Result<String> {
    client(socket).args(["--batch", "--skip-column-names"]).input(statements).run(task)
}

fn client(socket: &Path) -> Cmd {
    Cmd::short("mariadb").args(["--no-defaults", "--local-infile=0"]).arg(format!("--socket={}", socket.display())).arg("--user=root")
}

/// Looks what is there.
pub fn look(task: &Task, socket: &Path, want: &Database) -> Result<DbStatus> {
    plain(want)?;
    let text = run(task, socket, look_statement(want)).map_err(|failure| hide(failure, want))?;
    let mut bits = text.split_whitespace().map(|n| n != "0");
    let mut bit = || bits.next().unwrap_or(false);
    Ok(DbStatus { database: bit(), user: bit(), password: bit(), grant: bit() })
}

/// Makes what is missing and sets the password.
pub fn make(task: &Task, socket: &Path, want: &Database) -> Result<()> {
    plain(want)?;
    run(task, socket, make_statements(want)).map(drop).map_err(|failure| hide(failure, want))
}

/// Whether the server has a database of this name.
pub fn exists(task: &Task, socket: &Path, name: &DbName) -> Result<bool> {
    let found = run(task, socket, format!("select count(*) from information_schema.schemata where schema_name = '{name}';\n"))?;
    Ok(found.trim() != "0")
}

/// Removes both; absent ones are fine.
pub fn remove(task: &Task, socket: &Path, name: &DbName, user: &DbName) -> Result<()> {
    run(task, socket, format!("drop database if exists `{name}`;\ndrop user if exists '{user}'@'localhost';\n")).map(drop)
}

/// Writes everything of a database into a file.
pub fn dump(task: &Task, socket: &Path, name: &DbName, file: &Path) -> Result<()> {
    Cmd::long_running("mariadb-dump")
        .arg("--no-defaults")
        .arg(format!("--socket={}", socket.display()))
        .args(["--user=root", "--single-transaction", "--routines", "--events", "--triggers"])
        .arg(format!("--result-file={}", file.display()))
        .arg(name.as_str())
        .run(task)
        .map(drop)
}

/// Reads such a file into a database.
pub fn import(task: &Task, socket: &Path, name: &DbName, file: &Path) -> Result<()> {
    let dump = std::fs::File::open(file).context(format_args!("opening {}", file.display()))?;
    client(socket).arg(name.as_str()).input_file(dump).run(task).map(drop)
}

/// Its version, when it is installed: `10.11.6-MariaDB` of `mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for ..`.
pub fn version(task: &Task) -> Option<String> {
    let text = Cmd::short(PROGRAM).args(["--no-defaults", "--version"]).run(task).ok()?;
    text.split_whitespace().skip_while(|word| *word != "Ver").nth(1).map(str::to_owned)
}

/// Data of an instance that has no databases yet, made once for each version of MariaDB.
pub fn ensure_template(task: &Task) -> Result<PathBuf> {
    let Some(version) = version(task) else {
        task.check()?; // a question that was broken off is no answer
        return Err(crate::error::refused("MariaDB is not installed").with_remedy("install the PHP capability"));
    };
    let place = Path::new(PODS).join(format!(".mariadb-{version}"));
    let _lock = lock::take(task, "database-template")?;
    if place.is_dir() {
        return Ok(place);
    }
    let beside = Path::new(PODS).join(".mariadb-new");
    remove_tree(task, &beside)?;
    Cmd::long_running("mariadb-install-db")
        .args(["--no-defaults", "--user=mysql", "--auth-root-authentication-method=socket", "--skip-test-db", "--skip-name-resolve"])
        .arg(format!("--datadir={}", beside.display()))
        .args(["--innodb-log-file-size=4M", "--innodb-autoextend-increment=1", "--innodb-use-native-aio=OFF"])
        .run(task)?;
    std::fs::rename(&beside, &place).context("placing the template of databases")?;
    task.info("Created the template of databases");
    Ok(place)
}

fn remove_tree(task: &Task, path: &Path) -> Result<()> {
    Cmd::short("rm").args(["--recursive", "--force", "--one-file-system", "--"]).arg(path).run(task).map(drop)
}

/// Makes a pod's instance from the template: blocks are shared until they are written to. Its user sees the folder when it is whole.
pub fn make_data(task: &Task, names: &PodNames, account: &Account) -> Result<()> {
    let (template, beside) = (ensure_template(task)?, names.home().join(".db-new"));
    remove_tree(task, &beside)?;
    files::make_folder(&beside, 0o700)?;
    let data = beside.join("db");
    Cmd::short("cp").args(["--archive", "--reflink=auto", "--"]).arg(&template).arg(&data).run(task)?;
    Cmd::short("chown").args(["--recursive", "--no-dereference", "--", &format!("{}:{}", account.uid, account.gid)]).arg(&data).run(task)?;
    std::fs::rename(&data, names.database_home()).context("placing the pod's databases")?;
    files::remove_empty_folder(&beside).map(drop)
}

/// The server's complaints may quote the statement.
fn hide(failure: Failure, want: &Database) -> Failure {
    redact(failure, &[want.password.expose()])
}

fn plain(want: &Database) -> Result<()> {
    if want.password.is_plain() { Ok(()) } else { Err(invalid("the database password has characters that are not allowed")) }
}

/// In a grant `_` stands for any character: unescaped, the user of `a_b` could read `axb`.
fn pattern(name: &DbName) -> String {
    name.as_str().replace('_', "\\_")
}

fn look_statement(want: &Database) -> String {
    let (name, user, password) = (&want.name, &want.user, want.password.expose());
    // Within a quoted string the backslash itself needs one.
    let stored = pattern(name).replace('\\', "\\\\");
    format!(
        "select (select count(*) from information_schema.schemata where schema_name = '{name}'), \
         (select count(*) from mysql.user where User = '{user}' and Host = 'localhost'), \
         (select count(*) from mysql.user where User = '{user}' and Host = 'localhost' \
          and authentication_string = password('{password}')), \
         (select count(*) from mysql.db where User = '{user}' and Host = 'localhost' and Db = '{stored}');\n"
    )
}

fn make_statements(want: &Database) -> String {
    let (name, user, password) = (&want.name, &want.user, want.password.expose());
    let pattern = pattern(name);
    format!(
        "create database if not exists `{name}` character set utf8mb4 collate utf8mb4_unicode_ci;\n\
         create user if not exists '{user}'@'localhost' identified by '{password}';\n\
         alter user '{user}'@'localhost' identified by '{password}';\n\
         grant all on `{pattern}`.* to '{user}'@'localhost';\n"
    )
}

#[cfg(test)]
mod tests {
    use wire::Secret;

    use super::*;

    fn database(password: &str) -> Database {
        Database { name: DbName::new("p_a").unwrap(), user: DbName::new("p_a").unwrap(), password: Secret::new(password).unwrap() }
    }

    #[test]
    fn a_grant_does_not_reach_databases_with_similar_names() {
        assert!(make_statements(&database("0123456789abcdef")).contains("grant all on `p\\_a`.* to"));
        assert!(look_statement(&database("0123456789abcdef")).contains("Db = 'p\\\\_a'"));
    }

    #[test]
    fn a_password_that_could_end_the_string_is_refused() {
        assert!(plain(&database("0123456789abcde'")).is_err());
        assert!(plain(&database("0123456789abcd\\\\")).is_err());
        assert!(plain(&database("0123456789-_aBcd")).is_ok());
    }
}
