//! Making a pod as described. Every step can be interrupted and done again.

use std::fs::File;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use wire::plan::{Op, Plan};
use wire::spec::{PodSpec, Stack};

use crate::fail::{Doing, Res, internal, invalid, refused};
use crate::host::accounts::Account;
use crate::host::names::{Names, PODS, wanted_link};
use crate::host::shared::Coming;
use crate::host::web::Swap;
use crate::host::{Host, accounts, artifacts, database, files, lock, storage, systemd, web};
use crate::render::{pages, unit};
use crate::task::Task;
use crate::tenant::{self, TenantFile};

use super::desired::{Desired, Managed, Service, desired};
use super::plan::{Difference, Part, difference, disk_bytes};
use super::state::{self, State};
use super::survey::survey;
use super::{install, runtime};

/// How long a service that does not say when it is ready may take to listen.
const LISTEN: Duration = Duration::from_secs(15);
const TICK: Duration = Duration::from_millis(10);

/// What an apply would change.
pub fn plan(task: &Task, spec: &PodSpec) -> Res<Plan> {
    check(task, spec)?;
    let state = State::load(&Names::of(&spec.pod))?;
    Ok(difference(spec, &survey(task, spec, state)?).plan())
}

/// Makes the pod as described; answers with what was done.
pub fn apply(host: &Host, task: &Task, spec: &PodSpec) -> Res<Plan> {
    check(task, spec)?;
    // Promised before the lock, so that pods applied at the same time find each other.
    let promises = Promises { accounts: host.accounts.coming(), units: host.units.coming(), sites: host.sites.coming(), disks: host.disks.coming() };
    let names = Names::of(&spec.pod);
    let _lock = lock::take(task, &names.lock())?;
    let before = State::load(&names)?;
    let state = before.as_ref().map_or_else(|| State::new(spec), |state| state.begin(spec));
    let runtime_before = before.as_ref().and_then(|state| state.spec.runtime.clone());
    if before.is_none() || runtime_before != spec.runtime {
        // Said before looking, so that no removal takes the runtime away between the look and its use.
        let _lock = lock::take(task, "runtimes")?;
        state.save(&names)?;
    }
    let difference = difference(spec, &survey(task, spec, before.clone())?);
    let plan = difference.plan();
    if plan.is_settled() && before.is_some_and(|state| !state.unfinished && !state.held) {
        return Ok(plan);
    }
    state.save(&names)?;
    let mut work = Work { host, task, spec, names, difference, state };
    let disks = work.run(promises)?;
    flush(host, disks)?;
    work.state.unfinished = false;
    work.state.save(&work.names)?;
    if let Some(old) = runtime_before.filter(|old| Some(old) != spec.runtime.as_ref()) {
        runtime::release(host, task, &old, None)?;
    }
    Ok(plan)
}

/// What this pod will share with others.
struct Promises<'a> {
    accounts: Coming<'a, Names>,
    units: Coming<'a, ()>,
    sites: Coming<'a, Swap>,
    disks: Coming<'a, ()>,
}

/// After this a power loss takes nothing of the pod: its files, its subvolume, what was written by its user.
fn flush(host: &Host, promise: Coming<'_, ()>) -> Res<()> {
    host.disks.join(promise, (), |items| {
        let result = files::flush(&["/etc", PODS]);
        items.iter().map(|()| result.clone()).collect()
    })
}

fn check(task: &Task, spec: &PodSpec) -> Res<()> {
    spec.check().map_err(|refused| invalid(refused.to_string()))?;
    if let Some(conflict) = state::conflict(spec) {
        return Err(refused(conflict));
    }
    storage::require(task)?;
    if let Some(runtime) = &spec.runtime {
        artifacts::runtime(runtime)?;
    }
    if let Some(app) = &spec.app {
        artifacts::archive(app)?;
    }
    Ok(())
}

struct Work<'a> {
    host: &'a Host,
    task: &'a Task,
    spec: &'a PodSpec,
    names: Names,
    difference: Difference,
    state: State,
}

/// What a file held before it was written.
type Before = Vec<(PathBuf, Option<Vec<u8>>)>;

