//! Files inside a site's folders: the tenant's own, written by a helper that has the tenant's rights.

use std::fs::File;

use sha2::{Digest, Sha256};
use wire::plan::Change;
use wire::spec::{Database, PodState, SiteSpec, Stack};

use crate::error::{Result, ResultExt};
use crate::host::accounts::Account;
use crate::host::artifacts;
use crate::host::names::PodNames;
use crate::render::pages;
use crate::task::Task;
use crate::tenant::{self, FolderState, TenantFile};

use super::{Inspector, PartStatus};
use crate::pod::state::SiteProgress;

/// What is in a site's folders at its beginning.
pub struct Files<'a> {
    site: &'a SiteSpec,
    database: Option<&'a Database>,
    progress: SiteProgress,
    /// As it is.
    pub status: PartStatus,
}

impl<'a> Files<'a> {
    /// Looks into WordPress' folders as the tenant; of other sites it is enough that their starter page was written once. A suspended pod, or a
    /// stopped site, is not asked: nothing in a tenant's folders may keep it from being closed.
    pub fn inspect(cx: &Inspector<'a>, site: &'a SiteSpec, are_folders_good: bool) -> Result<Self> {
        let progress = cx.state.map(|state| state.site(&site.name)).unwrap_or_default();
        if cx.spec.state == PodState::Suspended || site.stopped {
            return Ok(Self { site, database: None, status: PartStatus::Matches, progress });
        }
        let Stack::Wordpress { database: name, .. } = &site.stack else {
            return Ok(Self { site, database: None, status: PartStatus::of(false, progress.starter), progress });
        };
        let database = cx.spec.databases.iter().find(|db| db.name == *name);
        let found = match &cx.account {
            Some(account) if are_folders_good => tenant::look(cx.task, cx.names, account, &site.name)?,
            _ => FolderState::default(),
        };
        let is_unpacked = progress.unpacked.is_some();
        let wanted = database.map(|db| hex::encode(Sha256::digest(pages::wordpress_database(db, is_https(site)))));
        let is_right = is_unpacked && found.wp_config && found.database_file == wanted;
        Ok(Self { site, database, progress, status: PartStatus::of(is_unpacked, is_right) })
    }

    /// As a line of the plan.
    pub fn change(&self) -> Change {
        match &self.site.source {
            Some(source) => self.status.change("files", format!("{} and its configuration", source.name)),
            None => self.status.change("files", "a page to begin with, where the folder is empty"),
        }
    }

    /// Is this done in a moment?
    pub fn is_short(&self) -> bool {
        self.site.source.is_none()
    }

    /// Writes what is missing.
    pub fn make(&self, task: &Task, names: &PodNames, account: &Account) -> Result<()> {
        if !self.status.has_change() {
            return Ok(());
        }
        let (folder, name, text) = match &self.site.stack {
            Stack::Static { title } => ("public", "index.html", pages::static_page(title)),
            Stack::Php { title } => ("public", "index.php", pages::php_page(title)),
            Stack::Node { title } => ("app", "server.js", pages::node_program(title)),
            Stack::Wordpress { .. } => return self.make_wordpress(task, names, account),
        };
        let file = TenantFile { folder: folder.into(), name: name.into(), text, mode: 0o640, only_into_empty: true };
        tenant::write(task, names, account, &self.site.name, vec![file])?;
        task.info(format!("Wrote {folder}/{name} unless the folder had files"));
        Ok(())
    }

    fn make_wordpress(&self, task: &Task, names: &PodNames, account: &Account) -> Result<()> {
        let (Some(source), Some(database)) = (&self.site.source, self.database) else { return Ok(()) };
        if self.progress.unpacked.is_none() {
            let archive = File::open(artifacts::archive(source)?).context("opening the archive")?;
            tenant::unpack(task, names, account, &self.site.name, archive)?;
            task.info(format!("Unpacked {}", source.name));
        }
        let file = |folder: &str, name: &str, text: String| TenantFile {
            folder: folder.into(),
            name: name.into(),
            text,
            mode: 0o640,
            only_into_empty: false,
        };
        let mut files = vec![file("private", "database.php", pages::wordpress_database(database, is_https(self.site)))];
        if !tenant::look(task, names, account, &self.site.name)?.wp_config {
            files.push(file("public", "wp-config.php", pages::wordpress_config(&salts()?)));
        }
        tenant::write(task, names, account, &self.site.name, files)
    }
}

/// Whether all visitors come over HTTPS.
fn is_https(site: &SiteSpec) -> bool {
    site.certificate.as_ref().is_some_and(|certificate| certificate.redirect)
}

/// Eight random words of 256 bits.
fn salts() -> Result<[String; 8]> {
    let mut random = File::open("/dev/urandom").context("opening the source of random numbers")?;
    let mut bytes = [0u8; 8 * 32];
    std::io::Read::read_exact(&mut random, &mut bytes).context("reading random numbers")?;
    let mut words = bytes.chunks(32).map(hex::encode);
    Ok(std::array::from_fn(|_| words.next().unwrap_or_default()))
}
