//! Where everything of a pod is on the machine. One place, so that nothing is forgotten on removal.

use std::path::PathBuf;

use wire::{ArtifactName, PodName, Sha256};

/// Where pods keep their files; must be btrfs.
pub const PODS: &str = "/srv/pods";
/// Where runtimes are mounted.
pub const RUNTIMES: &str = "/srv/runtimes";
/// Shipped files.
pub const ARTIFACTS: &str = "/var/lib/mpanel/artifacts";
/// What this program knows of each pod.
pub const STATES: &str = "/var/lib/mpanel/pods";
/// Answers to the certificate authority's http-01 challenges.
pub const ACME: &str = "/var/lib/mpanel/acme";
/// Unit files.
pub const UNITS: &str = "/etc/systemd/system";
/// Virtual hosts.
pub const VHOSTS: &str = "/etc/nginx/mpanel.d";
/// The user whose nginx reads the sites.
pub const WEB_USER: &str = "www-data";

/// Folders of a pod that belong to its user, with their modes.
pub const FOLDERS: [(&str, u32); 5] = [("public", 0o750), ("app", 0o750), ("private", 0o700), ("tmp", 0o700), ("logs", 0o750)];

/// The names of one pod's parts.
#[derive(Debug, Clone)]
pub struct Names {
    pod: PodName,
}

impl Names {
    /// Of this pod.
    pub fn of(pod: &PodName) -> Self {
        Self { pod: pod.clone() }
    }

    /// The pod.
    pub fn pod(&self) -> &PodName {
        &self.pod
    }

    /// System user and group.
    pub fn user(&self) -> String {
        format!("p-{}", self.pod)
    }

    /// Its subvolume.
    pub fn home(&self) -> PathBuf {
        PathBuf::from(PODS).join(self.pod.as_str())
    }

    /// Its slice. A dash in a slice's name makes a child slice, so `a-b` would live inside `a`'s
    /// limits: dashes become underscores, which pod names cannot contain.
    pub fn slice(&self) -> String {
        format!("pods-{}.slice", self.pod.as_str().replace('-', "_"))
    }

    /// Place of the slice in the control groups.
    pub fn group(&self) -> String {
        format!("pods.slice/{}", self.slice())
    }

    /// The service of this kind (`php`, `node`). The kind comes last, so no two pods collide.
    pub fn service(&self, kind: &str) -> String {
        format!("pod-{}-{kind}.service", self.pod)
    }

    /// The passing unit for work inside the pod's sandbox.
    pub fn task_unit(&self) -> String {
        format!("pod-{}-task.service", self.pod)
    }

    /// A unit's file.
    pub fn unit_file(&self, unit: &str) -> PathBuf {
        PathBuf::from(UNITS).join(unit)
    }

    /// Its configuration, owned by root.
    pub fn config(&self) -> PathBuf {
        PathBuf::from("/etc/mpanel/pods").join(self.pod.as_str())
    }

    /// Folder of its sockets; exists while its service runs.
    pub fn run(&self) -> PathBuf {
        PathBuf::from("/run/pods").join(self.pod.as_str())
    }

    /// Its virtual host.
    pub fn vhost(&self) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}.conf", self.pod))
    }

    /// Its web logs begin with this; rotated ones add to it. Pod names have no dots, so no two collide.
    pub fn web_log(&self, kind: &str) -> PathBuf {
        PathBuf::from("/var/log/nginx").join(format!("pod-{}.{kind}.log", self.pod))
    }

    /// What this program knows of it.
    pub fn state(&self) -> PathBuf {
        PathBuf::from(STATES).join(format!("{}.json", self.pod))
    }

    /// Its lock between processes.
    pub fn lock(&self) -> String {
        format!("pod-{}", self.pod)
    }
}

/// The link that starts a unit with the machine.
pub fn wanted_link(unit: &str) -> PathBuf {
    PathBuf::from(UNITS).join("multi-user.target.wants").join(unit)
}

/// A shipped file's place: `<sha256>.sqfs` or `<sha256>.tar.gz`.
pub fn artifact(sha256: &Sha256, ending: &str) -> PathBuf {
    PathBuf::from(ARTIFACTS).join(format!("{sha256}.{ending}"))
}

/// Where a runtime is mounted.
pub fn runtime_root(name: &ArtifactName, sha256: &Sha256) -> PathBuf {
    PathBuf::from(RUNTIMES).join(format!("{name}-{}", &sha256.as_str()[..8]))
}

/// The name that systemd demands for the mount unit of a path.
pub fn mount_unit(path: &std::path::Path) -> String {
    let mut name = String::new();
    for byte in path.to_string_lossy().trim_matches('/').bytes() {
        match byte {
            b'/' => name.push('-'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'_' | b'.' => name.push(byte as char),
            other => name.push_str(&format!("\\x{other:02x}")),
        }
    }
    name + ".mount"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pod: &str) -> Names {
        Names::of(&PodName::new(pod).unwrap())
    }

    #[test]
    fn a_pod_with_a_dash_is_not_inside_another_pods_slice() {
        assert_eq!(names("a-b").slice(), "pods-a_b.slice");
        assert_eq!(names("a").slice(), "pods-a.slice");
    }

    #[test]
    fn user_names_fit_into_32_characters() {
        assert!(names("abcdefghijklmnopqrstuvwx").user().len() <= 32);
    }

    #[test]
    fn mount_units_are_named_as_systemd_names_them() {
        let path = runtime_root(&ArtifactName::new("php8.2").unwrap(), &Sha256::new("ab".repeat(32)).unwrap());
        assert_eq!(mount_unit(&path), "srv-runtimes-php8.2\\x2dabababab.mount");
    }
}
