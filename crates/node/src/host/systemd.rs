//! systemd: reading unit files once for many pods, starting, stopping, asking.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Result, internal};
use crate::host::coalescer::Reservation;
use crate::host::command::Cmd;
use crate::host::{Host, files, lock};
use crate::task::{Task, one_line};

/// Time of a reading that many pods share.
const SHARED: Duration = Duration::from_secs(60);
/// Longest that a unit which starts slowly holds up those that are started together with it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest that a transient unit keeps its name after its end.
const LET_GO: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(10);
/// After what time a program that was started again has not failed once more.
const SETTLED: Duration = Duration::from_secs(60);

/// Makes systemd read the unit files again; many pods share one reading.
pub fn reload(host: &Host, task: &Task, reservation: Reservation<'_, ()>) -> Result<()> {
    host.units.join(reservation, (), |items| {
        let task = &task.detached(SHARED);
        let result = lock::take(task, "units").and_then(|_lock| Cmd::short("systemctl").arg("daemon-reload").run(task));
        items.iter().map(|()| result.as_ref().map(drop).map_err(Clone::clone)).collect()
    })
}

/// The same for a unit of the server's own, which none waits for.
pub fn reload_now(task: &Task) -> Result<()> {
    Cmd::short("systemctl").arg("daemon-reload").run(task).map(drop)
}

/// Starts units and waits until they say that they are ready. Many pods share one start: who waits for a unit hears of all that start
/// meanwhile, so many who wait apart cost with the square of their number. A unit file that systemd has not read yet needs no reload.
pub fn start(host: &Host, task: &Task, units: Vec<String>) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let together = host.starts.join(host.starts.reserve(), units.clone(), |of_pods| {
        let units: BTreeSet<&String> = of_pods.iter().flatten().collect();
        let started = Cmd::long_running("systemctl").args(["start", "--"]).args(units).run(&task.detached(PATIENCE)).map(drop);
        vec![started; of_pods.len()]
    });
    // One of them failed or is slow, and which one is not said. What runs by now is not started again.
    together.or_else(|_| units.iter().try_for_each(|unit| verb(task, "start", unit)))
}

/// Starts a unit by itself.
pub fn start_now(task: &Task, unit: &str) -> Result<()> {
    verb(task, "start", unit)
}

/// Stops and starts the unit.
pub fn restart(task: &Task, unit: &str) -> Result<()> {
    verb(task, "restart", unit)
}

/// The same with several at once.
pub fn restart_all(task: &Task, units: &[String]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let together = Cmd::long_running("systemctl").args(["restart", "--"]).args(units).run(task);
    // One of them failed, and which one is not said.
    together.map(drop).or_else(|_| units.iter().try_for_each(|unit| restart(task, unit)))
}

fn verb(task: &Task, verb: &str, unit: &str) -> Result<()> {
    let said = Cmd::long_running("systemctl").args([verb, "--", unit]).output(task)?;
    if said.code == 0 {
        return Ok(());
    }
    let journal = Cmd::short("journalctl").args(["--no-pager", "-o", "cat", "-n", "6", "-u", unit]).run(task);
    let words = journal.map(|text| one_line(&text)).unwrap_or_default();
    Err(internal(format!("{unit} did not {verb}: {} {words}", one_line(&said.err))))
}

/// Stops units; those that do not exist are stopped already.
pub fn stop(task: &Task, units: &[String]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let said = Cmd::short("systemctl").args(["stop", "--"]).args(units).output(task)?;
    match said.code {
        // 5: not loaded.
        0 | 5 => Ok(()),
        _ => Err(said.failure(&format!("systemctl stop {}", units.join(" ")))),
    }
}

/// Stops a transient unit and waits until systemd has let go of it, so that another one can have its name: whoever waited for its end still held it then.
pub fn end_transient(task: &Task, unit: &str) -> Result<()> {
    stop(task, &[unit.to_owned()])?;
    let deadline = Instant::now() + LET_GO;
    loop {
        let state = Cmd::short("systemctl").args(["show", "--property=LoadState", "--value", "--", unit]).run(task)?;
        if state.trim() != "loaded" {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(internal(format!("systemd has not let go of {unit}")));
        }
        thread::sleep(TICK);
    }
}

/// Forgets failures of units that are gone.
pub fn forget_failures(task: &Task, units: &[String]) {
    // Fails for units that systemd does not know, which is what is wanted.
    let _ = Cmd::short("systemctl").args(["reset-failed", "--"]).args(units).output(task);
}

/// A unit as systemd sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// `active`, `failed`, `inactive` ..
    pub active: String,
    /// The same in more detail: `running`, `auto-restart` ..
    pub sub: String,
    /// `loaded`, `not-found` ..
    pub load: String,
    /// Its place below the control group mounts.
    pub control_group: String,
    /// True when its file changed since systemd read it.
    pub stale: bool,
    /// Files that add to its own file and to no other unit's.
    pub drop_ins: Vec<PathBuf>,
    /// How often systemd has started it again by itself since it was started.
    pub restarts: u32,
    /// When it became active, in microseconds since the machine's start.
    pub active_since: u64,
    /// Most memory in bytes; `None` is without limit, as below.
    pub memory_max: Option<u64>,
    /// Most processes and threads.
    pub tasks_max: Option<u64>,
    /// Most processor time in a second, in microseconds.
    pub cpu_quota: Option<u64>,
}

