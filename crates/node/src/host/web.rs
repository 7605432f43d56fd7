//! nginx: tested before a change, reloaded once for many pods, asked afterwards, put back when it refuses.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use wire::DomainName;
use wire::message::Failure;

use crate::error::{Result, internal, refused};
use crate::host::coalescer::Reservation;
use crate::host::command::Cmd;
use crate::host::names::{ACME, PAGES, VHOSTS};
use crate::host::nginx_workers::Workers;
use crate::host::{Host, files, http, lock, rotation};
use crate::render::vhost::{CLOSED_PAGE, MARK, base, trial};
use crate::render::{HEAD, nginx, pages, tls};
use crate::task::{Task, one_line};

const BASE: &str = "/etc/nginx/conf.d/mpanel.conf";
/// What concerns nginx itself: Debian's configuration reads this folder before everything else.
const MAIN: &str = "/etc/nginx/modules-enabled/90-mpanel.conf";
/// Where Debian's packages say which modules nginx loads.
const MODULES: &str = "/etc/nginx/modules-enabled";
/// What HTTPS stands on. Only where a site has a certificate: a server without one does not listen there.
const TLS_BASE: &str = "/etc/nginx/conf.d/mpanel-tls.conf";
const DISTRIBUTION_SITE: &str = "/etc/nginx/sites-enabled/default";
const LIMITS: &str = "/etc/systemd/system/nginx.service.d/mpanel.conf";
/// How long the new configuration may take to be in use.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(10);
/// Time of a reload that many pods share.
const SHARED: Duration = Duration::from_secs(60);

/// One virtual host to be put in place or taken away.
#[derive(Debug, Clone)]
pub struct VhostChange {
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

/// Has nginx the module that sends files which stand beside others in Brotli?
pub fn sends_brotli() -> bool {
    let modules = std::fs::read_dir(MODULES).into_iter().flatten().flatten();
    modules.map(|module| module.file_name()).any(|name| name.to_string_lossy().contains("brotli-static"))
}

/// Does the site use this version of its virtual host?
pub fn serves(domain: &DomainName, mark: &str) -> bool {
    http::get(domain, MARK, Duration::from_secs(2), || true).is_some_and(|answer| answer.body.trim() == mark)
}

/// Is what all virtual hosts stand on in place?
pub fn is_base_current() -> bool {
    let text = files::read_text(BASE);
    let page = files::read_text(closed_page());
    text.is_some()
        && files::read_text(MAIN) == main().ok()
        && base(ipv6(), sends_brotli()).ok() == text
        && page.is_some_and(|page| page == pages::closed_page())
        && rotation::is_current()
        && !is_distribution_site()
        && limits_good()
        && Path::new(VHOSTS).is_dir()
}

/// Is what HTTPS stands on in place?
pub fn is_tls_base_current() -> bool {
    let text = files::read_text(TLS_BASE);
    text.is_some() && tls::base(ipv6()).ok() == text
}

/// Puts in place what HTTPS stands on. The next reload of nginx takes it up, together with the virtual host that needs it.
pub fn ensure_tls_base(task: &Task) -> Result<()> {
    let _lock = lock::take(task, "sites")?;
    if is_tls_base_current() {
        return Ok(());
    }
    let before = files::read(TLS_BASE.as_ref())?;
    files::write(TLS_BASE.as_ref(), tls::base(ipv6())?.as_bytes(), 0o644)?;
    let verdict = refusal(task, None);
    if !matches!(verdict, Ok(None)) {
        put(TLS_BASE.as_ref(), before.as_deref())?;
    }
    match verdict? {
        None => Ok(()),
        Some(reason) => Err(refused(format!("nginx rejected its configuration for HTTPS: {reason}"))
            .with_remedy("check /etc/nginx for another default_server on port 443")),
    }
}

/// Each pod's log is an open file, and the default of 1024 ends at some hundred pods.
fn limits() -> String {
    format!("# {HEAD}\n[Service]\nLimitNOFILE=65536\n")
}

/// The neutral page of sites that are closed.
fn closed_page() -> PathBuf {
    PathBuf::from(format!("{PAGES}{CLOSED_PAGE}"))
}

/// A worker that is told to leave closes what is open after ten minutes: a visitor who keeps a connection open would keep a whole worker after each
/// reload, outside of all pods.
fn main() -> Result<String> {
    nginx::render(HEAD, &[nginx::line(["worker_shutdown_timeout", "10m"])])
}

fn limits_good() -> bool {
    files::read_text(LIMITS).as_deref() == Some(limits().as_str())
}

/// The welcome page that Debian enables would answer for every name that has no site.
fn is_distribution_site() -> bool {
    std::fs::read_link(DISTRIBUTION_SITE).is_ok_and(|to| to.ends_with("sites-available/default"))
}

/// Puts in place what all virtual hosts stand on.
pub fn ensure_base(task: &Task) -> Result<()> {
    let _lock = lock::take(task, "sites")?;
    if is_base_current() && rotation::is_active(task) {
        return Ok(());
    }
    for folder in [VHOSTS, ACME] {
        files::make_folder(folder.as_ref(), 0o755)?;
    }
    rotation::ensure(task)?;
    files::write(&closed_page(), pages::closed_page().as_bytes(), 0o644)?;
    let before = (files::read(MAIN.as_ref())?, files::read(BASE.as_ref())?);
    files::write(MAIN.as_ref(), main()?.as_bytes(), 0o644)?;
    files::write(BASE.as_ref(), base(ipv6(), sends_brotli())?.as_bytes(), 0o644)?;
    if is_distribution_site() {
        files::remove(DISTRIBUTION_SITE.as_ref())?;
        task.info("Disabled the default nginx site");
    }
    let verdict = refusal(task, None);
    if !matches!(verdict, Ok(None)) {
        put(MAIN.as_ref(), before.0.as_deref())?;
        put(BASE.as_ref(), before.1.as_deref())?;
    }
    if let Some(reason) = verdict? {
        return Err(refused(format!("nginx rejected the base configuration: {reason}"))
            .with_remedy("check /etc/nginx for another default_server or a duplicate setting"));
    }
    if limits_good() {
        let left = reload(task)?.wait_for_exit(Instant::now() + RELOAD_TIMEOUT);
        return if left { Ok(()) } else { Err(internal("nginx did not reload in time")) };
    }
    files::write(LIMITS.as_ref(), limits().as_bytes(), 0o644)?;
    Cmd::short("systemctl").arg("daemon-reload").run(task)?;
    Cmd::short("systemctl").args(["restart", "nginx"]).run(task)?;
    task.info("Installed the base configuration of nginx");
    Ok(())
}

/// Lets nginx open its logs anew, after the folder of some was replaced. Those who watch it see that it failed.
pub fn reopen_logs(task: &Task) {
    if let Err(failure) = Cmd::short("systemctl").args(["kill", "--kill-who=main", "--signal=USR1", "nginx.service"]).run(task) {
        task.warn(format!("nginx did not open its logs anew: {}", failure.message));
    }
}

/// Puts virtual hosts of a pod in place or takes them away; many pods share one test and one reload.
pub fn swap(host: &Host, task: &Task, reservation: Reservation<'_, Vec<VhostChange>>, changes: Vec<VhostChange>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    host.sites.join(reservation, changes, |of_pods| {
        let task = &task.detached(SHARED);
        let changes: Vec<VhostChange> = of_pods.iter().flatten().cloned().collect();
        let mut results = match lock::take(task, "sites") {
            Ok(_lock) => swap_all(task, &changes),
            Err(failure) => changes.iter().map(|_| Err(failure.clone())).collect(),
        }
        .into_iter();
        of_pods.iter().map(|pod| results.by_ref().take(pod.len()).collect::<Vec<_>>().into_iter().collect()).collect()
    })
}

