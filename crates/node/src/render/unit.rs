//! Unit files: the slice that limits a pod, the runtime's mount, and the sandbox of its services.

use std::path::Path;

use wire::cron::CronJob;
use wire::spec::Limits;
use wire::{NODE_PATH, SiteName};

use crate::confine::PLACE as CONFINE;
use crate::error::Result;
use crate::host::names::{PODS, PodNames};

use super::{HEAD, ini::Ini};

/// Loads the rules of what pods may reach; nothing of a pod runs before it.
pub const NETWORK_UNIT: &str = "mpanel-network.service";
/// Loads them again after Debian's unit has emptied the rules of all.
pub const NETWORK_AGAIN: &str = "nftables.service.d/mpanel.conf";
/// Puts sites to sleep that nobody visits.
pub const SLEEP_UNIT: &str = "mpanel-sleep.service";
/// Starts it every minute.
pub const SLEEP_TIMER: &str = "mpanel-sleep.timer";

/// The slice with a pod's limits.
pub fn slice(names: &PodNames, limits: &Limits) -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", format!("CloudPod {}", names.pod()))
        .section("Slice")
        .key("CPUAccounting", "yes")
        .key("MemoryAccounting", "yes")
        .key("TasksAccounting", "yes")
        .key("MemorySwapMax", "0")
        .keys(limit_keys(limits))
        .render(HEAD)
}

fn limit_keys(limits: &Limits) -> [(&'static str, String); 3] {
    let (percent, tenth) = (limits.cpu_millis / 10, limits.cpu_millis % 10);
    let quota = if tenth == 0 { format!("{percent}%") } else { format!("{percent}.{tenth}%") };
    [("CPUQuota", quota), ("MemoryMax", format!("{}M", limits.memory_mb)), ("TasksMax", limits.tasks.to_string())]
}

/// Loads the rules in this file with the start of the machine.
pub fn network(rules: &Path) -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", "What CloudPods may reach")
        .key("After", "nftables.service")
        .section("Service")
        .key("Type", "oneshot")
        .key("RemainAfterExit", "yes")
        .key("ExecStart", format!("/usr/sbin/nft -f {}", rules.display()))
        .section("Install")
        .key("WantedBy", "multi-user.target")
        .render(HEAD)
}

/// Loads the rules again whenever Debian's own firewall unit has emptied those of all: with its start, its reload and its stop. Pods run on.
/// A failure is not that unit's: the rules of the server's owner stay in force, and `observe` reports that the pods' policy is missing.
pub fn network_again(rules: &Path) -> Result<String> {
    let load = format!("-/usr/sbin/nft -f {}", rules.display());
    Ini::new().section("Service").key("ExecStartPost", &load).key("ExecReload", &load).key("ExecStopPost", &load).render(HEAD)
}

/// Looks once for sites that nobody visits.
pub fn sleep() -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", "Puts sites of CloudPods to sleep that nobody visits")
        .section("Service")
        .key("Type", "oneshot")
        .key("ExecStart", format!("{NODE_PATH} sleep"))
        .key("TimeoutStartSec", "300")
        // A look is no line in the machine's journal; what this program has to say of itself is.
        .key("LogLevelMax", "notice")
        .key("SyslogLevel", "notice")
        .render(HEAD)
}

/// Has that done every minute.
pub fn sleep_timer() -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", "Puts sites of CloudPods to sleep that nobody visits")
        .section("Timer")
        .key("OnActiveSec", "60")
        .key("OnUnitInactiveSec", "60")
        .key("AccuracySec", "10")
        .section("Install")
        .key("WantedBy", "timers.target")
        .render(HEAD)
}

/// The limits in one line for people.
pub fn limits_line(limits: &Limits) -> String {
    limit_keys(limits).map(|(key, value)| format!("{key}={value}")).join(" ")
}

/// The read-only mount of a runtime.
pub fn mount(image: &Path, root: &Path) -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", format!("Runtime {}", root.display()))
        .section("Mount")
        .key("What", image.display())
        .key("Where", root.display())
        .key("Type", "squashfs")
        .key("Options", "loop,ro,nosuid,nodev")
        .section("Install")
        .key("WantedBy", "multi-user.target")
        .render(HEAD)
}

