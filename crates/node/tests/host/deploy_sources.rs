//! Where releases come from: a repository that is asked and looked at, an archive, and the folder in which a release is made.

use std::io::Write;
use std::sync::Arc;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use wire::deploy::{
    ArchiveKind, ArchiveName, BranchHead, BranchName, BuildCommand, BuildPlan, DeployKey, GitRemote, GitSource, HostKeys, Release, ReleaseName,
    Unpacked,
};
use wire::message::{Failure, FailureKind};
use wire::spec::{ArtifactRef, PodSpec};
use wire::verb::{ArtifactPut, Built, PodApply, SiteArchive, SiteBuild, SiteHead, SiteLook, SiteReleases, SiteUnpack};
use wire::{PodName, SiteName};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{domain, php_pod, tools};

/// A git server on the tests' internet, in a network of its own: OpenSSH of the host, git of the root that builds.
const GIT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../end2end/bed/git-server.sh"));
/// Which releases' compiled code PHP has at hand.
const PHP: &str = r#"<?php $all = implode(' ', array_keys(opcache_get_status()['scripts'] ?? []));
foreach (['r1', 'r2'] as $release) { echo $release, ':', str_contains($all, "/releases/$release/") ? 'cached' : 'none', ' '; }"#;

/// A PHP site, and a repository at a git server.
pub struct Site {
    pub host: Arc<Host>,
    pub session: Session,
    spec: PodSpec,
    tools: ArtifactPut,
    key: String,
}

impl Site {
    /// The repository has nothing yet.
    pub fn open(pod: &str) -> Self {
        let host = Arc::new(Host::boot());
        let session = host.session();
        let (tools, file) = tools();
        session.put(tools.clone(), &file).unwrap();
        let mut spec = php_pod(pod);
        spec.limits.disk_mb = 400;
        spec.limits.memory_mb = 512;
        session.call(PodApply { spec: spec.clone() }).unwrap();
        host.script("mkdir -p /var/lib/keys; ssh-keygen -q -t ed25519 -N '' -f /var/lib/keys/own");
        host.script(&format!("KEY=$(cat /var/lib/keys/own.pub)\n{GIT}"));
        let key = host.script("cat /var/lib/keys/own") + "\n";
        Self { host, session, spec, tools, key }
    }

    fn pod(&self) -> PodName {
        self.spec.pod.clone()
    }

    fn tools(&self) -> ArtifactRef {
        ArtifactRef { name: self.tools.name.clone(), sha256: self.tools.sha256.clone() }
    }

    /// The repository as it is reached over SSH.
    pub fn source(&self, branch: &str, host_keys: Option<HostKeys>) -> GitSource {
        GitSource {
            remote: GitRemote::new("ssh://root@198.18.77.2/home/shop").unwrap(),
            branch: BranchName::new(branch).unwrap(),
            key: DeployKey::new(self.key.clone()).unwrap(),
            host_keys,
        }
    }

    /// What this script does in the repository's folder is its next commit, whose name is given back.
    pub fn commit(&self, script: &str) -> String {
        let git = "chroot /mnt/git git -C /home/shop";
        self.host.script(&format!(
            "cd /var/lib/repos/shop && {script} && {git} add --all && {git} -c user.name=Ana -c user.email=ana@example.test commit --quiet --message x; {git} rev-parse HEAD"
        ))
    }

    /// A release of its main branch.
    pub fn build(&self, number: i32, command: Option<&str>) -> Result<Built, Failure> {
        self.build_from(self.source("main", None), number, command)
    }

    /// A release of another source.
    pub fn build_from(&self, source: GitSource, number: i32, command: Option<&str>) -> Result<Built, Failure> {
        let tools = self.tools();
        self.session.call(SiteBuild { pod: self.pod(), site: main(), release: release(number), tools, source, plan: plan(command) })
    }

    /// Where the source's branch is.
    pub fn head(&self, source: GitSource) -> Result<BranchHead, Failure> {
        self.session.call(SiteHead { pod: self.pod(), site: main(), tools: self.tools(), source })
    }

    fn unpack(&self, number: i32, kind: ArchiveKind, archive: &ArchiveName) -> Result<Unpacked, Failure> {
        let (tools, archive) = (self.tools(), archive.clone());
        self.session.call(SiteUnpack { pod: self.pod(), site: main(), release: release(number), tools, archive, kind, plan: plan(None) })
    }