fn swap_all(task: &Task, swaps: &[VhostChange]) -> Vec<Result<()>> {
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
    let deadline = Instant::now() + RELOAD_TIMEOUT;
    let mut restored = false;
    for ((swap, result), file) in swaps.iter().zip(&mut results).zip(files) {
        let Some(file) = file else { continue };
        if workers.as_ref().is_ok_and(|old| in_use(swap, deadline) && old.wait_for_exit(deadline)) {
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

/// Changes a file that nginx reads beside the virtual hosts, or takes it away. One that it refuses is put back.
pub fn change(task: &Task, path: &Path, text: Option<&str>) -> Result<()> {
    let _lock = lock::take(task, "sites")?;
    let before = files::read(path)?;
    put(path, text.map(str::as_bytes))?;
    let verdict = refusal(task, None);
    if !matches!(verdict, Ok(None)) {
        put(path, before.as_deref())?;
    }
    if let Some(reason) = verdict? {
        return Err(refused(format!("nginx rejected {}: {reason}", path.display())));
    }
    let left = reload(task)?.wait_for_exit(Instant::now() + RELOAD_TIMEOUT);
    if left { Ok(()) } else { Err(internal("nginx did not reload in time")) }
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
fn try_out(task: &Task, swaps: &[VhostChange]) -> Vec<Result<()>> {
    let candidates: Vec<&VhostChange> = swaps.iter().filter(|s| s.text.is_some()).collect();
    if candidates.is_empty() || try_candidates(task, &candidates).is_ok() {
        return swaps.iter().map(|_| Ok(())).collect();
    }
    let alone = |swap: &VhostChange| if swap.text.is_some() { try_candidates(task, &[swap]) } else { Ok(()) };
    swaps.iter().map(alone).collect()
}

fn try_candidates(task: &Task, candidates: &[&VhostChange]) -> Result<()> {
    let folder = PathBuf::from(format!("/run/mpanel/trial{}", files::unique()));
    let tried = try_in(task, &folder, candidates);
    files::remove_flat_folder(&folder)?;
    tried
}

fn try_in(task: &Task, folder: &Path, candidates: &[&VhostChange]) -> Result<()> {
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
fn refusal(task: &Task, main: Option<&Path>) -> Result<Option<String>> {
    let mut run = Cmd::short("nginx").args(["-t", "-q"]);
    if let Some(main) = main {
        run = run.arg("-c").arg(main);
    }
    let said = run.output(task)?;
    Ok((said.code != 0).then(|| one_line(&said.err)))
}

/// Gives the file of before.
fn replace(swap: &VhostChange) -> Result<Option<Vec<u8>>> {
    let old = files::read(&swap.path)?;
    put(&swap.path, swap.text.as_deref().map(str::as_bytes))?;
    Ok(old)
}

fn put(path: &Path, bytes: Option<&[u8]>) -> Result<()> {
    match bytes {
        Some(bytes) => files::write_soon(path, bytes, 0o644),
        None => files::remove(path).map(drop),
    }
}

/// Makes nginx read its configuration; gives the workers of before, who may still take a visitor.
fn reload(task: &Task) -> Result<Workers> {
    let before = Workers::now();
    Cmd::short("systemctl").args(["reload-or-restart", "nginx"]).run(task)?;
    Ok(before)
}

fn in_use(swap: &VhostChange, deadline: Instant) -> bool {
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
    let said = Cmd::short("nginx").arg("-v").output(task).ok()?;
    said.err.trim().rsplit('/').next().map(str::to_owned)
}
