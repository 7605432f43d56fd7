//! Taking a pod out of service, or away altogether. Every step can be interrupted and done again.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wire::PodName;
use wire::plan::{Change, Op, Plan};
use wire::verb::RemoveMode;

use crate::fail::{Doing, Res, internal};
use crate::host::names::{Names, wanted_link};
use crate::host::shared::Coming;
use crate::host::web::Swap;
use crate::host::{Host, accounts, database, files, lock, storage, systemd, web};
use crate::render::nginx;
use crate::task::Task;

use super::runtime;
use super::state::State;

const KINDS: [&str; 2] = ["php", "node"];
/// How long processes may take to vanish after they were killed.
const VANISH: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(10);

/// Stops the pod, and with [`RemoveMode::Purge`] leaves nothing of it. Answers with what was done.
pub fn remove(host: &Host, task: &Task, pod: &PodName, mode: RemoveMode) -> Res<Plan> {
    let units = host.units.coming();
    let sites = host.sites.coming();
    let names = Names::of(pod);
    let lock = lock::take(task, &names.lock())?;
    let mut state = State::load(&names)?;
    let mut removal = Removal { host, task, names, done: Vec::new() };
    if mode == RemoveMode::Hold && state.is_none() {
        return Ok(Plan::default());
    }
    if let Some(state) = &mut state {
        // Remembered first, so that an interrupted removal is not taken for a running pod.
        state.held = true;
        state.save(&removal.names)?;
    }
    removal.take_from_web(sites)?;
    removal.stop()?;
    match mode {
        RemoveMode::Hold => drop((units, lock)),
        RemoveMode::Purge => {
            removal.purge(units, state.as_ref())?;
            lock.discard()?;
        }
    }
    Ok(Plan { changes: removal.done })
}

struct Removal<'a> {
    host: &'a Host,
    task: &'a Task,
    names: Names,
    done: Vec<Change>,
}

impl Removal<'_> {
    fn note(&mut self, what: &str, detail: impl Into<String>) {
        let detail = detail.into();
        self.task.info(format!("Removed {what} {detail}"));
        self.done.push(Change { op: Op::Remove, what: what.to_owned(), detail });
    }

    fn take_from_web(&mut self, sites: Coming<'_, Swap>) -> Res<()> {
        let path = self.names.vhost();
        let Some(text) = files::read_text(&path) else { return Ok(()) };
        let Some((domain, mark)) = served(&text) else {
            // Not ours any more: nothing tells what it serves, so it goes without being asked about.
            files::remove(&path)?;
            self.note("virtual host", path.display().to_string());
            return Ok(());
        };
        web::swap(self.host, self.task, sites, Swap { path, text: None, domain: domain.clone(), mark })?;
        self.note("virtual host", domain.to_string());
        Ok(())
    }

    fn services(&self) -> Vec<String> {
        KINDS.iter().map(|kind| self.names.service(kind)).collect()
    }

    /// Stops everything that runs as the pod, and keeps it from starting with the machine.
    fn stop(&mut self) -> Res<()> {
        let mut linked = Vec::new();
        for unit in self.services() {
            if files::remove(&wanted_link(&unit))? {
                linked.push(unit);
            }
        }
        let mut all = self.services();
        all.push(self.names.task_unit());
        all.push(self.names.slice());
        systemd::stop(self.task, &all)?;
        for unit in linked {
            self.note("running", unit);
        }
        match accounts::find(&self.names.user()) {
            Some(account) => end_processes(account.uid),
            None => Ok(()),
        }
    }

    fn purge(&mut self, units: Coming<'_, ()>, state: Option<&State>) -> Res<()> {
        let files_gone = self.unit_files()?;
        if files_gone {
            systemd::reload(self.host, self.task, units)?;
            let mut all = self.services();
            all.push(self.names.slice());
            systemd::forget_failures(self.task, &all);
        }
        if let Some(db) = state.and_then(|s| s.spec.database.as_ref()) {
            database::remove(self.task, &db.name, &db.user)?;
            self.note("database", db.name.to_string());
        }
        if storage::remove(self.task, &self.names)? {
            self.note("storage", self.names.home().display().to_string());
        }
        if accounts::remove(self.task, &self.names)? {
            self.note("user", self.names.user());
        }
        self.web_logs()?;
        if let Some(runtime) = state.and_then(|s| s.spec.runtime.as_ref())
            && let Some(root) = runtime::release(self.host, self.task, runtime, Some(self.names.pod()))?
        {
            self.note("runtime", root.display().to_string());
        }
        if files::remove(&self.names.state())? {
            self.note("pod", self.names.pod().to_string());
        }
        Ok(())
    }

    fn unit_files(&mut self) -> Res<bool> {
        let mut units = self.services();
        units.push(self.names.slice());
        let mut any = false;
        for unit in units {
            if files::remove(&self.names.unit_file(&unit))? {
                self.note("unit", unit);
                any = true;
            }
        }
        if files::remove_flat_folder(&self.names.config())? {
            self.note("configuration", self.names.config().display().to_string());
        }
        Ok(any)
    }

    /// The logs and what rotation made of them: `pod-a.access.log`, `.1`, `.2.gz` ..
    fn web_logs(&mut self) -> Res<()> {
        let bases: Vec<PathBuf> = ["access", "error"].iter().map(|kind| self.names.web_log(kind)).collect();
        let folder = bases[0].parent().map(PathBuf::from).unwrap_or_default();
        let stems: Vec<_> = bases.iter().filter_map(|b| b.file_name()?.to_str().map(str::to_owned)).collect();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if stems.iter().any(|stem| name.strip_prefix(stem).is_some_and(|r| r.is_empty() || r.starts_with('.'))) {
                files::remove(&folder.join(&name))?;
                self.note("log", name);
            }
        }
        Ok(())
    }
}

/// Main name and mark of a virtual host, read from its file.
fn served(text: &str) -> Option<(wire::DomainName, String)> {
    let lines = nginx::parse(text)?;
    let server = lines.first()?.lines();
    let word = |name: &str, at: usize| server.iter().find(|l| l.words()[0] == name)?.words().get(at).cloned();
    let domain = wire::DomainName::new(word("server_name", 1)?).ok()?;
    let location = server.iter().find(|l| l.words().last().is_some_and(|w| w == crate::render::vhost::MARK))?;
    let mark = location.lines().iter().find(|l| l.words()[0] == "return")?.words().get(2)?.clone();
    Some((domain, mark))
}

/// Kills what still runs as this user, whatever group it hides in, until nothing does.
fn end_processes(uid: u32) -> Res<()> {
    let deadline = Instant::now() + VANISH;
    loop {
        let left = processes_of(uid)?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(internal(format!("{} processes did not exit", left.len())));
        }
        for pid in left {
            // It may have ended by itself in this moment.
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(TICK);
    }
}

fn processes_of(uid: u32) -> Res<Vec<Pid>> {
    let entries = fs::read_dir("/proc").doing("reading /proc")?;
    let pid_of = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let owned = |pid: &i32| fs::metadata(format!("/proc/{pid}")).is_ok_and(|m| m.uid() == uid);
    Ok(entries.flatten().filter_map(pid_of).filter(owned).filter_map(Pid::from_raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_host_tells_what_it_serves() {
        let text = "server {\n server_name a.test b.test;\n location = /.well-known/mpanel-config { return 200 abc; }\n}\n";
        let (domain, mark) = served(text).unwrap();
        assert_eq!((domain.as_str(), mark.as_str()), ("a.test", "abc"));
        assert!(served("server { listen 80; }").is_none());
        assert!(served("garbage {").is_none());
    }
}
