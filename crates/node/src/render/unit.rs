//! Unit files: the slice that limits a pod, the runtime's mount, and the sandbox of its services.

use std::path::Path;

use wire::spec::Limits;

use crate::fail::Res;
use crate::host::names::{Names, PODS};

use super::ini::Ini;

const HEAD: &str = "Written by mPanel. Manual changes will be overwritten.";

/// The slice with a pod's limits.
pub fn slice(names: &Names, limits: &Limits) -> Res<String> {
    Ini::new()
        .section("Unit")
        .key("Description", format!("CloudPod {}", names.pod()))
        .section("Slice")
        .key("CPUAccounting", "yes")
        .key("MemoryAccounting", "yes")
        .key("TasksAccounting", "yes")
        .keys(limit_keys(limits))
        .render(HEAD)
}

fn limit_keys(limits: &Limits) -> [(&'static str, String); 3] {
    let (percent, tenth) = (limits.cpu_millis / 10, limits.cpu_millis % 10);
    let quota = if tenth == 0 { format!("{percent}%") } else { format!("{percent}.{tenth}%") };
    [("CPUQuota", quota), ("MemoryMax", format!("{}M", limits.memory_mb)), ("TasksMax", limits.tasks.to_string())]
}

/// The limits in one line for people.
pub fn limits_line(limits: &Limits) -> String {
    limit_keys(limits).map(|(key, value)| format!("{key}={value}")).join(" ")
}

/// The read-only mount of a runtime.
pub fn mount(image: &Path, root: &Path) -> Res<String> {
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

/// What runs in the sandbox.
pub struct Program<'a> {
    /// The pod.
    pub names: &'a Names,
    /// Its runtime's root.
    pub root: &'a Path,
    /// Does it need the database's socket?
    pub database: bool,
    /// Is it a Node program? Node needs two groups of system calls and one kind of socket more.
    pub node: bool,
}

/// A pod's long-running service.
pub fn service(program: &Program<'_>, own: &[(&'static str, String)]) -> Res<String> {
    let mut ini = Ini::new()
        .section("Unit")
        .key("Description", format!("CloudPod {}", program.names.pod()))
        .key("After", "network.target mariadb.service")
        .key("RequiresMountsFor", format!("{PODS} {}", program.root.display()))
        .key("StartLimitIntervalSec", "0");
    if program.database {
        ini = ini.key("Wants", "mariadb.service");
    }
    ini.section("Service")
        .keys(sandbox(program))
        .key("RuntimeDirectory", format!("pods/{}", program.names.pod()))
        .key("RuntimeDirectoryMode", "0750")
        .key("RestartSec", "1")
        .keys(own.iter().map(|(key, value)| (*key, value.clone())))
        .section("Install")
        .key("WantedBy", "multi-user.target")
        .render(HEAD)
}

/// User, slice, root and walls: the same for services and for passing work.
pub fn sandbox(program: &Program<'_>) -> Vec<(&'static str, String)> {
    let names = program.names;
    let (user, home, config) = (names.user(), names.home().display().to_string(), names.config().display().to_string());
    let run = names.run().display().to_string();
    let mut read_only =
        format!("{config}:/run/pod {config}/passwd:/etc/passwd {config}/group:/etc/group {config}/hosts:/etc/hosts -/etc/resolv.conf");
    if program.database {
        read_only.push_str(" /run/mysqld");
    }
    let families = if program.node { "AF_UNIX AF_INET AF_INET6 AF_NETLINK" } else { "AF_UNIX AF_INET AF_INET6" };
    let calls = if program.node { "@system-service @pkey" } else { "@system-service" };
    let mut keys = vec![
        ("User", user.clone()),
        ("Group", user),
        ("Slice", names.slice()),
        ("RootDirectory", program.root.display().to_string()),
        ("MountAPIVFS", "yes".to_owned()),
        // /tmp is the pod's own folder, so that what it writes there counts against its limit.
        ("TemporaryFileSystem", "/srv:ro /run:mode=0755".to_owned()),
        ("BindPaths", format!("{home} -{run} {home}/tmp:/tmp {home}/tmp:/var/tmp")),
        ("BindReadOnlyPaths", read_only),
        ("ReadWritePaths", format!("{home} -{run} /tmp /var/tmp")),
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
