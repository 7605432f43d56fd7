//! System users and groups.

use std::time::Duration;

use wire::PodUid;

use crate::error::{Result, internal, refused};
use crate::host::Host;
use crate::host::coalescer::Reservation;
use crate::host::command::Cmd;
use crate::host::files::read_text;
use crate::host::lock;
use crate::host::names::{PodNames, WEB_USER};
use crate::task::Task;

/// A system user as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// Its home.
    pub home: String,
    /// Its shell.
    pub shell: String,
}

/// Shell of pods' users: nobody logs in.
pub const NO_LOGIN: &str = "/usr/sbin/nologin";
/// Time of a writing that many pods share.
const SHARED: Duration = Duration::from_secs(60);

/// The user of this name, if there is one.
pub fn find(user: &str) -> Option<Account> {
    parse_user(&read_text("/etc/passwd")?, user)
}

fn parse_user(passwd: &str, user: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
    let fields: Vec<&str> = line.split(':').collect();
    let [_, _, uid, gid, _, home, shell] = fields[..] else { return None };
    Some(Account { uid: uid.parse().ok()?, gid: gid.parse().ok()?, home: home.into(), shell: shell.into() })
}

/// Is the web server's user in this group?
pub fn web_reads(group: &str) -> bool {
    read_text("/etc/group").is_some_and(|text| members(&text, group).iter().any(|m| m == WEB_USER))
}

/// Does this group exist?
pub fn group_exists(group: &str) -> bool {
    read_text("/etc/group").is_some_and(|text| text.lines().any(|line| line.split(':').next() == Some(group)))
}

fn members(groups: &str, group: &str) -> Vec<String> {
    let line = groups.lines().find(|line| line.split(':').next() == Some(group));
    let list = line.and_then(|line| line.split(':').nth(3)).unwrap_or_default();
    list.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect()
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of this pod.
    pub names: PodNames,
    /// With this number.
    pub uid: PodUid,
}

/// Makes the pod's user and group as far as they are missing, and lets the web server's user into the
/// group. Many pods share one writing of the account files.
pub fn make(host: &Host, task: &Task, reservation: Reservation<'_, Wanted>, wanted: Wanted) -> Result<Account> {
    let (names, uid) = (wanted.names.clone(), wanted.uid);
    host.accounts.join(reservation, wanted, |all| {
        let task = &task.detached(SHARED);
        let made = lock::take(task, "accounts").and_then(|_lock| make_all(task, &all));
        all.iter().map(|_| made.clone()).collect()
    })?;
    let account = find(&names.user()).ok_or_else(|| internal(format!("{} was created but does not exist", names.user())))?;
    if is_right(&account, &names, uid) {
        return Ok(account);
    }
    Err(refused(format!("the server has a user {} that is not this pod's", names.user()))
        .with_remedy("remove or rename that user, or choose another name for the pod"))
}

/// Is the account what a pod's should be?
pub fn is_right(account: &Account, names: &PodNames, uid: PodUid) -> bool {
    account.home == names.home().to_string_lossy() && account.shell == NO_LOGIN && account.uid == uid.get() && account.gid == uid.get()
}

fn make_all(task: &Task, all: &[Wanted]) -> Result<()> {
    let mut lines = Vec::new();
    for Wanted { names, uid } in all {
        let user = names.user();
        lines.push(format!("u {user} {} \"CloudPod {}\" {} {NO_LOGIN}", uid.get(), names.pod(), names.home().display()));
        lines.push(format!("m {WEB_USER} {user}"));
    }
    Cmd::uninterruptible("systemd-sysusers").arg("--inline").args(lines).run(task).map(drop)
}

/// Removes the pod's user and group; true when there was something.
pub fn remove(task: &Task, names: &PodNames) -> Result<bool> {
    let _lock = lock::take(task, "accounts")?;
    let user = names.user();
    let mut found = false;
    if find(&user).is_some() {
        Cmd::uninterruptible("userdel").args(["--", &user]).run(task)?;
        found = true;
    }
    if group_exists(&user) {
        Cmd::uninterruptible("groupdel").args(["--", &user]).run(task)?;
        found = true;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\np-a:x:20001:20002::/srv/pods/a:/usr/sbin/nologin\nbad:x\n";

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let account = parse_user(PASSWD, "p-a").unwrap();
        assert_eq!((account.uid, account.gid, account.home.as_str()), (20001, 20002, "/srv/pods/a"));
        assert_eq!(parse_user(PASSWD, "p-"), None);
        assert_eq!(parse_user(PASSWD, "bad"), None);
    }

    #[test]
    fn members_are_read_from_the_fourth_field() {
        let groups = "p-a:x:20002:www-data,backup\np-b:x:20003:\n";
        assert_eq!(members(groups, "p-a"), ["www-data", "backup"]);
        assert!(members(groups, "p-b").is_empty());
        assert!(members(groups, "p-c").is_empty());
    }
}
