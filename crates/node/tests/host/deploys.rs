//! Releases: fetched over SSH, built inside the pod, switched while visitors ask without a pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use wire::deploy::{BranchName, BuildCommand, BuildPlan, DeployKey, GitRemote, GitSource, HostKeys, Release, ReleaseName};
use wire::message::{Failure, FailureKind};
use wire::settings::RootFolder;
use wire::spec::{ArtifactRef, PodSpec, PodState, SiteSpec};
use wire::verb::{ArtifactPut, Built, PodApply, PodPlan, SiteBuild, SiteReleases};
use wire::{DomainName, SiteName};

use crate::bed::Host;
use crate::session::Session;
use crate::specs::{domain, node_pod, php_pod, static_pod, tools};

/// A git server on the tests' internet, in a network of its own: OpenSSH of the host, git of the root that builds.
const GIT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../end2end/bed/git-server.sh"));

const NODE: &str = "const { readFileSync } = require('fs');
const read = (name) => readFileSync(`${__dirname}/${name}`, 'utf8').trim();
require('http').createServer((_, answer) => {
  const first = read('a');
  setTimeout(() => answer.end(`${first}-${read('b')} ${process.cwd()}`), 15);
}).listen(process.env.PORT);";
const PHP: &str = "<?php $first = trim(file_get_contents(__DIR__ . '/a')); usleep(15000); echo $first, '-', trim(file_get_contents(__DIR__ . '/b'));";

/// The sites of the pod.
const SITES: [&str; 2] = ["main", "dapp"];
/// Number of the last release that visitors get: twenty deploys after the first one.
const LAST: i32 = 21;

struct Git<'a> {
    host: &'a Host,
    session: &'a Session,
    spec: &'a PodSpec,
    tools: &'a ArtifactPut,
    key: String,
}

impl Git<'_> {
    /// The next commit, with this word in two files.
    fn commit(&self, word: &str) {
        let script = format!(
            "cd /var/lib/repos/shop && echo {word} >a && echo {word} >b && chroot /mnt/git git -C /home/shop add --all && \
             chroot /mnt/git git -C /home/shop -c user.name=Ana -c user.email=ana@example.test commit --quiet --message 'Release {word}; $(reboot)'; echo $?"
        );
        assert_eq!(self.host.script(&script), "0");
    }

    fn build(&self, site: &str, release: &Release, command: Option<&str>, host_keys: Option<HostKeys>, seconds: u32) -> Result<Built, Failure> {
        self.session.call(SiteBuild {
            pod: self.spec.pod.clone(),
            site: SiteName::new(site).unwrap(),
            release: release.clone(),
            tools: ArtifactRef { name: self.tools.name.clone(), sha256: self.tools.sha256.clone() },
            source: GitSource {
                remote: GitRemote::new("ssh://root@198.18.77.2/home/shop").unwrap(),
                branch: BranchName::new("main").unwrap(),
                key: DeployKey::new(self.key.clone()).unwrap(),
                host_keys,
            },
            plan: BuildPlan {
                folder: None,
                command: command.map(|command| BuildCommand::new(command).unwrap()),
                shared: vec![RootFolder::new("uploads").unwrap()],
                seconds,
            },
        })
    }
}

fn release(number: i32, folder: Option<&str>) -> Release {
    Release { name: ReleaseName::numbered(number).unwrap(), folder: folder.map(|folder| RootFolder::new(folder).unwrap()), start: None }
}

/// Somebody who asks for a page without a pause.
struct Visitor {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<Vec<String>>>,
}

impl Visitor {
    fn of(host: &Arc<Host>, domain: String, is_right: fn(&str) -> bool) -> Self {
        let (stop, asked, host) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::clone(host));
        let (ends, counts) = (Arc::clone(&stop), Arc::clone(&asked));
        let thread = thread::spawn(move || {
            let mut wrong = Vec::new();
            while !ends.load(Ordering::SeqCst) {
                let (status, body) = host.fetch(&domain, "/");
                counts.fetch_add(1, Ordering::SeqCst);
                if status != 200 || !is_right(&body) {
                    wrong.push(format!("{status}: {body:.80}"));
                }
            }
            wrong
        });
        Self { stop, asked, thread: Some(thread) }
    }

    /// What was wrong of how much.
    fn end(mut self) -> (Vec<String>, usize) {
        self.stop.store(true, Ordering::SeqCst);
        (self.thread.take().unwrap().join().unwrap(), self.asked.load(Ordering::SeqCst))
    }
}

