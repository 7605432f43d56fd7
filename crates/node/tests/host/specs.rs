//! Descriptions of pods, and the files that they need.

use std::fs;
use std::path::PathBuf;

use wire::spec::{ArtifactRef, Database, Limits, PodSpec, PodState, Stack};
use wire::verb::{ArtifactKind, ArtifactPut};
use wire::{DbName, DomainName, Email, LoginName, PodName, Secret, SiteUrl, Title};

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
    let one = |(name, kind): (&str, ArtifactKind)| {
        let path = folder().join(described(name)["file"].as_str().unwrap());
        let ArtifactRef { name, sha256 } = artifact(name);
        (ArtifactPut { name, kind, sha256, size: fs::metadata(&path).unwrap().len() }, path)
    };
    kinds.into_iter().map(one).collect()
}

/// Main name of a pod.
pub fn domain(pod: &str) -> String {
    format!("{pod}.example.test")
}

fn spec(pod: &str, stack: Stack) -> PodSpec {
    PodSpec {
        pod: PodName::new(pod).unwrap(),
        domains: vec![DomainName::new(domain(pod)).unwrap()],
        stack,
        runtime: None,
        app: None,
        limits: Limits { cpu_millis: 1000, memory_mb: 256, disk_mb: 200, tasks: 60 },
        database: None,
        state: PodState::Running,
    }
}

fn title() -> Title {
    Title::new(TITLE).unwrap()
}

pub fn static_pod(pod: &str) -> PodSpec {
    spec(pod, Stack::Static { title: title() })
}

pub fn node_pod(pod: &str) -> PodSpec {
    PodSpec { runtime: Some(artifact("node18")), ..spec(pod, Stack::Node { title: title() }) }
}

pub fn php_pod(pod: &str) -> PodSpec {
    let name = DbName::new(pod.replace('-', "_")).unwrap();
    let password = Secret::new(format!("secret-of-{pod}-0123456789")).unwrap();
    let database = Some(Database { name: name.clone(), user: name, password });
    PodSpec { runtime: Some(artifact("php8.2")), database, ..spec(pod, Stack::Php { title: title() }) }
}

pub fn wordpress_pod(pod: &str) -> PodSpec {
    let stack = Stack::Wordpress {
        title: title(),
        admin_email: Email::new("ana@example.test").unwrap(),
        admin_user: LoginName::new("ana").unwrap(),
        admin_password: Secret::new("a'good \"pass\\word $1").unwrap(),
        url: SiteUrl::new(format!("http://{}", domain(pod))).unwrap(),
    };
    PodSpec { stack, app: Some(artifact("wordpress")), ..php_pod(pod) }
}
