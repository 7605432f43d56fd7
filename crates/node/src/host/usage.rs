//! What a control group uses, under version 1, hybrid and version 2 trees.

use std::path::{Path, PathBuf};

use wire::observation::Usage;

use crate::host::files::read_text;

const ROOT: &str = "/sys/fs/cgroup";

/// Fills in memory, processor time and tasks of the group at this place.
pub fn of_group(control_group: &str, usage: &mut Usage) {
    let place = control_group.trim_start_matches('/');
    if place.is_empty() || place.split('/').any(|part| part == "..") {
        return;
    }
    usage.memory_bytes = first(&[("", "memory.current"), ("memory", "memory.usage_in_bytes")], place);
    usage.tasks = first(&[("", "pids.current"), ("pids", "pids.current")], place);
    usage.cpu_usec =
        stat("", place).or_else(|| first(&[("cpuacct", "cpuacct.usage")], place).map(|nanos| nanos / 1000)).or_else(|| stat("unified", place));
}

/// Is there a control group at this place?
pub fn stands(place: &str) -> bool {
    ["", "systemd", "unified"].iter().any(|tree| Path::new(ROOT).join(tree).join(place).is_dir())
}

fn first(candidates: &[(&str, &str)], place: &str) -> Option<u64> {
    candidates.iter().find_map(|(tree, file)| read_text(file_of(tree, place, file))?.trim().parse().ok())
}

fn stat(tree: &str, place: &str) -> Option<u64> {
    let text = read_text(file_of(tree, place, "cpu.stat"))?;
    text.lines().find_map(|line| line.strip_prefix("usage_usec ")?.trim().parse().ok())
}

fn file_of(tree: &str, place: &str, file: &str) -> PathBuf {
    Path::new(ROOT).join(tree).join(place).join(file)
}

/// Which tree the machine has: `v1`, `hybrid` or `v2`.
pub fn version() -> &'static str {
    if Path::new(ROOT).join("cgroup.controllers").exists() {
        "v2"
    } else if Path::new(ROOT).join("unified").is_dir() {
        "hybrid"
    } else {
        "v1"
    }
}