impl Work<'_> {
    fn run<'a>(&mut self, promises: Promises<'a>) -> Res<Coming<'a, ()>> {
        let Promises { accounts, units, sites, disks } = promises;
        let account = self.ground(accounts)?;
        let want = desired(self.spec, Some(&account))?;
        let before = self.write_configuration(&want)?;
        let node = matches!(self.spec.stack, Stack::Node { .. });
        thread::scope(|scope| {
            let me = &*self;
            let (want, before, account) = (&want, &before, &account);
            let service = scope.spawn(move || {
                me.read_units(units, want)?;
                if node { Ok(()) } else { me.run_service(want, before) }
            });
            let site = scope.spawn(move || me.publish(sites, want));
            let database = scope.spawn(move || me.make_database());
            let files = me.write_files(account);
            let results = [files, join(service), join(database), join(site)];
            results.into_iter().collect::<Res<Vec<()>>>()
        })?;
        self.state.starter = true;
        self.state.unpacked = self.spec.app.as_ref().map(|app| app.sha256.clone()).or(self.state.unpacked.take());
        if node {
            self.run_service(&want, &before)?;
        }
        if self.difference.touches(Part::Install) {
            // What is done so far is remembered first: the installation is the longest step.
            self.state.save(&self.names)?;
            install::wordpress(self.task, self.spec)?;
            self.state.installed = true;
        }
        Ok(disks)
    }

    /// Web server, user, storage: what everything else stands on.
    fn ground(&self, promise: Coming<'_, Names>) -> Res<Account> {
        let (task, names) = (self.task, &self.names);
        if self.difference.touches(Part::WebBase) {
            web::make_base(task)?;
        }
        let account = match self.difference.op(Part::User) {
            Op::Keep => accounts::find(&names.user()).ok_or_else(|| internal("the user no longer exists"))?,
            _ => {
                let account = accounts::make(self.host, task, promise, names)?;
                task.info(format!("Created system user {} (uid {})", names.user(), account.uid));
                account
            }
        };
        if self.difference.touches(Part::Storage) {
            storage::make(task, names)?;
            task.info(format!("Created storage {}", names.home().display()));
        }
        if self.difference.touches(Part::Limit) {
            storage::limit(task, names, disk_bytes(self.spec))?;
            task.info(format!("Set storage limit to {} MiB", self.spec.limits.disk_mb));
        }
        if self.difference.touches(Part::Folders) || self.difference.touches(Part::User) {
            storage::make_folders(names, &account)?;
        }
        Ok(account)
    }

    fn write_configuration(&self, want: &Desired) -> Res<Before> {
        let mut before = Vec::new();
        let mut put = |file: &Managed| {
            before.push((file.path.clone(), files::read(&file.path)?));
            files::write_soon(&file.path, file.text.as_bytes(), file.mode)
        };
        if self.difference.touches(Part::Slice) {
            put(&want.slice)?;
            self.task.info(format!("Configured slice {}: {}", self.names.slice(), unit::limits_line(&self.spec.limits)));
        }
        if let (Some(mount), true) = (&want.mount, self.difference.touches(Part::Runtime)) {
            let _lock = lock::take(self.task, "runtimes")?;
            files::make_folder(&mount.root, 0o755)?;
            put(&mount.file)?;
            files::link(&wanted_link(&mount.unit), &format!("../{}", mount.unit))?;
        }
        if let (Some(service), true) = (&want.service, self.difference.touches(Part::Service)) {
            service.files.iter().try_for_each(&mut put)?;
            files::link(&wanted_link(&service.unit), &format!("../{}", service.unit))?;
        }
        Ok(before)
    }

    fn read_units(&self, units: Coming<'_, ()>, want: &Desired) -> Res<()> {
        if self.difference.needs_reload() {
            systemd::reload(self.host, self.task, units)?;
        }
        if let (Some(mount), true) = (&want.mount, self.difference.touches(Part::Runtime)) {
            systemd::start(self.host, self.task, &mount.unit)?;
            self.task.info(format!("Mounted runtime at {}", mount.root.display()));
        }
        Ok(())
    }

    fn run_service(&self, want: &Desired, before: &Before) -> Res<()> {
        let Some(service) = &want.service else { return Ok(()) };
        let started = match self.difference.op(Part::Running) {
            Op::Keep => return Ok(()),
            Op::Change => systemd::restart(self.task, &service.unit),
            _ => systemd::start(self.host, self.task, &service.unit),
        };
        match started.and_then(|()| self.await_socket(service)) {
            Ok(()) => {
                self.task.info(format!("Started {}", service.unit));
                Ok(())
            }
            Err(failure) => {
                self.put_back(service, before)?;
                Err(failure)
            }
        }
    }

    /// A pod that ran before goes on with what it had.
    fn put_back(&self, service: &Service, before: &Before) -> Res<()> {
        let had: Vec<_> = before.iter().filter_map(|(path, old)| Some((path, old.as_ref()?))).collect();
        let unit_file = self.names.unit_file(&service.unit);
        if !had.iter().any(|(path, _)| **path == unit_file) {
            return Ok(());
        }
        let task = &self.task.detached(LISTEN);
        for (path, old) in had {
            files::write(path, old, 0o644)?;
        }
        systemd::reload(self.host, task, self.host.units.coming())?;
        systemd::restart(task, &service.unit)?;
        self.task.warn(format!("{} failed with the new configuration; restored the previous one", service.unit));
        Ok(())
    }

    fn await_socket(&self, service: &Service) -> Res<()> {
        let deadline = Instant::now() + LISTEN;
        while !service.notifies && std::fs::symlink_metadata(&service.socket).is_err() {
            self.task.check()?;
            if Instant::now() >= deadline {
                return Err(internal(format!("{} started but is not listening on its socket", service.unit)));
            }
            thread::sleep(TICK);
        }
        Ok(())
    }

    fn make_database(&self) -> Res<()> {
        let (Some(want), true) = (&self.spec.database, self.difference.touches(Part::Database)) else { return Ok(()) };
        database::make(self.task, want)?;
        self.task.info(format!("Created database {} and user {}", want.name, want.user));
        Ok(())
    }

    fn publish(&self, sites: Coming<'_, Swap>, want: &Desired) -> Res<()> {
        let (Some(domain), true) = (self.spec.domains.first(), self.difference.touches(Part::Site)) else { return Ok(()) };
        let swap = Swap { path: self.names.vhost(), text: Some(want.vhost.text.clone()), domain: domain.clone(), mark: want.vhost.mark.clone() };
        web::swap(self.host, self.task, sites, swap)?;
        self.task.info(format!("Enabled virtual host {domain}"));
        Ok(())
    }

    fn write_files(&self, account: &Account) -> Res<()> {
        if !self.difference.touches(Part::Files) {
            return Ok(());
        }
        let (task, names) = (self.task, &self.names);
        let text = match &self.spec.stack {
            Stack::Static { title } => ("public", "index.html", pages::static_page(title)),
            Stack::Php { title } => ("public", "index.php", pages::php_page(title)),
            Stack::Node { title } => ("app", "server.js", pages::node_program(title)),
            Stack::Wordpress { .. } => return self.write_wordpress(account),
        };
        let (folder, name, text) = text;
        let file = TenantFile { folder: folder.into(), name: name.into(), text, mode: 0o640, only_into_empty: true };
        tenant::write(task, names, account, vec![file])?;
        task.info(format!("Wrote {folder}/{name} unless the folder had files"));
        Ok(())
    }

    fn write_wordpress(&self, account: &Account) -> Res<()> {
        let (task, names) = (self.task, &self.names);
        let (Some(app), Some(db)) = (&self.spec.app, &self.spec.database) else { return Ok(()) };
        if self.state.unpacked.is_none() {
            let path = artifacts::archive(app)?;
            tenant::unpack(task, names, account, File::open(&path).doing("opening the archive")?)?;
            task.info(format!("Unpacked {}", app.name));
        }
        let file = |folder: &str, name: &str, text: String| TenantFile {
            folder: folder.into(),
            name: name.into(),
            text,
            mode: 0o640,
            only_into_empty: false,
        };
        let mut files = vec![file("private", "database.php", pages::wordpress_database(db))];
        if !tenant::look(task, names, account)?.wp_config {
            files.push(file("public", "wp-config.php", pages::wordpress_config(&salts()?)));
        }
        tenant::write(task, names, account, files)
    }
}

fn join(thread: thread::ScopedJoinHandle<'_, Res<()>>) -> Res<()> {
    thread.join().unwrap_or_else(|_| Err(internal("internal error: a step panicked")))
}

/// Eight random words of 256 bits.
fn salts() -> Res<[String; 8]> {
    let mut random = File::open("/dev/urandom").doing("opening the source of random numbers")?;
    let mut bytes = [0u8; 8 * 32];
    std::io::Read::read_exact(&mut random, &mut bytes).doing("reading random numbers")?;
    let mut words = bytes.chunks(32).map(hex::encode);
    Ok(std::array::from_fn(|_| words.next().unwrap_or_default()))
}
