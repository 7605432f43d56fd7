//! Work inside a tenant's tree. Root never touches it: a child with the tenant's own user does.

pub mod helper;

use std::fs::File;

use serde::{Deserialize, Serialize};

use crate::fail::{Doing, Res};
use crate::host::accounts::Account;
use crate::host::names::Names;
use crate::host::run::Run;
use crate::task::Task;

/// What the child is asked, on standard input.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// What is there?
    Look,
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
pub struct Look {
    /// `public` has no entries.
    pub public_empty: bool,
    /// `app` has no entries.
    pub app_empty: bool,
    /// `public/wp-config.php` is a file.
    pub wp_config: bool,
    /// Checksum of `private/database.php`, when it is a file.
    pub database_file: Option<String>,
}

fn ask(task: &Task, names: &Names, account: &Account, ask: &Ask) -> Res<String> {
    let bytes = serde_json::to_vec(ask).doing("asking the tenant's helper")?;
    Run::myself("as-tenant").arg(names.home()).user(account.uid, account.gid).input(bytes).ok(task)
}

/// Looks into the tree as the tenant.
pub fn look(task: &Task, names: &Names, account: &Account) -> Res<Look> {
    let text = ask(task, names, account, &Ask::Look)?;
    serde_json::from_str(&text).doing("understanding the tenant's helper")
}

/// Writes files as the tenant.
pub fn write(task: &Task, names: &Names, account: &Account, files: Vec<TenantFile>) -> Res<()> {
    ask(task, names, account, &Ask::Write(files)).map(drop)
}

/// Unpacks an archive into `public` as the tenant, without its top folder. Links and odd files in the
/// archive are the archive's own affair: it was shipped with its checksum. The files get the present time:
/// PHP keeps no compiled code of files that are dated 1970, as those of reproducible archives are.
pub fn unpack(task: &Task, names: &Names, account: &Account, archive: File) -> Res<()> {
    Run::work("tar")
        .args(["--extract", "--gzip", "--file=-", "--strip-components=1", "--no-same-owner", "--touch", "--directory"])
        .arg(names.home().join("public"))
        .user(account.uid, account.gid)
        .input_file(archive)
        .ok(task)
        .map(drop)
}
