//! MariaDB over its local socket. Statements go in on standard input and are made of checked names only:
//! [`wire::DbName`] is letters, digits and `_`; passwords are letters, digits, `-` and `_`.

use wire::DbName;
use wire::message::Failure;
use wire::spec::Database;

use crate::fail::{Res, invalid, without};
use crate::host::run::Run;
use crate::task::Task;

/// Connections that one pod may hold at a time, so that none starves the others.
const CONNECTIONS: u32 = 40;

/// What the server has of a pod's database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// The database is there.
    pub database: bool,
    /// The user is there.
    pub user: bool,
    /// The user's password is the wanted one.
    pub password: bool,
    /// The user may use the database.
    pub grant: bool,
}

impl Found {
    /// Nothing is missing.
    pub fn is_whole(self) -> bool {
        self.database && self.user && self.password && self.grant
    }

    /// Nothing is there.
    pub fn is_nothing(self) -> bool {
        !self.database && !self.user && !self.grant
    }
}

/// Runs statements as the database's root, who is known by the socket.
fn run(task: &Task, statements: String) -> Res<String> {
    Run::step("mariadb").args(["--no-defaults", "--batch", "--skip-column-names"]).input(statements).ok(task)
}

/// Looks what is there.
pub fn look(task: &Task, want: &Database) -> Res<Found> {
    plain(want)?;
    let text = run(task, look_statement(want)).map_err(|failure| hide(failure, want))?;
    let mut bits = text.split_whitespace().map(|n| n != "0");
    let mut bit = || bits.next().unwrap_or(false);
    Ok(Found { database: bit(), user: bit(), password: bit(), grant: bit() })
}

/// Makes what is missing and sets the password.
pub fn make(task: &Task, want: &Database) -> Res<()> {
    plain(want)?;
    run(task, make_statements(want)).map(drop).map_err(|failure| hide(failure, want))
}

/// Removes both; absent ones are fine.
pub fn remove(task: &Task, name: &DbName, user: &DbName) -> Res<()> {
    run(task, format!("drop database if exists `{name}`;\ndrop user if exists '{user}'@'localhost';\n")).map(drop)
}

/// Its version, when the server runs.
pub fn version(task: &Task) -> Option<String> {
    run(task, "select version();".to_owned()).ok().map(|text| text.trim().to_owned())
}

/// The server's complaints may quote the statement.
fn hide(failure: Failure, want: &Database) -> Failure {
    without(failure, &[want.password.expose()])
}

fn plain(want: &Database) -> Res<()> {
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
         alter user '{user}'@'localhost' identified by '{password}' with max_user_connections {CONNECTIONS};\n\
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
