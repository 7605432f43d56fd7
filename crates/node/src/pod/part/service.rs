//! What runs for a site: its service, the socket that systemd opens for it, and the files that it reads.

use std::path::{Path, PathBuf};

use wire::plan::{Change, Op};
use wire::spec::{ArtifactRef, PodSpec, PodState, SiteSpec, Stack};
use wire::verb::WebLog;

use crate::confine::PLACE as CONFINE;
use crate::error::Result;
use crate::host::accounts::NO_LOGIN;
use crate::host::names::{PodNames, WEB_USER, unit_file, wanted_link};
use crate::host::systemd::Unit;
use crate::host::{Host, files, systemd};
use crate::render::unit::{self, Program};
use crate::render::{environment, pages, php_fpm};
use crate::task::Task;

use super::runtime::{mount, php_version};
use super::{Inspector, Managed, PartStatus, wordpress};
use crate::pod::backup::Backups;

/// What runs for one site.
pub struct Service {
    /// Its unit.
    pub unit: String,
    /// The socket's unit.
    pub socket: String,
    /// Units and configuration.
    pub files: Vec<Managed>,
    log: PathBuf,
    is_wanted: bool,
    /// It runs without a visitor, also after a start of the machine.
    is_always_on: bool,
    /// It is stopped because nobody visits the site, and the next visitor starts it.
    pub is_asleep: bool,
    /// systemd holds another version of a unit.
    pub is_stale: bool,
    of_files: PartStatus,
    /// Files and links.
    pub status: PartStatus,
    /// What is to be done with the running program.
    pub running: Op,
    why: &'static str,
}

/// The files of a site's service; none for static sites.
pub fn wanted(spec: &PodSpec, names: &PodNames, site: &SiteSpec) -> Result<Vec<Managed>> {
    let Some(runtime) = &site.runtime else { return Ok(Vec::new()) };
    let root = mount(runtime)?.root;
    let program = program(spec, names, site, &root);
    let config = |name: &str, text: String| Managed::new(names.site_config(&site.name).join(name), text);
    let mut own = if program.node { node_keys(names, site) } else { php_keys(names, site, runtime)? };
    own.extend(log_keys(names, site));
    own.extend(environment_key(names, site));
    let mut files = vec![
        Managed::new(unit_file(&names.service(&site.name)), unit::service(&program, &own)?),
        Managed::new(unit_file(&names.socket_unit(&site.name)), unit::socket(names, &names.socket(&site.name), WEB_USER)?),
    ];
    files.extend(sandbox_files(spec, names, site));
    match site.stack {
        Stack::Node { .. } => files.push(config("listen.cjs", pages::node_listen(site.release.is_some()))),
        _ => files.push(config("fpm.conf", php_fpm::fpm(names, &site.name, &spec.limits, &site.settings.php, &site.environment)?)),
    }
    // Without variables it stays, empty, where it was: the one before may be put back.
    if !site.environment.is_empty() || names.environment(&site.name).exists() {
        files.push(Managed { mode: 0o600, ..Managed::new(names.environment(&site.name), environment::file(&site.environment)) });
    }
    if matches!(site.stack, Stack::Wordpress { .. }) {
        files.push(config("install.php", wordpress::SCRIPT.to_owned()));
    }
    Ok(files)
}

/// What every program of a site reads of the machine.
pub fn sandbox_files(spec: &PodSpec, names: &PodNames, site: &SiteSpec) -> [Managed; 3] {
    let config = |name: &str, text: String| Managed::new(names.site_config(&site.name).join(name), text);
    [config("passwd", passwd(spec, names)), config("group", group(spec, names)), config("hosts", hosts(site))]
}

/// Where systemd finds a site's variables.
pub fn environment_key(names: &PodNames, site: &SiteSpec) -> Option<(&'static str, String)> {
    (!site.environment.is_empty()).then(|| ("EnvironmentFile", names.environment(&site.name).display().to_string()))
}

/// The sandbox of a site's programs.
pub fn program<'a>(spec: &PodSpec, names: &'a PodNames, site: &'a SiteSpec, root: &'a Path) -> Program<'a> {
    let node = matches!(site.stack, Stack::Node { .. });
    // A Node program knows no password of a database, and does not start anew because the first one is made beside it.
    Program { names, site: &site.name, root, database: !node && !spec.databases.is_empty(), node }
}