impl Drop for Visitor {
    /// A test that fails lets its visitors go, and with them the host.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// Both files are those of one release.
fn is_whole(body: &str) -> bool {
    let words = body.split_whitespace().next().unwrap_or_default();
    words.split_once('-').is_some_and(|(first, second)| first == second && first.starts_with('w'))
}

#[test]
#[ignore = "boots a real host"]
fn visitors_notice_nothing_of_twenty_deploys_and_ten_rollbacks_and_no_build_harms_the_release_or_a_neighbour() {
    let host = Arc::new(Host::boot());
    let session = host.session();
    let (put, file) = tools();
    session.put(put.clone(), &file).unwrap();
    let mut spec = php_pod("d-a");
    let app = SiteSpec {
        name: SiteName::new("dapp").unwrap(),
        domains: vec![DomainName::new("dapp.example.test").unwrap()],
        ..node_pod("d-a").sites.remove(0)
    };
    spec.sites.push(app);
    spec.limits.memory_mb = 512;
    spec.limits.tasks = 120;
    spec.limits.disk_mb = 400;
    let neighbour = static_pod("d-n");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    session.call(PodApply { spec: neighbour }).unwrap();
    host.script("mkdir -p /var/lib/keys; for name in own other; do ssh-keygen -q -t ed25519 -N '' -f /var/lib/keys/$name; done");
    host.script(&format!("KEY=$(cat /var/lib/keys/own.pub)\n{GIT}"));
    let key = host.script("cat /var/lib/keys/own") + "\n";
    let write = |name: &str, text: &str| host.script(&format!("cat >/var/lib/repos/shop/{name} <<'END'\n{text}\nEND"));
    write("server.js", NODE);
    write("index.php", PHP);
    host.script("cd /var/lib/repos/shop && mkdir uploads && echo first >uploads/photo");
    let base = spec.clone();
    let git = Git { host: &host, session: &session, spec: &base, tools: &put, key };

    // The first release of each site, built by the shell of the pod's sandbox as the pod's user.
    let build = "id -un >who; mkdir -p dist; cp -r a b who index.php server.js uploads dist; test ! -e .git; touch /srv/pods/d-a/sites/main/x && exit 9; true";
    let mut keys = None;
    git.commit("w1");
    for site in SITES {
        let built = git.build(site, &release(1, Some("dist")), Some(build), keys.clone(), 60).unwrap();
        assert_eq!((built.commit.len(), built.subject.as_str()), (40, "Release w1; $(reboot)"));
        keys = keys.or(built.host_keys);
    }
    let keys = keys.expect("host keys are told");
    assert_eq!(host.script("cat /srv/pods/d-a/sites/dapp/releases/r1/who; find / -xdev -name 'key' -path '*deploy*' 2>/dev/null; ls /srv/pods/d-a/sites/main/releases"), "p-d-a\nr1");

    let switch = |spec: &mut PodSpec, number: i32| {
        for site in &mut spec.sites {
            site.release = Some(release(number, Some("dist")));
        }
        session.call(PodApply { spec: spec.clone() }).unwrap();
        for name in [domain("d-a"), "dapp.example.test".to_owned()] {
            host.await_page(&name, &format!("w{number}-w{number}"));
        }
    };
    let keep = |site: &str, keep: &[i32]| {
        let keep = keep.iter().map(|number| ReleaseName::numbered(*number).unwrap()).collect();
        session.call(SiteReleases { pod: base.pod.clone(), site: SiteName::new(site).unwrap(), keep, archive: None }).unwrap()
    };
    switch(&mut spec, 1);
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    assert!(host.fetch("dapp.example.test", "/").1.starts_with("w1-w1 /srv/pods/d-a/sites/dapp/releases/r1/dist"));
    let visitors: Vec<Visitor> = [domain("d-a"), "dapp.example.test".to_owned()].into_iter().map(|name| Visitor::of(&host, name, is_whole)).collect();
    let beside = Visitor::of(&host, domain("d-n"), |body| body.contains("is ready"));
    // All of a deploy while they ask: the next commit is fetched, built, tried and switched to, and of the releases before only the last two stay.
    // After every second one visitors are brought back to the release before.
    for number in 2..=LAST {
        git.commit(&format!("w{number}"));
        for site in SITES {
            let built = git.build(site, &release(number, Some("dist")), Some(build), Some(keys.clone()), 60).unwrap();
            assert_eq!(built.subject, format!("Release w{number}; $(reboot)"));
        }
        switch(&mut spec, number);
        for site in SITES {
            assert_eq!(keep(site, &[number - 2, number - 1, number].map(|kept| kept.max(1))), u32::from(number > 3), "{site} {number}");
        }
        if number % 2 == 1 {
            switch(&mut spec, number - 1);
        }
    }
    switch(&mut spec, LAST);

    assert_eq!(host.fetch(&domain("d-a"), "/uploads/photo"), (200, "first\n".to_owned()), "shared folders are those of all releases");

    // Builds that fail, fork without end until their time is over, and fill the disk.
    let refused = |command: &str, seconds: u32| {
        let failure = git.build("main", &release(30, None), Some(command), Some(keys.clone()), seconds).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
        assert_eq!(
            host.script("ls /srv/pods/d-a/sites/main/releases; systemctl is-active pod-d-a-build.service"),
            "r19\nr20\nr21\ninactive",
            "{failure}"
        );
        failure.message
    };
    assert!(refused("echo not today >&2; exit 3", 60).contains("not today"));
    assert!(refused("f() { f | f & }; f & exec sleep 1000", 10).contains("took longer than 10 s"));
    assert!(refused("cat /dev/zero >full", 60).starts_with("The build failed"));
    // A program that does not start, and one that does not listen, are not tried on visitors.
    write("server.js", "throw new Error('broken on purpose')");
    write("index.php", "<?php throw new Exception('broken on purpose');");
    git.commit("broken");
    assert!(refused("true", 60).contains("its index.php responded with HTTP 500"));
    let failure = git.build("dapp", &release(30, None), None, Some(keys.clone()), 60).unwrap_err();
    assert!(failure.message.starts_with("The new release does not work: "), "{failure}");

    // Whose key is not known there gets nothing; a server with another host key is not believed.
    let other = Git { key: host.script("cat /var/lib/keys/other") + "\n", ..git };
    assert!(
        other.build("main", &release(30, None), None, Some(keys.clone()), 60).unwrap_err().message.starts_with("Couldn't fetch the repository: ")
    );
    let changed = HostKeys::new(host.script("sed 's/^/198.18.77.2 /' /var/lib/keys/other.pub")).unwrap();
    let failure = git_with(&other, &host).build("main", &release(30, None), None, Some(changed), 60).unwrap_err();
    assert!(failure.message.contains("Host key verification failed"), "{failure}");

    for visitor in visitors.into_iter().chain([beside]) {
        let (wrong, asked) = visitor.end();
        assert!(wrong.is_empty() && asked > 200, "{} of {asked}: {:?}", wrong.len(), wrong.first());
    }
    assert_eq!(keep("main", &[LAST - 1]), 1, "the one that is served stays too");
    assert_eq!(host.script("ls /srv/pods/d-a/sites/main/releases"), "r20\nr21");

    // A release whose folder is gone is not switched to.
    host.script("rm -r /srv/pods/d-a/sites/main/releases/r20/dist");
    let mut gone = spec.clone();
    gone.sites[0].release = Some(release(LAST - 1, Some("dist")));
    assert_eq!(session.call(PodApply { spec: gone }).unwrap_err().kind, FailureKind::Refused);

    // Nothing of a pod that is suspended is built any more.
    thread::scope(|scope| {
        let build = scope.spawn(|| git.build("main", &release(31, None), Some("touch started; sleep 90"), Some(keys.clone()), 100));
        host.script("for n in $(seq 300); do test -e /srv/pods/d-a/sites/main/staging/release/started && break; sleep 0.1; done");
        session.call(PodApply { spec: PodSpec { state: PodState::Suspended, ..spec.clone() } }).unwrap();
        let failure = build.join().unwrap().unwrap_err();
        assert!(failure.message.starts_with("The build failed: "), "{failure}");
    });
    assert_eq!(host.script("ls /srv/pods/d-a/sites/main/releases; systemctl is-active pod-d-a-build.service"), "r20\nr21\ninactive");
}

fn git_with<'a>(git: &Git<'a>, host: &Host) -> Git<'a> {
    Git { host: git.host, session: git.session, spec: git.spec, tools: git.tools, key: host.script("cat /var/lib/keys/own") + "\n" }
}
