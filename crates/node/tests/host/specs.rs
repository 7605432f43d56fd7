//! Descriptions of pods, and the files that they need.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use wire::spec::{ArtifactRef, Database, HandEdits, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack};
use wire::verb::{ArtifactKind, ArtifactPut};
use wire::{DbName, DomainName, Email, LoginName, PodName, PodUid, Secret, SiteName, SiteUrl, Title};

/// A title that tries to be something else everywhere it goes.
pub const TITLE: &str = "Ana & Sons' \"Bakery\" <b> $(reboot) `id` \\ ${x}";

fn folder() -> PathBuf {
    let cache = std::env::var("MPANEL_CACHE").unwrap_or_else(|_| format!("{}/.cache/mpanel", std::env::var("HOME").unwrap()));
    PathBuf::from(cache).join("artifacts")
}

fn described(name: &str) -> serde_json::Value {
    let path = folder().join(format!("{name}.json"));
    let text = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e} (the setup builds it)", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn artifact(name: &str) -> ArtifactRef {
    ArtifactRef { name: name.parse().unwrap(), sha256: described(name)["sha256"].as_str().unwrap().parse().unwrap() }
}

/// What is shipped to every test host.
pub fn shipped() -> Vec<(ArtifactPut, PathBuf)> {
    let kinds = [("php8.2", ArtifactKind::Runtime), ("node18", ArtifactKind::Runtime), ("wordpress", ArtifactKind::Archive)];
    kinds.into_iter().map(|(name, kind)| put(name, kind)).collect()
}

/// What builds releases; shipped to the hosts that need it.
pub fn tools() -> (ArtifactPut, PathBuf) {
    put("build", ArtifactKind::Runtime)
}

fn put(name: &str, kind: ArtifactKind) -> (ArtifactPut, PathBuf) {
    let path = folder().join(described(name)["file"].as_str().unwrap());
    let ArtifactRef { name, sha256 } = artifact(name);
    (ArtifactPut { name, kind, sha256, size: fs::metadata(&path).unwrap().len() }, path)
}

/// Main name of a pod.
pub fn domain(pod: &str) -> String {
    format!("{pod}.example.test")
}

/// A number for a pod's user that no other pod of these tests has.
fn uid() -> PodUid {
    static NEXT: AtomicU32 = AtomicU32::new(PodUid::FIRST + 1000);
    PodUid::new(NEXT.fetch_add(1, Ordering::SeqCst)).unwrap()
}

fn site(pod: &str, stack: Stack) -> SiteSpec {
    SiteSpec {
        name: SiteName::new("main").unwrap(),
        domains: vec![DomainName::new(domain(pod)).unwrap()],
        stack,
        runtime: None,
        source: None,
        certificate: None,
        stopped: false,
        settings: Default::default(),
        release: None,
        environment: Vec::new(),
        cron_jobs: Vec::new(),
        sleep_after_minutes: None,
    }
}

fn spec(site: SiteSpec, pod: &str) -> PodSpec {
    PodSpec {
        pod: PodName::new(pod).unwrap(),
        uid: uid(),
        limits: Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 200, tasks: 60 },
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        sites: vec![site],
        databases: vec![],
        hand_edits: HandEdits::Replace,
    }
}

/// The database of a pod in these tests; its user has the same name.
pub fn database(pod: &str) -> Database {
    let name = DbName::new(pod.replace('-', "_")).unwrap();
    Database { name: name.clone(), user: name, password: Secret::new(format!("secret-of-{pod}-0123456789")).unwrap() }
}

fn title() -> Title {
    Title::new(TITLE).unwrap()
}

pub fn static_pod(pod: &str) -> PodSpec {
    spec(site(pod, Stack::Static { title: title() }), pod)
}

pub fn node_pod(pod: &str) -> PodSpec {
    spec(SiteSpec { runtime: Some(artifact("node18")), ..site(pod, Stack::Node { title: title() }) }, pod)
}

pub fn php_pod(pod: &str) -> PodSpec {
    let site = SiteSpec { runtime: Some(artifact("php8.2")), ..site(pod, Stack::Php { title: title() }) };
    PodSpec { databases: vec![database(pod)], ..spec(site, pod) }
}

pub fn wordpress_pod(pod: &str) -> PodSpec {
    let stack = Stack::Wordpress {
        title: title(),
        admin_email: Email::new("ana@example.test").unwrap(),
        admin_user: LoginName::new("ana").unwrap(),
        admin_password: Secret::new("a'good \"pass\\word $1").unwrap(),
        url: SiteUrl::new(format!("http://{}", domain(pod))).unwrap(),
        database: database(pod).name,
    };
    let site = SiteSpec { runtime: Some(artifact("php8.2")), source: Some(artifact("wordpress")), ..site(pod, stack) };
    PodSpec { databases: vec![database(pod)], ..spec(site, pod) }
}

/// The same pod in another state.
pub fn suspended(spec: &PodSpec) -> PodSpec {
    PodSpec { state: PodState::Suspended, ..spec.clone() }
}