/// A socket that systemd opens and keeps, in a folder of root's own.
pub fn socket(names: &PodNames, path: &Path, group: &str) -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", format!("CloudPod {}", names.pod()))
        .section("Socket")
        .key("ListenStream", path.display())
        .key("SocketUser", "root")
        .key("SocketGroup", group)
        .key("SocketMode", "0660")
        .key("DirectoryMode", "0755")
        .key("RemoveOnStop", "yes")
        .key("TriggerLimitIntervalSec", "0")
        .section("Install")
        .key("WantedBy", "sockets.target")
        .render(HEAD)
}

/// What runs in the sandbox.
pub struct Program<'a> {
    /// The pod.
    pub names: &'a PodNames,
    /// The site.
    pub site: &'a SiteName,
    /// Its runtime's root.
    pub root: &'a Path,
    /// Does the pod have databases?
    pub database: bool,
    /// Is it a Node program? Node needs two groups of system calls and one kind of socket more.
    pub node: bool,
}

/// A site's long-running service.
pub fn service(program: &Program<'_>, own: &[(&'static str, String)]) -> Result<String> {
    let names = program.names;
    let socket = names.socket_unit(program.site);
    // Where both are restarted, the program has ended before its database does: what it has begun finds its data until the end.
    let database = if program.database { format!(" {} {}", names.database_socket_unit(), names.database_service()) } else { String::new() };
    Ini::new()
        .section("Unit")
        .key("Description", format!("CloudPod {}", names.pod()))
        .key("After", format!("network.target {NETWORK_UNIT} {socket}{database}"))
        .key("Requires", format!("{NETWORK_UNIT} {socket}"))
        .keys(program.database.then(|| ("Wants", names.database_socket_unit())))
        .key("RequiresMountsFor", format!("{PODS} {}", program.root.display()))
        .key("StartLimitIntervalSec", "0")
        .section("Service")
        .keys(sandbox(program))
        .key("RestartSec", "1")
        .keys(own.iter().map(|(key, value)| (*key, value.clone())))
        .section("Install")
        .key("WantedBy", "multi-user.target")
        .render(HEAD)
}

/// How long a run that is past its limit may go on until systemd ends it, in seconds: its own program does so before.
const CRON_GRACE_S: u32 = 30;

/// A run of a scheduled job in this folder.
pub fn cron_job(program: &Program<'_>, job: &CronJob, folder: &Path, own: &[(&'static str, String)]) -> Result<String> {
    let names = program.names;
    let after = if program.database { format!("{NETWORK_UNIT} {}", names.database_socket_unit()) } else { NETWORK_UNIT.to_owned() };
    Ini::new()
        .section("Unit")
        .key("Description", format!("Scheduled job of CloudPod {}", names.pod()))
        .key("After", format!("network.target {after}"))
        .key("Requires", NETWORK_UNIT)
        .keys(program.database.then(|| ("Wants", names.database_socket_unit())))
        .key("RequiresMountsFor", format!("{PODS} {}", program.root.display()))
        .key("StartLimitIntervalSec", "0")
        .section("Service")
        .keys(sandbox(program))
        .key("Type", "exec")
        .key("WorkingDirectory", folder.display())
        .key("ExecStart", format!("{CONFINE} job {} /run/pod/job-{}", job.limit_seconds, job.key))
        .key("StandardOutput", format!("append:{}", names.cron_result(program.site, &job.key).display()))
        .key("StandardError", "journal")
        // A run is no line in the machine's journal; what this program has to say of itself is.
        .key("LogLevelMax", "notice")
        .key("SyslogLevel", "notice")
        .key("RuntimeMaxSec", job.limit_seconds + CRON_GRACE_S)
        .key("TimeoutStopSec", "5")
        .key("UMask", "0027")
        .keys(own.iter().map(|(key, value)| (*key, value.clone())))
        .render(HEAD)
}

/// Starts a scheduled job when it is due. While a run goes on, no other one begins; what was missed is not made up for.
pub fn timer(names: &PodNames, site: &SiteName, job: &CronJob) -> Result<String> {
    Ini::new()
        .section("Unit")
        .key("Description", format!("Scheduled job of CloudPod {}", names.pod()))
        .section("Timer")
        .keys(job.schedule.calendars().into_iter().map(|calendar| ("OnCalendar", calendar)))
        .key("AccuracySec", "1s")
        // Each at its own second, always the same: not all jobs of the server begin at the same time.
        .key("RandomizedDelaySec", "30")
        .key("FixedRandomDelay", "yes")
        .key("Unit", names.cron_service(site, &job.key))
        .section("Install")
        .key("WantedBy", "timers.target")
        .render(HEAD)
}