    fn switch(&self, number: i32) {
        let mut spec = self.spec.clone();
        spec.sites[0].release = Some(release(number));
        self.session.call(PodApply { spec }).unwrap();
    }

    /// Names in the site's folder, of files and folders that are there for a deploy.
    pub fn left(&self) -> String {
        let home = format!("/srv/pods/{}/sites/main", self.spec.pod);
        self.host.script(&format!("cd {home} && ls -d staging releases/* archives/* 2>/dev/null | paste -sd' '"))
    }
}

fn main() -> SiteName {
    SiteName::new("main").unwrap()
}

fn release(number: i32) -> Release {
    Release { name: ReleaseName::numbered(number).unwrap(), folder: None, start: None }
}

fn plan(command: Option<&str>) -> BuildPlan {
    BuildPlan { folder: None, command: command.map(|command| BuildCommand::new(command).unwrap()), shared: vec![], seconds: 60 }
}

fn archive(digit: char) -> ArchiveName {
    ArchiveName::new(digit.to_string().repeat(32)).unwrap()
}

/// A packed tar file of these.
fn packed(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, text) in entries {
        let mut header = tar::Header::new_ustar();
        // As it is written by nobody's library: any name.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o4755);
        header.set_cksum();
        tar.append(&header, text.as_bytes()).unwrap();
    }
    let mut gz = tar.into_inner().unwrap();
    gz.flush().unwrap();
    gz.finish().unwrap()
}

#[test]
#[ignore = "boots a real host"]
fn a_repository_is_asked_and_looked_at_and_a_release_is_made_where_no_other_program_of_the_pod_gets_at_it() {
    let site = Site::open("e-a");
    let head = site.commit("mkdir -p web/src && touch web/src/main.js && echo '{\"scripts\":{}}' >web/package.json && ln -s /etc/passwd web/link && echo hello >index.html");
    let ask = |branch| site.head(site.source(branch, None));
    let found = ask("main").unwrap();
    assert_eq!(found.commit, head);
    let refused = ask("next").unwrap_err();
    assert!(refused.kind == FailureKind::Refused && refused.message.contains("the repository has no branch next"), "{refused}");

    let look = |folder: &str| {
        let folder = (!folder.is_empty()).then(|| wire::settings::RootFolder::new(folder).unwrap());
        site.session.call(SiteLook {
            pod: site.pod(),
            site: main(),
            tools: site.tools(),
            source: site.source("main", found.host_keys.clone()),
            folder,
        })
    };
    let seen = look("web").unwrap();
    assert_eq!(
        (seen.names, seen.package.as_deref()),
        (vec!["link".to_owned(), "package.json".to_owned(), "src/".to_owned()], Some("{\"scripts\":{}}\n"))
    );
    assert_eq!((seen.commit, seen.host_keys, look("").unwrap().package), (head, None, None));
    assert!(look("nowhere").unwrap_err().message.contains("no directory nowhere"));
    assert_eq!(site.left(), "", "nothing of a look stays");

    // While a build waits, whoever has the pod's user and is not the build tries to reach it: by its folders, and by its place in /proc.
    let home = "/srv/pods/e-a/sites/main";
    thread::scope(|scope| {
        let wait = format!("pwd >where; until test -e {home}/public/go; do sleep 0.1; done; test ! -e planted");
        let site = &site;
        let building = scope.spawn(move || site.build(1, Some(&wait)));
        site.host.script(&format!("for n in $(seq 600); do test -e {home}/staging/release/where && break; sleep 0.1; done"));
        let tried = site.host.script(&format!(
            "pid=$(systemctl show --property MainPID --value pod-e-a-build.service)
             for path in {home}/staging/release {home}/releases/r1 /proc/$pid/root{home}/releases/r1 /proc/$pid/cwd; do
               setpriv --reuid p-e-a --regid p-e-a --clear-groups touch $path/planted 2>/dev/null && echo reached $path
             done
             cat {home}/staging/release/where; touch {home}/public/go"
        ));
        assert_eq!(tried, format!("{home}/releases/r1"), "it is built where it will be, and nobody else gets there");
        building.join().unwrap().unwrap();
    });
    assert_eq!(site.left(), "releases/r1");
    assert_eq!(site.host.script(&format!("stat -c %U:%a {home}/releases/r1")), "p-e-a:750");
}