impl Service {
    /// Compares files, links and what runs; `None` for static sites.
    pub fn inspect(cx: &Inspector<'_>, site: &SiteSpec, is_root_changed: bool) -> Result<Option<Self>> {
        let files: Vec<Managed> = wanted(cx.spec, cx.names, site)?.into_iter().map(|file| cx.managed(file)).collect();
        if files.is_empty() {
            return Ok(None);
        }
        let (unit, socket) = (cx.names.service(&site.name), cx.names.socket_unit(&site.name));
        let is_wanted = cx.spec.state == PodState::Running && !site.stopped;
        let may_sleep = is_wanted && site.sleep_after_minutes.is_some();
        let linked = [&unit, &socket].map(|unit| std::fs::symlink_metadata(wanted_link(unit)).is_ok());
        let wanted_links = [is_wanted && !may_sleep, is_wanted];
        let of_file = |file: &Managed| match file.path.file_name().and_then(|name| name.to_str()) {
            Some(name) if name == unit || name == socket => cx.unit_file(name, file),
            _ => file.status(),
        };
        let links = PartStatus::of(!is_wanted || linked.contains(&true), linked == wanted_links);
        let of_files = PartStatus::all(files.iter().map(of_file));
        let status = PartStatus::all(files.iter().map(of_file).chain([links]));
        let active = [&unit, &socket].map(|unit| cx.unit(unit).active == "active");
        let is_asleep = may_sleep && active[1] && cx.unit(&unit).active == "inactive";
        let active = [active[0] || may_sleep && (is_asleep || is_on_its_way(&cx.unit(&unit))), active[1]];
        let is_unfinished = cx.state.is_some_and(|state| state.unfinished);
        let (running, why) = match (is_wanted, active) {
            (false, [false, false]) => (Op::Keep, "stopped"),
            (false, _) => (Op::Change, "stopped, and not to be started by a visitor"),
            (true, [_, false]) | (true, [false, _]) => (Op::Add, "started, and with every start of the machine"),
            (true, _) if of_files.has_change() || is_root_changed => (Op::Change, "restarted with its new configuration"),
            (true, _) if is_unfinished => (Op::Change, "restarted, because the last change did not reach its end"),
            (true, _) if is_asleep => (Op::Keep, "asleep, and started by the next visitor"),
            (true, _) => (Op::Keep, "running"),
        };
        let is_unit = |file: &&Managed| file.path.file_name().is_some_and(|name| name == unit.as_str() || name == socket.as_str());
        let is_stale = cx.is_stale(files.iter().filter(is_unit));
        let log = application_log(cx.names, site);
        Ok(Some(Self { unit, socket, files, log, is_wanted, is_always_on: wanted_links[0], is_asleep, is_stale, of_files, status, running, why }))
    }

    /// As lines of the plan.
    pub fn changes(&self) -> [Change; 2] {
        let running = Change { op: self.running, what: "running".to_owned(), detail: format!("{}: {}", self.unit, self.why) };
        [self.status.change("service", self.unit.clone()), running]
    }

    /// The log that must be there before it starts.
    pub fn log(&self) -> Option<&Path> {
        self.is_wanted.then_some(&*self.log)
    }

    /// Writes what differs, and starts it with the machine or not.
    pub fn write(&self, backups: &mut Backups<'_>) -> Result<()> {
        if !self.status.has_change() {
            return Ok(());
        }
        self.files.iter().try_for_each(|file| backups.write(file))?;
        link(&self.unit, self.is_always_on)?;
        link(&self.socket, self.is_wanted)
    }

    /// Stops what must not run, or what must begin anew on another socket.
    pub fn stop(&self, task: &Task) -> Result<()> {
        let anew = self.running == Op::Add && self.of_files == PartStatus::Differs;
        if self.running == Op::Change && !self.is_wanted || anew { systemd::stop(task, &[self.socket.clone(), self.unit.clone()]) } else { Ok(()) }
    }

    /// Units to be started.
    pub fn to_start(&self) -> Vec<String> {
        if self.running == Op::Add { vec![self.socket.clone(), self.unit.clone()] } else { Vec::new() }
    }

