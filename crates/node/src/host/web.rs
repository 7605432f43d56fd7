//! nginx: tested before a change, reloaded once for many pods, asked afterwards, put back when it refuses.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use wire::DomainName;
use wire::message::Failure;

use crate::fail::{Res, internal, refused};
use crate::host::names::{ACME, VHOSTS};
use crate::host::run::Run;
use crate::host::shared::Coming;
use crate::host::workers::Workers;
use crate::host::{Host, files, http, lock};
use crate::render::vhost::{MARK, base, trial};
use crate::task::{Task, one_line};

const BASE: &str = "/etc/nginx/conf.d/mpanel.conf";
const DISTRIBUTION_SITE: &str = "/etc/nginx/sites-enabled/default";
const LIMITS: &str = "/etc/systemd/system/nginx.service.d/mpanel.conf";
/// Each pod's log is an open file, and the default of 1024 ends at some hundred pods.
const LIMITS_TEXT: &str = "# Written by mPanel. Manual changes will be overwritten.\n[Service]\nLimitNOFILE=65536\n";
/// How long the new configuration may take to be in use.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(10);
/// Time of a reload that many pods share.
const SHARED: Duration = Duration::from_secs(60);

/// One virtual host to be put in place or taken away.
#[derive(Debug, Clone)]
pub struct Swap {
    /// Its file.
    pub path: PathBuf,
    /// Its new text; `None` takes it away.
    pub text: Option<String>,
    /// By which the change is seen from outside.
    pub domain: DomainName,
    /// What the site answers under [`MARK`] when `text` is in use; for a removal, what it must no longer answer.
    pub mark: String,
}

/// Does the machine speak IPv6? Otherwise nginx must not listen there.
pub fn ipv6() -> bool {
    files::read_text("/proc/net/if_inet6").is_some_and(|text| !text.trim().is_empty())
}

/// Does the site use this version of its virtual host?
pub fn serves(domain: &DomainName, mark: &str) -> bool {
    http::get(domain, MARK, Duration::from_secs(2), || true).is_some_and(|answer| answer.body.trim() == mark)
}

/// Is what all virtual hosts stand on in place?
pub fn base_good() -> bool {
    let text = files::read_text(BASE);
    text.is_some() && base(ipv6()).ok() == text && !is_distribution_site() && limits_good() && Path::new(VHOSTS).is_dir()
}

fn limits_good() -> bool {
    files::read_text(LIMITS).as_deref() == Some(LIMITS_TEXT)
}

/// The welcome page that Debian enables would answer for every name that has no site.
fn is_distribution_site() -> bool {
    std::fs::read_link(DISTRIBUTION_SITE).is_ok_and(|to| to.ends_with("sites-available/default"))
}

/// Puts in place what all virtual hosts stand on.
pub fn make_base(task: &Task) -> Res<()> {
    let _lock = lock::take(task, "sites")?;
    if base_good() {
        return Ok(());
    }
    for folder in [VHOSTS, ACME] {
        files::make_folder(folder.as_ref(), 0o755)?;
    }
    let before = files::read(BASE.as_ref())?;
    files::write(BASE.as_ref(), base(ipv6())?.as_bytes(), 0o644)?;
    if is_distribution_site() {
        files::remove(DISTRIBUTION_SITE.as_ref())?;
        task.info("Disabled the default nginx site");
    }
    let verdict = refusal(task, None);
    if !matches!(verdict, Ok(None)) {
        put(BASE.as_ref(), before.as_deref())?;
    }
    if let Some(reason) = verdict? {
        return Err(refused(format!("nginx rejected the base configuration: {reason}"))
            .with_remedy("check /etc/nginx for another default_server or a duplicate setting"));
    }
    if limits_good() {
        let left = reload(task)?.have_left(Instant::now() + PATIENCE);
        return if left { Ok(()) } else { Err(internal("nginx did not reload in time")) };
    }
    files::write(LIMITS.as_ref(), LIMITS_TEXT.as_bytes(), 0o644)?;
    Run::step("systemctl").arg("daemon-reload").ok(task)?;
    Run::step("systemctl").args(["restart", "nginx"]).ok(task)?;
    task.info("Configured nginx");
    Ok(())
}

/// Puts a virtual host in place or takes it away; many pods share one test and one reload.
pub fn swap(host: &Host, task: &Task, promise: Coming<'_, Swap>, swap: Swap) -> Res<()> {
    host.sites.join(promise, swap, |swaps| {
        let task = &task.detached(SHARED);
        match lock::take(task, "sites") {
            Ok(_lock) => swap_all(task, &swaps),
            Err(failure) => swaps.iter().map(|_| Err(failure.clone())).collect(),
        }
    })
}

