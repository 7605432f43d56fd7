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

/// The helper has the tenant's rights on files, sees of the machine's files only the pod's own, and of its processes only itself.
fn helper(names: &PodNames, account: &Account, command: &str) -> Cmd {
    // Named by our number: the helper is this very program, also when the file was replaced.
    let program = format!("/proc/{}/exe", std::process::id());
    Cmd::long_running("unshare")
        .args(["--pid", "--fork", "--kill-child", "--", &program, "as-tenant", command])
        .arg(names.home())
        .arg(account.uid.to_string())
}

fn ask(task: &Task, names: &PodNames, account: &Account, request: &HelperRequest) -> Result<String> {
    let bytes = serde_json::to_vec(request).context("asking the tenant's helper")?;
    helper(names, account, "ask").input(bytes).run(task)
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

/// Unpacks an archive into the site's `public` as the tenant, without its top folder.
pub fn unpack(task: &Task, names: &PodNames, account: &Account, site: &SiteName, archive: File) -> Result<()> {
    helper(names, account, "unpack").arg(format!("{}/public", folder_of(site))).input_file(archive).run(task).map(drop)
}
