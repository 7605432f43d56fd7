//! Where everything of a pod is on the machine. One place, so that nothing is forgotten on removal.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use wire::cron::CronJobKey;
use wire::deploy::{ArchiveName, Release, ReleaseName};
use wire::{ArtifactName, PodName, Sha256, SiteName};

/// Where pods keep their files; must be btrfs.
pub const PODS: &str = "/srv/pods";
/// Where runtimes are mounted.
pub const RUNTIMES: &str = "/srv/runtimes";
/// Shipped files.
pub const ARTIFACTS: &str = "/var/lib/mpanel/artifacts";
/// What this program knows of each pod.
pub const STATES: &str = "/var/lib/mpanel/pods";
/// Copies of files that were changed by hand.
pub const EDITS: &str = "/var/lib/mpanel/edits";
/// What the last runs of scheduled jobs came to, a folder for each pod.
pub const CRON_JOBS: &str = "/var/lib/mpanel/jobs";
/// Answers to the certificate authority's http-01 challenges.
pub const ACME: &str = "/var/lib/mpanel/acme";
/// Pages of the server's own.
pub const PAGES: &str = "/var/lib/mpanel/pages";
/// Unit files.
pub const UNITS: &str = "/etc/systemd/system";
/// Virtual hosts.
pub const VHOSTS: &str = "/etc/nginx/mpanel.d";
/// The user whose nginx reads the sites.
pub const WEB_USER: &str = "www-data";

/// Folders of a site that belong to the pod's user, with their modes.
pub const SITE_FOLDERS: [(&str, u32); 4] = [("public", 0o750), ("app", 0o750), ("private", 0o700), ("logs", 0o750)];
/// Folder of the sites below a pod's home.
pub const SITES: &str = "sites";
/// Folder below a site's home with its releases. It is root's: nobody puts a link in the place of a release.
pub const RELEASES: &str = "releases";
/// Folder below a site's home where a release is made. It is root's alone.
pub const STAGING: &str = "staging";
/// The release in it, which is the tenant's.
pub const STAGED: &str = "release";
/// Folder below a site's home with archives that were uploaded. It is root's alone.
pub const ARCHIVES: &str = "archives";
/// Folder below a site's home with what all its releases share.
pub const SHARED: &str = "shared";
/// Folder below a pod's home with the logs of its sites and what visitors send. It is root's, and counted against the pod's limit.
pub const WEB: &str = "web";

/// The names of one pod's parts.
#[derive(Debug, Clone)]
pub struct PodNames {
    pod: PodName,
}

impl PodNames {
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

    /// Folder of a site.
    pub fn site_home(&self, site: &SiteName) -> PathBuf {
        self.home().join(SITES).join(site.as_str())
    }

    /// A site's releases, each a folder.
    pub fn releases(&self, site: &SiteName) -> PathBuf {
        self.site_home(site).join(RELEASES)
    }

    /// The folder of a release.
    pub fn release(&self, site: &SiteName, release: &ReleaseName) -> PathBuf {
        self.releases(site).join(release.as_str())
    }

    /// Where a release of a site is made.
    pub fn staging(&self, site: &SiteName) -> PathBuf {
        self.site_home(site).join(STAGING)
    }

    /// Archives that were uploaded for a site.
    pub fn archives(&self, site: &SiteName) -> PathBuf {
        self.site_home(site).join(ARCHIVES)
    }

    /// An archive that was uploaded for a site.
    pub fn archive(&self, site: &SiteName, archive: &ArchiveName) -> PathBuf {
        self.archives(site).join(archive.as_str())
    }