impl Unit {
    /// Is it active, and stays so? One that fails soon after each start is active for a moment, too.
    pub fn runs_well(&self) -> bool {
        let uptime = files::read_text("/proc/uptime").and_then(|text| text.split('.').next()?.parse::<u64>().ok()).unwrap_or_default();
        self.active == "active" && (self.restarts == 0 || uptime.saturating_sub(self.active_since / 1_000_000) > SETTLED.as_secs())
    }
}

/// What is asked of each unit.
const PROPERTIES: &str = "--property=Id,ActiveState,SubState,LoadState,ControlGroup,NeedDaemonReload,DropInPaths,\
     NRestarts,ActiveEnterTimestampMonotonic,MemoryMax,TasksMax,CPUQuotaPerSecUSec";

/// Asks for several units at once; each is in the answer.
pub fn show(task: &Task, units: &[String]) -> Result<HashMap<String, Unit>> {
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let text = Cmd::short("systemctl").args(["show", PROPERTIES, "--"]).args(units).run(task)?;
    Ok(parse_show(&text))
}

fn parse_show(text: &str) -> HashMap<String, Unit> {
    let mut found = HashMap::new();
    for block in text.split("\n\n") {
        let mut unit = Unit::default();
        let mut id = String::new();
        for (key, value) in block.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "Id" => id = value.to_owned(),
                "ActiveState" => unit.active = value.to_owned(),
                "SubState" => unit.sub = value.to_owned(),
                "LoadState" => unit.load = value.to_owned(),
                "ControlGroup" => unit.control_group = value.to_owned(),
                "NeedDaemonReload" => unit.stale = value == "yes",
                "DropInPaths" => unit.drop_ins = value.split_whitespace().map(PathBuf::from).collect(),
                "NRestarts" => unit.restarts = value.parse().unwrap_or_default(),
                "ActiveEnterTimestampMonotonic" => unit.active_since = value.parse().unwrap_or_default(),
                "MemoryMax" => unit.memory_max = value.parse().ok(),
                "TasksMax" => unit.tasks_max = value.parse().ok(),
                "CPUQuotaPerSecUSec" => unit.cpu_quota = microseconds(value),
                _ => {}
            }
        }
        if !id.is_empty() {
            // Those of a whole kind, as `slice.d`, are the server's own.
            unit.drop_ins.retain(|file| file.parent().and_then(|folder| folder.file_name()).is_some_and(|name| name == format!("{id}.d").as_str()));
            found.insert(id, unit);
        }
    }
    found
}

/// Reads a span as systemd prints it: `750ms`, `1min 4s`. `None` for `infinity`.
fn microseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 5] = [("us", 1.0), ("ms", 1e3), ("min", 60e6), ("s", 1e6), ("h", 3600e6)];
    let one = |word: &str| {
        let (number, unit) = word.split_at(word.find(|c: char| c.is_ascii_alphabetic())?);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        Some((number.parse::<f64>().ok()? * factor).round() as u64)
    };
    text.split_whitespace().map(one).sum()
}

/// systemd's version, 0 when it does not run the machine.
pub fn version(task: &Task) -> u32 {
    if !std::path::Path::new("/run/systemd/system").is_dir() {
        return 0;
    }
    let text = Cmd::short("systemctl").arg("--version").run(task).unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|v| v.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_units_are_told_apart() {
        let text = "Id=a.service\nLoadState=loaded\nActiveState=active\nControlGroup=/pods.slice/x\nNeedDaemonReload=no\n\nId=b.service\nLoadState=not-found\nActiveState=inactive\nControlGroup=\nNeedDaemonReload=yes\n";
        let units = parse_show(text);
        assert_eq!(units["a.service"].control_group, "/pods.slice/x");
        assert!(units["a.service"].runs_well() && !units["b.service"].runs_well());
        assert!(!Unit { restarts: 3, active_since: u64::MAX, ..units["a.service"].clone() }.runs_well(), "it has just been started again");
        assert!(units["b.service"].stale);
        assert_eq!(units["b.service"].load, "not-found");
    }

    #[test]
    fn limits_and_additions_of_a_unit_are_read_and_those_of_its_kind_are_not_its_own() {
        let text = "Id=pods-a.slice\nDropInPaths=/etc/systemd/system.control/pods-a.slice.d/50-MemoryMax.conf /etc/systemd/system/slice.d/all.conf\nMemoryMax=402653184\nTasksMax=infinity\nCPUQuotaPerSecUSec=1min 1.5s\n";
        let unit = &parse_show(text)["pods-a.slice"];
        assert_eq!(unit.drop_ins, [PathBuf::from("/etc/systemd/system.control/pods-a.slice.d/50-MemoryMax.conf")]);
        assert_eq!((unit.memory_max, unit.tasks_max, unit.cpu_quota), (Some(402_653_184), None, Some(61_500_000)));
        assert_eq!([microseconds("750ms"), microseconds("infinity"), microseconds("125.5ms")], [Some(750_000), None, Some(125_500)]);
    }
}
