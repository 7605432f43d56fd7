//! Work inside a tenant's tree. Root never touches it: a child with the tenant's own rights does, in a sandbox of its own.

pub mod helper;
mod unpack;

use std::fs::File;

use serde::{Deserialize, Serialize};
use wire::{PodUid, SiteName};

use crate::error::{Result, ResultExt};
use crate::host::accounts::Account;
use crate::host::command::Cmd;
use crate::host::names::{PodNames, SITES};
use crate::host::systemd;
use crate::task::Task;

/// What the child is asked, on standard input.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelperRequest {
    /// What is there in this site's folder?
    Look(String),
    /// Write these files.
    Write(Vec<TenantFile>),
}

/// One file of the tenant's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TenantFile {
    /// Folder below the pod's root.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its mode.
    pub mode: u32,
    /// Written only when the folder is empty.
    pub only_into_empty: bool,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// `public` has no entries.
    pub public_empty: bool,
    /// `app` has no entries.
    pub app_empty: bool,
    /// `public/wp-config.php` is a file.
    pub wp_config: bool,
    /// Checksum of `private/database.php`, when it is a file.
    pub database_file: Option<String>,
}

/// A user that owns nothing and is nobody's: as whom the helper is known to other programs, so that those of the pod can neither stop it
/// nor look at it, though it has their user's rights on files.
const HELPER_UID: u32 = PodUid::LAST + 1;

/// What isolates the helper: it has the tenant's rights on files, sees of the machine's files only the pod's own, and of its processes only
/// itself.
fn sandbox(names: &PodNames, account: &Account, command: &str) -> [String; 9] {
    // Named by our number: the helper is this very program, also when the file was replaced.
    let program = format!("/proc/{}/exe", std::process::id());
    let (home, uid) = (names.home().display().to_string(), account.uid.to_string());
    ["--pid", "--fork", "--kill-child", "--", &program, "as-tenant", command, &home, &uid].map(str::to_owned)
}

fn ask(task: &Task, names: &PodNames, account: &Account, request: &HelperRequest) -> Result<String> {
    let bytes = serde_json::to_vec(request).context("asking the tenant's helper")?;
    Cmd::long_running("unshare").args(sandbox(names, account, "ask")).input(bytes).run(task)
}

fn folder_of(site: &SiteName) -> String {
    format!("{SITES}/{site}")
}

/// Looks into a site's folders as the tenant.
pub fn look(task: &Task, names: &PodNames, account: &Account, site: &SiteName) -> Result<FolderState> {
    let text = ask(task, names, account, &HelperRequest::Look(folder_of(site)))?;
    serde_json::from_str(&text).context("understanding the tenant's helper")
}

/// Writes files into a site's folders as the tenant.
pub fn write(task: &Task, names: &PodNames, account: &Account, site: &SiteName, mut files: Vec<TenantFile>) -> Result<()> {
    for file in &mut files {
        file.folder = format!("{}/{}", folder_of(site), file.folder);
    }
    ask(task, names, account, &HelperRequest::Write(files)).map(drop)
}

/// Unpacks an archive into the site's `public` as the tenant, without its top folder. An archive is as large as it likes, so this is the
/// pod's work: in its slice, within its limits.
pub fn unpack(task: &Task, names: &PodNames, account: &Account, site: &SiteName, archive: File) -> Result<()> {
    let unit = names.unpack_unit();
    // Left by a run that was killed a moment ago.
    systemd::end_transient(task, &unit)?;
    Cmd::long_running("systemd-run")
        .args(["--quiet", "--scope", "--collect", &format!("--unit={unit}"), &format!("--slice={}", names.slice()), "--", "unshare"])
        .args(sandbox(names, account, "unpack"))
        .arg(format!("{}/public", folder_of(site)))
        .input_file(archive)
        .run(task)
        .map(drop)
}
