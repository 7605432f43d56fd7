//! Rotation of the logs of all pods: by age each day, by size within a minute. They are in the pods' own storage, which they would fill.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Result;
use crate::host::files;
use crate::host::names::{PODS, WEB, unit_file, wanted_link};
use crate::host::systemd;
use crate::render::{HEAD, ini::Ini};
use crate::task::Task;

/// Not where Debian's own timer reads: the one would not begin while the other is at work.
const CONFIG: &str = "/var/lib/mpanel/logrotate.conf";
const STATE: &str = "/var/lib/mpanel/logrotate.state";
/// Where both were before, and when it had rotated what.
const FORMER_CONFIG: &str = "/etc/logrotate.d/mpanel";
const FORMER_STATE: &str = "/var/lib/logrotate/status";
const CONFIG_TEXT: &str = include_str!("../render/logrotate.conf");
const UNIT: &str = "mpanel-logs.service";
/// Starts it every minute.
pub const TIMER: &str = "mpanel-logs.timer";
const DESCRIPTION: &str = "Rotates logs of CloudPods that have become long";

/// Are its files in place? Whether its timer runs, systemd knows.
pub fn is_current() -> bool {
    let is_in_place = |(path, text): (String, Result<String>)| text.is_ok_and(|text| files::read_text(path) == Some(text));
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    wanted().into_iter().all(is_in_place) && is_there(&wanted_link(TIMER)) && !is_there(Path::new(FORMER_CONFIG))
}

/// Does its timer run?
pub fn is_active(task: &Task) -> bool {
    systemd::show(task, &[TIMER.to_owned()]).is_ok_and(|units| units.get(TIMER).is_some_and(|unit| unit.active == "active"))
}

/// Puts it in place.
pub fn ensure(task: &Task) -> Result<()> {
    if is_current() {
        return if is_active(task) { Ok(()) } else { systemd::start_now(task, TIMER) };
    }
    name_by_time(task, Path::new(PODS));
    if !Path::new(STATE).exists() && Path::new(FORMER_STATE).exists() {
        // Otherwise every log would stay a day longer.
        files::write(STATE.as_ref(), &files::read(FORMER_STATE.as_ref())?.unwrap_or_default(), 0o640)?;
    }
    files::remove(FORMER_CONFIG.as_ref())?;
    // Units that are new need no reload.
    let is_known = unit_file(TIMER).exists();
    for (path, text) in wanted() {
        files::write(path.as_ref(), text?.as_bytes(), 0o644)?;
    }
    files::link(&wanted_link(TIMER), &format!("../{TIMER}"))?;
    if is_known {
        systemd::reload_now(task)?;
        return systemd::restart(task, TIMER);
    }
    systemd::start_now(task, TIMER)
}

fn wanted() -> [(String, Result<String>); 3] {
    let place = |unit: &str| unit_file(unit).display().to_string();
    [(CONFIG.to_owned(), Ok(CONFIG_TEXT.to_owned())), (place(UNIT), unit()), (place(TIMER), timer())]
}

fn unit() -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", DESCRIPTION)
        .section("Service")
        .key("Type", "oneshot")
        .key("ExecStart", format!("/usr/sbin/logrotate --state {STATE} {CONFIG}"))
        // A pod is full, and the others' logs were rotated. Nothing ends it before it is through with all pods: the next one would not come further.
        .key("SuccessExitStatus", "1")
        .key("Nice", "10")
        .key("IOSchedulingClass", "idle")
        // A look is no line in the machine's journal.
        .key("LogLevelMax", "warning")
        .render(HEAD)
}

fn timer() -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", DESCRIPTION)
        .section("Timer")
        .key("OnActiveSec", "60")
        .key("OnUnitInactiveSec", "60")
        .key("AccuracySec", "10")
        .section("Install")
        .key("WantedBy", "timers.target")
        .render(HEAD)
}

/// Logs that were rotated when rotated ones had numbers are named by when that was, as others are, and go with their time. One that a full pod has no
/// room to name anew goes now.
fn name_by_time(task: &Task, pods: &Path) {
    for pod in fs::read_dir(pods).into_iter().flatten().flatten() {
        for log in fs::read_dir(pod.path().join(WEB)).into_iter().flatten().flatten() {
            let (path, name) = (log.path(), log.file_name());
            let Some((log_name, ending)) = name.to_str().and_then(numbered) else { continue };
            let Some(time) = log.metadata().ok().filter(fs::Metadata::is_file).map(|found| found.mtime()) else { continue };
            let Err(error) = fs::rename(&path, path.with_file_name(format!("{log_name}-{time}{ending}"))) else { continue };
            task.warn(format!("Removing {}, which cannot be renamed: {error}", path.display()));
            if let Err(failure) = files::remove(&path) {
                task.warn(failure.message);
            }
        }
    }
}

/// `main.access.log.2.gz` as `main.access.log` and `.gz`.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let (rest, ending) = name.strip_suffix(".gz").map_or((name, ""), |rest| (rest, ".gz"));
    let (log, number) = rest.rsplit_once('.')?;
    (log.ends_with(".log") && number.parse::<u8>().is_ok()).then_some((log, ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    use crate::serve::writer::MessageSender;

    #[test]
    fn rotated_logs_with_numbers_are_named_by_their_time() {
        let pods = std::env::temp_dir().join(format!("mpanel-rotation{}", files::unique()));
        let web = pods.join("p1").join(WEB);
        fs::create_dir_all(web.join("body.log.1")).unwrap();
        fs::create_dir_all(pods.join("none")).unwrap();
        for name in ["main.access.log", "main.access.log.1", "main.access.log.2.gz", "main.error.log-1900000000", "note.1"] {
            fs::write(web.join(name), name).unwrap();
        }
        let time = fs::metadata(web.join("main.access.log.1")).unwrap().mtime();
        // In one pod nothing can be named anew: the others' are, all the same.
        let full = pods.join("full").join(WEB);
        fs::create_dir_all(full.join("main.access.log-1900000000/in-its-place")).unwrap();
        fs::write(full.join("main.access.log.1"), "").unwrap();
        fs::File::open(full.join("main.access.log.1")).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1_900_000_000)).unwrap();
        name_by_time(&Task::new(0, Duration::from_secs(60), MessageSender::new().0), &pods);
        assert!(!full.join("main.access.log.1").exists(), "it would stay for ever");
        assert_eq!(fs::read_to_string(web.join(format!("main.access.log-{time}"))).unwrap(), "main.access.log.1");
        let mut left: Vec<String> = fs::read_dir(&web).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.retain(|name| !name.ends_with(".gz"));
        left.sort();
        assert_eq!(left, ["body.log.1", "main.access.log", &format!("main.access.log-{time}"), "main.error.log-1900000000", "note.1"]);
        fs::remove_dir_all(&pods).unwrap();
    }
}