#[test]
#[ignore = "boots a real host"]
fn an_archive_is_unpacked_inside_the_pod_and_deployed_and_what_leads_out_is_refused_by_name() {
    let site = Site::open("e-b");
    site.commit(&format!("cat >index.php <<'END'\n{PHP}\nEND\ntrue"));
    site.build(1, None).unwrap();
    site.switch(1);
    let take = |digit, bytes: &[u8]| site.session.feed(SiteArchive { pod: site.pod(), site: main(), archive: archive(digit) }, bytes);
    let good = packed(&[("shop-main/index.php", PHP), ("shop-main/deep/er/page.html", "deep")]);
    assert_eq!(take('a', &good).unwrap().bytes, good.len() as u64);
    let home = "/srv/pods/e-b/sites/main";
    let reached = format!(
        "setpriv --reuid p-e-b --regid p-e-b --clear-groups cat {home}/archives/* >/dev/null 2>&1 && echo reached; stat -c %U:%a {home}/archives"
    );
    assert_eq!(site.host.script(&reached), "root:700");
    assert_eq!(site.unpack(2, ArchiveKind::TarGz, &archive('a')).unwrap(), Unpacked { files: 2, bytes: PHP.len() as u64 + 4 });
    assert_eq!(
        site.host.script(&format!("stat -c %U:%a {home}/releases/r2/deep/er {home}/releases/r2/index.php | paste -sd' '")),
        "p-e-b:750 p-e-b:750"
    );

    // With the switch PHP forgets the code of the release before.
    site.host.await_page(&domain("e-b"), "r1:cached");
    site.switch(2);
    site.host.await_page(&domain("e-b"), "r1:none");
    assert_eq!(site.host.fetch(&domain("e-b"), "/deep/er/page.html"), (200, "deep".to_owned()));

    let refused = |digit, kind, bytes: &[u8]| {
        take(digit, bytes).unwrap();
        let failure = site.unpack(3, kind, &archive(digit)).unwrap_err();
        assert_eq!(
            (failure.kind, site.host.script(&format!("ls {home}/releases | paste -sd' '; test -e {home}/planted && echo out"))),
            (FailureKind::Refused, "r1 r2".to_owned()),
            "{failure}"
        );
        failure.message
    };
    let told = refused('b', ArchiveKind::TarGz, &packed(&[("ok", "ok"), ("../planted", "x")]));
    assert_eq!(told, "The archive cannot be used: ../planted: its name leads out of the archive");
    assert!(refused('c', ArchiveKind::Zip, &good).contains("it is no ZIP file"));
    let zeros = "0".repeat(40 << 20);
    assert!(refused('d', ArchiveKind::TarGz, &packed(&[("bomb", &zeros)])).contains("bomb: the files up to this one are more than is allowed"));
    assert_eq!(site.unpack(3, ArchiveKind::Zip, &archive('e')).unwrap_err().kind, FailureKind::Missing);

    // Only the one that is named stays, and none of a deploy that has ended.
    let keep = |archive| SiteReleases { pod: site.pod(), site: main(), keep: vec![release(1).name], archive };
    assert_eq!(site.session.call(keep(Some(archive('b')))).unwrap(), 0);
    assert_eq!(site.left(), format!("archives/{} releases/r1 releases/r2", "b".repeat(32)));
    assert_eq!(site.session.call(keep(None)).unwrap(), 0);
    assert_eq!(site.left(), "releases/r1 releases/r2");

    // One that is on its way outlives a deploy beside it; what nobody has come for makes room for the next one, and they come one at a time.
    site.host.script(&format!("cd {home}/archives && touch new.part && touch --date '40 minutes ago' old old.part"));
    assert_eq!(site.session.call(keep(Some(archive('b')))).unwrap(), 0);
    assert_eq!(site.left(), "archives/new.part releases/r1 releases/r2");
    site.host.script(&format!("touch --date '40 minutes ago' {home}/archives/old"));
    take('f', &good).unwrap();
    assert_eq!(site.left(), format!("archives/{} archives/new.part releases/r1 releases/r2", "f".repeat(32)));
    let lock = "/run/mpanel/locks/pod-e-b-archive";
    let holder = site.host.script(&format!(
        "nohup flock --close {lock} sleep 600 >/dev/null 2>&1 & pid=$!; while flock --nonblock {lock} true; do sleep 0.1; done; echo $pid"
    ));
    let told = take('0', &good).unwrap_err();
    assert!(told.kind == FailureKind::Refused && told.message.contains("another archive is being uploaded"), "{told}");
    site.host.script(&format!("kill {holder}; flock {lock} true"));
    take('0', &good).unwrap();
}
