//! The files that a pod's description means on this machine.

use std::path::PathBuf;

use wire::spec::{ArtifactRef, PodSpec, Stack};

use crate::fail::{Res, invalid};
use crate::host::accounts::{Account, NO_LOGIN};
use crate::host::artifacts;
use crate::host::names::{Names, mount_unit, runtime_root};
use crate::host::web;
use crate::render::php_fpm;
use crate::render::unit::{self, Program};
use crate::render::vhost::{Vhost, vhost};

use super::install;

/// One file that this program keeps as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// Its place.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its mode.
    pub mode: u32,
}

/// A runtime's mount.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Name of its unit.
    pub unit: String,
    /// Where it is mounted.
    pub root: PathBuf,
    /// Its unit file.
    pub file: Managed,
}

/// A pod's service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name of its unit.
    pub unit: String,
    /// Its unit file and what it reads.
    pub files: Vec<Managed>,
    /// The socket that shows that it listens.
    pub socket: PathBuf,
    /// Does it say by itself when it is ready?
    pub notifies: bool,
}

/// Everything outside the tenant's tree.
pub struct Desired {
    /// The slice's unit file.
    pub slice: Managed,
    /// The runtime's mount.
    pub mount: Option<Mount>,
    /// The service.
    pub service: Option<Service>,
    /// The virtual host.
    pub vhost: Vhost,
}

/// What the description means. Without an account (before the user is made) the files that carry its
/// number are left empty, which no real file equals.
pub fn desired(spec: &PodSpec, account: Option<&Account>) -> Res<Desired> {
    let names = Names::of(&spec.pod);
    let slice = Managed { path: names.unit_file(&names.slice()), text: unit::slice(&names, &spec.limits)?, mode: 0o644 };
    let mount = spec.runtime.as_ref().map(mount).transpose()?;
    let service = match &mount {
        Some(mount) => service(spec, &names, mount, account)?,
        None => None,
    };
    Ok(Desired { slice, mount, service, vhost: vhost(spec, web::ipv6())? })
}

/// The mount of a runtime.
pub fn mount(runtime: &ArtifactRef) -> Res<Mount> {
    let root = runtime_root(&runtime.name, &runtime.sha256);
    let unit = mount_unit(&root);
    let image = crate::host::names::artifact(&runtime.sha256, artifacts::RUNTIME);
    let path = PathBuf::from(crate::host::names::UNITS).join(&unit);
    let file = Managed { path, text: unit::mount(&image, &root)?, mode: 0o644 };
    Ok(Mount { unit, root, file })
}

/// How the programs of a runtime are called, from its name: `php8.2` has `php-fpm8.2`.
fn php_version(runtime: &ArtifactRef) -> Res<&str> {
    let version = runtime.name.as_str().strip_prefix("php").unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match version.split_once('.') {
        Some((major, minor)) if digits(major) && digits(minor) => Ok(version),
        _ => Err(invalid(format!("{} is not a PHP runtime (for example php8.2)", runtime.name))),
    }
}

/// The sandbox of a pod's programs; `None` for static sites.
pub fn program<'a>(spec: &PodSpec, names: &'a Names, root: &'a std::path::Path) -> Program<'a> {
    let node = matches!(spec.stack, Stack::Node { .. });
    Program { names, root, database: spec.database.is_some(), node }
}

/// Full path of the PHP interpreter inside the pod's runtime.
pub fn php_program(runtime: &ArtifactRef) -> Res<String> {
    Ok(format!("/usr/bin/php{}", php_version(runtime)?))
}

fn service(spec: &PodSpec, names: &Names, mount: &Mount, account: Option<&Account>) -> Res<Option<Service>> {
    let Some(runtime) = &spec.runtime else { return Ok(None) };
    let program = program(spec, names, &mount.root);
    let config = |name: &str, text: String| Managed { path: names.config().join(name), text, mode: 0o644 };
    let (unit, own, socket) = match spec.stack {
        Stack::Static { .. } => return Ok(None),
        Stack::Node { .. } => (names.service("node"), node_keys(names), "app.sock"),
        _ => (names.service("php"), php_keys(php_version(runtime)?), "fpm.sock"),
    };
    let mut files = vec![
        Managed { path: names.unit_file(&unit), text: unit::service(&program, &own)?, mode: 0o644 },
        config("passwd", account.map(|a| passwd(names, a)).unwrap_or_default()),
        config("group", account.map(|a| group(names, a)).unwrap_or_default()),
        config("hosts", hosts(spec)),
    ];
    if !program.node {
        files.push(config("fpm.conf", php_fpm::fpm(names, &spec.limits)?));
    }
    if matches!(spec.stack, Stack::Wordpress { .. }) {
        files.push(config("install.php", install::SCRIPT.to_owned()));
    }
    Ok(Some(Service { unit, files, socket: names.run().join(socket), notifies: !program.node }))
}

fn php_keys(version: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Type", "notify".into()),
        ("ExecStart", format!("/usr/sbin/php-fpm{version} --nodaemonize --fpm-config /run/pod/fpm.conf")),
        ("Restart", "always".into()),
        ("UMask", "0027".into()),
        ("TimeoutStartSec", "60".into()),
        ("TimeoutStopSec", "10".into()),
    ]
}

fn node_keys(names: &Names) -> Vec<(&'static str, String)> {
    vec![
        ("Type", "exec".into()),
        ("WorkingDirectory", format!("{}/app", names.home().display())),
        ("Environment", format!("PORT={}/app.sock NODE_ENV=production", names.run().display())),
        ("ExecStart", "/usr/bin/node server.js".into()),
        ("Restart", "always".into()),
        // The web server is in the pod's group and must be able to write to the socket.
        ("UMask", "0007".into()),
        ("TimeoutStopSec", "10".into()),
    ]
}

/// The pod sees no other users than these.
fn passwd(names: &Names, account: &Account) -> String {
    let (user, home) = (names.user(), names.home());
    format!(
        "root:x:0:0::/root:{NO_LOGIN}\nnobody:x:65534:65534::/nonexistent:{NO_LOGIN}\n{user}:x:{}:{}::{}:{NO_LOGIN}\n",
        account.uid,
        account.gid,
        home.display()
    )
}

fn group(names: &Names, account: &Account) -> String {
    format!("root:x:0:\nnogroup:x:65534:\n{}:x:{}:\n", names.user(), account.gid)
}

/// The site reaches itself without leaving the machine, also before its name is in the DNS.
fn hosts(spec: &PodSpec) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    for domain in &spec.domains {
        text.push_str(&format!("127.0.0.1 {domain}\n"));
    }
    text
}