    /// Restarts a program whose configuration has changed; one that does not start goes on with what it had.
    pub fn restart(&self, host: &Host, task: &Task, backups: &Backups<'_>) -> Result<()> {
        if !self.is_wanted || self.running != Op::Change {
            return Ok(());
        }
        let Err(failure) = systemd::restart(task, &self.unit) else {
            task.info(format!("Restarted {}", self.unit));
            return Ok(());
        };
        if backups.restore(&self.files)? {
            systemd::reload(host, task, host.units.reserve())?;
            systemd::restart(task, &self.unit)?;
            task.warn(format!("{} failed with the new configuration; restored the previous one", self.unit));
        }
        Err(failure)
    }
}

/// Is it just being started by a visitor, or put to sleep? One that is started again and again because it fails is neither.
fn is_on_its_way(unit: &Unit) -> bool {
    matches!((unit.active.as_str(), unit.sub.as_str()), ("activating", "start-pre" | "start") | ("deactivating", _))
}

/// Starts a unit with the machine, or not.
pub fn link(unit: &str, is_wanted: bool) -> Result<()> {
    if is_wanted { files::link(&wanted_link(unit), &format!("../{unit}")) } else { files::remove(&wanted_link(unit)).map(drop) }
}

fn application_log(names: &PodNames, site: &SiteSpec) -> PathBuf {
    names.web_log(&site.name, WebLog::Application.word())
}

/// The application log, opened by systemd: a file of root's in one of root's folders.
fn log_keys(names: &PodNames, site: &SiteSpec) -> [(&'static str, String); 2] {
    [("StandardOutput", format!("append:{}", application_log(names, site).display())), ("StandardError", "inherit".into())]
}

fn php_keys(names: &PodNames, site: &SiteSpec, runtime: &ArtifactRef) -> Result<Vec<(&'static str, String)>> {
    let version = php_version(runtime)?;
    Ok(vec![
        ("Type", "notify".into()),
        ("Environment", format!("FPM_SOCKETS={}=3", names.socket(&site.name).display())),
        ("ExecStart", format!("{CONFINE} logged /usr/sbin/php-fpm{version} --nodaemonize --fpm-config /run/pod/fpm.conf")),
        ("Restart", "always".into()),
        ("UMask", "0027".into()),
        ("TimeoutStartSec", "60".into()),
        // Requests in progress go on to their end, for as long as `fpm.conf` says. What PHP has started ends by it, and leaves no core.
        ("KillSignal", "SIGQUIT".into()),
        ("LimitCORE", "0".into()),
        ("TimeoutStopSec", "10".into()),
    ])
}

fn node_keys(names: &PodNames, site: &SiteSpec) -> Vec<(&'static str, String)> {
    let folder = site.release.as_ref().map_or_else(|| names.site_home(&site.name).join("app"), |release| names.served(&site.name, release));
    let start = site.release.as_ref().and_then(|release| release.start.as_ref()).map_or("server.js", |start| start.as_str());
    vec![
        ("Type", "exec".into()),
        ("WorkingDirectory", folder.display().to_string()),
        ("Environment", format!("PORT={} NODE_ENV=production NODE_OPTIONS=--require=/run/pod/listen.cjs", names.socket(&site.name).display())),
        ("ExecStart", format!("{CONFINE} logged /usr/bin/node {start}")),
        ("Restart", "always".into()),
        ("UMask", "0027".into()),
        ("TimeoutStopSec", "10".into()),
    ]
}

/// The pod sees no other users than these.
fn passwd(spec: &PodSpec, names: &PodNames) -> String {
    let (user, home, uid) = (names.user(), names.home(), spec.uid.get());
    format!("root:x:0:0::/root:{NO_LOGIN}\nnobody:x:65534:65534::/nonexistent:{NO_LOGIN}\n{user}:x:{uid}:{uid}::{}:{NO_LOGIN}\n", home.display())
}

fn group(spec: &PodSpec, names: &PodNames) -> String {
    format!("root:x:0:\nnogroup:x:65534:\n{}:x:{}:\n", names.user(), spec.uid.get())
}

/// A site reaches itself without leaving the machine, also before its names are in the DNS. It knows no others: its programs start anew when
/// this changes, and not because a site is made beside it.
fn hosts(site: &SiteSpec) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    for domain in &site.domains {
        text.push_str(&format!("127.0.0.1 {domain}\n"));
    }
    text
}