fn swap_all(task: &Task, swaps: &[Swap]) -> Vec<Res<()>> {
    let mut results = try_out(task, swaps);
    // Of each that was replaced, the file of before. What could not be written is as it was.
    let mut files: Vec<Option<Option<Vec<u8>>>> = Vec::new();
    for (swap, result) in swaps.iter().zip(&mut results) {
        files.push(match std::mem::replace(result, Ok(())).and_then(|()| replace(swap)) {
            Ok(old) => Some(old),
            Err(failure) => {
                *result = Err(failure);
                None
            }
        });
    }
    let workers = reload(task);
    let deadline = Instant::now() + PATIENCE;
    let mut restored = false;
    for ((swap, result), file) in swaps.iter().zip(&mut results).zip(files) {
        let Some(file) = file else { continue };
        if workers.as_ref().is_ok_and(|old| in_use(swap, deadline) && old.have_left(deadline)) {
            continue;
        }
        let mut failure = not_in_use(task, &swap.domain, workers.as_ref().err());
        let back = put(&swap.path, file.as_deref());
        restored = true;
        let note = if back.is_ok() { "restored the previous configuration" } else { "and the previous configuration could not be restored" };
        failure.message = format!("{}; {note}", failure.message);
        *result = Err(failure);
    }
    if restored && let Err(failure) = reload(task) {
        task.warn(failure.message);
    }
    results
}

/// Why what was put in place is not in use. Only nginx's own word is its refusal; all else may be well on another try.
fn not_in_use(task: &Task, domain: &DomainName, reload: Option<&Failure>) -> Failure {
    let asked = match refusal(task, None) {
        Ok(Some(reason)) => return refused(format!("nginx rejected the virtual host of {domain}: {reason}")),
        Ok(None) => reload.cloned(),
        Err(failure) => Some(failure),
    };
    match asked {
        Some(failure) => Failure { message: format!("the virtual host of {domain} could not be configured: {}", failure.message), ..failure },
        None => internal(format!("nginx did not reload the virtual host of {domain} in time")),
    }
}

/// Tests the candidates all together, and one by one when that fails, before any is in place.
fn try_out(task: &Task, swaps: &[Swap]) -> Vec<Res<()>> {
    let candidates: Vec<&Swap> = swaps.iter().filter(|s| s.text.is_some()).collect();
    if candidates.is_empty() || try_candidates(task, &candidates).is_ok() {
        return swaps.iter().map(|_| Ok(())).collect();
    }
    let alone = |swap: &Swap| if swap.text.is_some() { try_candidates(task, &[swap]) } else { Ok(()) };
    swaps.iter().map(alone).collect()
}

fn try_candidates(task: &Task, candidates: &[&Swap]) -> Res<()> {
    let folder = PathBuf::from(format!("/run/mpanel/trial{}", files::unique()));
    let tried = try_in(task, &folder, candidates);
    files::remove_flat_folder(&folder)?;
    tried
}

fn try_in(task: &Task, folder: &Path, candidates: &[&Swap]) -> Res<()> {
    files::make_folder(folder, 0o700)?;
    for candidate in candidates {
        let name = candidate.path.file_name().unwrap_or_default();
        files::write_soon(&folder.join(name), candidate.text.as_deref().unwrap_or_default().as_bytes(), 0o600)?;
    }
    let main = folder.join("main");
    files::write_soon(&main, trial(folder)?.as_bytes(), 0o600)?;
    match refusal(task, Some(&main))? {
        None => Ok(()),
        Some(reason) => Err(refused(format!("nginx rejected the virtual host: {reason}"))),
    }
}

/// What nginx has against this configuration (`nginx -t`), or against the one in place. An error where it could not be asked: that the time
/// was over is nobody's refusal.
fn refusal(task: &Task, main: Option<&Path>) -> Res<Option<String>> {
    let mut run = Run::step("nginx").args(["-t", "-q"]);
    if let Some(main) = main {
        run = run.arg("-c").arg(main);
    }
    let said = run.go(task)?;
    Ok((said.code != 0).then(|| one_line(&said.err)))
}

/// Gives the file of before.
fn replace(swap: &Swap) -> Res<Option<Vec<u8>>> {
    let old = files::read(&swap.path)?;
    put(&swap.path, swap.text.as_deref().map(str::as_bytes))?;
    Ok(old)
}

fn put(path: &Path, bytes: Option<&[u8]>) -> Res<()> {
    match bytes {
        Some(bytes) => files::write_soon(path, bytes, 0o644),
        None => files::remove(path).map(drop),
    }
}

/// Makes nginx read its configuration; gives the workers of before, who may still take a visitor.
fn reload(task: &Task) -> Res<Workers> {
    let before = Workers::now();
    Run::step("systemctl").args(["reload-or-restart", "nginx"]).ok(task)?;
    Ok(before)
}

fn in_use(swap: &Swap, deadline: Instant) -> bool {
    loop {
        if serves(&swap.domain, &swap.mark) == swap.text.is_some() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(TICK);
    }
}

/// nginx's version, when installed.
pub fn version(task: &Task) -> Option<String> {
    let said = Run::step("nginx").arg("-v").go(task).ok()?;
    said.err.trim().rsplit('/').next().map(str::to_owned)
}