/// The database instance of a pod: the host's program as the pod's user, which sees of all pods only its own data.
pub fn database(names: &PodNames, command: String) -> Result<String> {
    let (user, home) = (names.user(), names.home().display().to_string());
    Ini::new()
        .section("Unit")
        .key("Description", format!("Databases of CloudPod {}", names.pod()))
        .key("After", format!("{NETWORK_UNIT} {}", names.database_socket_unit()))
        .key("Requires", format!("{NETWORK_UNIT} {}", names.database_socket_unit()))
        .key("RequiresMountsFor", PODS)
        .key("StartLimitIntervalSec", "0")
        .section("Service")
        .key("Type", "notify")
        .key("User", &user)
        .key("Group", &user)
        .key("Slice", names.slice())
        .key("ExecStart", command)
        .key("Restart", "on-failure")
        .key("RestartSec", "1")
        .key("TimeoutStartSec", "120")
        .key("TimeoutStopSec", "60")
        .key("UMask", "0077")
        .key("LimitNOFILE", "16384")
        .key("TemporaryFileSystem", "/srv:ro /dev/shm:size=16M,mode=1777")
        .key("BindPaths", format!("{home}/db {home}/tmp"))
        .key("ReadWritePaths", format!("{home}/db {home}/tmp"))
        .key("InaccessiblePaths", "-/etc/mpanel -/var/lib/mpanel -/run/mpanel -/run/dbus -/var/lib/mysql -/run/mysqld")
        .key("RestrictAddressFamilies", "AF_UNIX")
        .key("SystemCallFilter", "@system-service")
        // The pod's other programs have the same user and must not get at the host's files through `/proc/PID/root`.
        .key("PrivateUsers", "yes")
        .keys(WALLS.iter().filter(|(key, _)| *key != "ProcSubset").map(|(key, value)| (*key, (*value).to_owned())))
        .render(HEAD)
}

/// User, slice, root and walls: the same for services and for passing work.
pub fn sandbox(program: &Program<'_>) -> Vec<(&'static str, String)> {
    let names = program.names;
    let (user, home, config) = (names.user(), names.home().display().to_string(), names.site_config(program.site).display().to_string());
    let mut read_only = format!(
        "{config}:/run/pod {config}/passwd:/etc/passwd {config}/group:/etc/group {config}/hosts:/etc/hosts -/etc/resolv.conf {NODE_PATH}:{CONFINE}"
    );
    if program.database {
        read_only.push_str(&format!(" {}:/run/mysqld", names.database_run().display()));
    }
    let families = if program.node { "AF_UNIX AF_INET AF_INET6 AF_NETLINK" } else { "AF_UNIX AF_INET AF_INET6" };
    // `seccomp` is how `confine` takes more away.
    let calls = if program.node { "@system-service @pkey seccomp" } else { "@system-service seccomp" };
    let mut keys = vec![
        ("User", user.clone()),
        ("Group", user),
        ("Slice", names.slice()),
        ("RootDirectory", program.root.display().to_string()),
        ("MountAPIVFS", "yes".to_owned()),
        // /tmp is the pod's own folder, so that what it writes there counts against its limit; shared memory is the pod's memory.
        ("TemporaryFileSystem", "/srv:ro /run:mode=0755 /dev/shm:size=16M,mode=1777".to_owned()),
        ("BindPaths", format!("{home} {home}/tmp:/tmp {home}/tmp:/var/tmp")),
        ("BindReadOnlyPaths", read_only),
        ("ReadWritePaths", format!("{home} /tmp /var/tmp")),
        // The data belong to the database's program, whoever owns them.
        ("InaccessiblePaths", format!("-{home}/db")),
        ("RestrictAddressFamilies", families.to_owned()),
        ("SystemCallFilter", calls.to_owned()),
    ];
    keys.extend(WALLS.iter().map(|(key, value)| (*key, (*value).to_owned())));
    keys
}

/// Walls that do not depend on the pod.
const WALLS: [(&str, &str); 22] = [
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("PrivateDevices", "yes"),
    ("PrivateIPC", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("ProtectProc", "invisible"),
    ("ProcSubset", "pid"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectControlGroups", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RemoveIPC", "yes"),
    ("LockPersonality", "yes"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallErrorNumber", "EPERM"),
    ("OOMPolicy", "continue"),
];