    /// What of a release is served or started.
    pub fn served(&self, site: &SiteName, release: &Release) -> PathBuf {
        let whole = self.release(site, &release.name);
        release.folder.as_ref().map_or(whole.clone(), |folder| whole.join(folder.as_str()))
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

    /// Units of a site without their ending. Names of pods have no `_` and names of sites no `-`, so no two collide.
    fn site_unit(&self, site: &SiteName) -> String {
        format!("pod-{}_{site}", self.pod)
    }

    /// The service of a site.
    pub fn service(&self, site: &SiteName) -> String {
        self.site_unit(site) + ".service"
    }

    /// The socket of a site: opened by systemd, inherited by the service.
    pub fn socket_unit(&self, site: &SiteName) -> String {
        self.site_unit(site) + ".socket"
    }

    /// Units of a scheduled job without their ending: those of its site with a dash, which names of sites do not have.
    fn cron_unit(&self, site: &SiteName, job: &CronJobKey) -> String {
        format!("{}-job-{job}", self.site_unit(site))
    }

    /// The service that is a run of a scheduled job.
    pub fn cron_service(&self, site: &SiteName, job: &CronJobKey) -> String {
        self.cron_unit(site, job) + ".service"
    }

    /// The timer that starts it.
    pub fn cron_timer(&self, site: &SiteName, job: &CronJobKey) -> String {
        self.cron_unit(site, job) + ".timer"
    }

    /// What its shell reads; its site's programs see it below `/run/pod`.
    pub fn cron_script(&self, site: &SiteName, job: &CronJobKey) -> PathBuf {
        self.site_config(site).join(format!("job-{job}"))
    }

    /// What the last runs of its scheduled jobs came to.
    pub fn cron_folder(&self) -> PathBuf {
        PathBuf::from(CRON_JOBS).join(self.pod.as_str())
    }

    /// What the last run of a scheduled job came to.
    pub fn cron_result(&self, site: &SiteName, job: &CronJobKey) -> PathBuf {
        self.cron_folder().join(format!("{site}-{job}.json"))
    }

    /// Scheduled jobs that have a unit on the machine, whether they are wanted or not.
    pub fn cron_jobs_found(&self) -> BTreeSet<(SiteName, CronJobKey)> {
        let prefix = format!("pod-{}_", self.pod);
        let of = |file: String| {
            let (site, job) = file.strip_prefix(&prefix)?.split_once("-job-")?;
            let job = job.strip_suffix(".service").or_else(|| job.strip_suffix(".timer"))?;
            Some((SiteName::new(site).ok()?, CronJobKey::new(job).ok()?))
        };
        fs::read_dir(UNITS).into_iter().flatten().flatten().filter_map(|entry| of(entry.file_name().into_string().ok()?)).collect()
    }

    /// Where the web server reaches a site. The folder is root's, so that nobody puts another socket there.
    pub fn socket(&self, site: &SiteName) -> PathBuf {
        self.run().join(format!("{site}.sock"))
    }

    /// The service of the pod's database instance.
    pub fn database_service(&self) -> String {
        format!("pod-{}-db.service", self.pod)
    }

    /// Its socket.
    pub fn database_socket_unit(&self) -> String {
        format!("pod-{}-db.socket", self.pod)
    }

    /// Folder with the instance's socket, which the pod's programs see as `/run/mysqld`.
    pub fn database_run(&self) -> PathBuf {
        self.run().join("db")
    }

    /// The instance's data.
    pub fn database_home(&self) -> PathBuf {
        self.home().join("db")
    }

    /// The passing unit for work inside the pod's sandbox.
    pub fn task_unit(&self) -> String {
        format!("pod-{}-task.service", self.pod)
    }

    /// The passing unit that fetches and builds a release.
    pub fn build_unit(&self) -> String {
        format!("pod-{}-build.service", self.pod)
    }

    /// The passing unit that unpacks an application.
    pub fn unpack_unit(&self) -> String {
        format!("pod-{}-unpack.scope", self.pod)
    }

    /// The passing unit where its visitors wait while it is between two servers.
    pub fn wait_unit(&self) -> String {
        format!("pod-{}-wait.service", self.pod)
    }

    /// Its configuration, owned by root: a folder for each site.
    pub fn config(&self) -> PathBuf {
        PathBuf::from("/etc/mpanel/pods").join(self.pod.as_str())
    }

    /// Configuration of a site, which its programs see as `/run/pod`.
    pub fn site_config(&self, site: &SiteName) -> PathBuf {
        self.config().join(site.as_str())
    }

    /// Folder of its sockets.
    pub fn run(&self) -> PathBuf {
        PathBuf::from("/run/pods").join(self.pod.as_str())
    }

    /// Virtual host of a site.
    pub fn vhost(&self, site: &SiteName) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}_{site}.conf", self.pod))
    }

    /// A log of a site; the names of rotated ones add to it.
    pub fn web_log(&self, site: &SiteName, kind: &str) -> PathBuf {
        self.home().join(WEB).join(format!("{site}.{kind}.log"))
    }

    /// Environment variables of a site, which only root reads.
    pub fn environment(&self, site: &SiteName) -> PathBuf {
        self.site_config(site).join("environment")
    }

    /// While this file is there, the site's visitors get the neutral page. Not in the pod's storage, which may be full.
    pub fn gate(&self, site: &SiteName) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}_{site}.closed", self.pod))
    }

    /// The servers that are believed about the addresses of its visitors. nginx reads it before the virtual hosts.
    pub fn senders(&self) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}.from", self.pod))
    }

    /// Certificate and key of a site in one file that only root reads. It is named by what is in it: a new one stands beside the one in use.
    pub fn certificate(&self, site: &SiteName, fingerprint: &str) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}_{site}.{fingerprint}.pem", self.pod))
    }

    /// Such files on the machine, of one site or of all.
    pub fn certificates_found(&self, site: Option<&SiteName>) -> Vec<PathBuf> {
        self.found_beside_vhosts(site, ".pem")
    }

    /// Who has to say a password before a site is shown, for the web server alone. It is named by the password that visitors say: a new one stands
    /// beside the one in use.
    pub fn password(&self, site: &SiteName, fingerprint: &str) -> PathBuf {
        PathBuf::from(VHOSTS).join(format!("{}_{site}.{fingerprint}.users", self.pod))
    }

    /// Such files on the machine, of one site or of all.
    pub fn passwords_found(&self, site: Option<&SiteName>) -> Vec<PathBuf> {
        self.found_beside_vhosts(site, ".users")
    }

    fn found_beside_vhosts(&self, site: Option<&SiteName>, ending: &str) -> Vec<PathBuf> {
        let prefix = site.map_or_else(|| format!("{}_", self.pod), |site| format!("{}_{site}.", self.pod));
        let entries = fs::read_dir(VHOSTS).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_one =
            |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix) && name.ends_with(ending));
        entries.filter(is_one).collect()
    }

    /// What the web server keeps of a site's answers. In the pod's own storage, whose limit it counts against.
    pub fn web_cache(&self, site: &SiteName) -> PathBuf {
        self.home().join(WEB).join(format!("{site}.cache"))
    }

    /// What this program knows of it.
    pub fn state(&self) -> PathBuf {
        PathBuf::from(STATES).join(format!("{}.json", self.pod))
    }

    /// Copies of what was changed by hand and replaced since.
    pub fn edits(&self) -> PathBuf {
        PathBuf::from(EDITS).join(self.pod.as_str())
    }

    /// Its lock between processes.
    pub fn lock(&self) -> String {
        format!("pod-{}", self.pod)
    }

    /// Sites that have a unit or a virtual host on the machine, whether they are wanted or not.
    pub fn sites_found(&self) -> BTreeSet<SiteName> {
        let name_of = |file: &str, prefix: &str, endings: &[&str]| {
            let rest = file.strip_prefix(prefix)?;
            SiteName::new(endings.iter().find_map(|ending| rest.strip_suffix(ending))?).ok()
        };
        let names = |folder: &str| fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let (unit, vhost) = (format!("pod-{}_", self.pod), format!("{}_", self.pod));
        let units = names(UNITS).filter_map(|file| name_of(&file, &unit, &[".service", ".socket"]));
        let of_jobs = self.cron_jobs_found().into_iter().map(|(site, _)| site);
        units.chain(of_jobs).chain(names(VHOSTS).filter_map(|file| name_of(&file, &vhost, &[".conf", ".closed"]))).collect()
    }
}

/// A unit's file.
pub fn unit_file(unit: &str) -> PathBuf {
    PathBuf::from(UNITS).join(unit)
}

/// The link that starts a unit with the machine.
pub fn wanted_link(unit: &str) -> PathBuf {
    let target = match unit {
        _ if unit.ends_with(".socket") => "sockets.target.wants",
        _ if unit.ends_with(".timer") => "timers.target.wants",
        _ => "multi-user.target.wants",
    };
    PathBuf::from(UNITS).join(target).join(unit)
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

    fn names(pod: &str) -> PodNames {
        PodNames::of(&PodName::new(pod).unwrap())
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
