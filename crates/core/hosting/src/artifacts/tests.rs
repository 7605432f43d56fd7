#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::hosting::cloudpods::Runtime;
use sha2::{Digest, Sha256, Sha512};

use super::recipes::{NodeRelease, Origin, origin};
use super::runtime::installed_version;
use super::sources::{Suite, debian_lines, named_lines, one_liners, stanzas};
use super::*;

/// A folder of the test's own that goes with it.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-artifacts-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn keep(dir: &Path, kind: &ArtifactKind, recipe: &str, content: &str) {
    let file = format!("{}-kept", kind.name());
    fs::write(dir.join(&file), content).unwrap();
    let sha256 = hex::encode(Sha256::digest(content));
    Artifact::new(kind.name(), "1".into(), recipe.into(), "any", sha256, content.len() as u64, file.into()).write(dir).unwrap();
}

#[test]
fn debian_entries_of_both_formats_are_found_and_other_vendors_are_not() {
    let list = "# deb http://old bookworm main\ndeb [arch=amd64 signed-by=/k/other.gpg] https://other/debian bookworm main\n\
                deb-src http://m/debian bookworm main\ndeb http://m/debian bookworm main contrib # ours\n\
                deb http://m/debian trixie main\ndeb http://m/extra bookworm contrib\n";
    let modern = "Types: deb deb-src\nURIs: http://m/debian\nSuites: bookworm-updates\n bookworm\nComponents: main\n\
                  Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n\
                  Types: deb\nURIs: http://off\nSuites: bookworm\nComponents: main\nEnabled: no\n\n\
                  Types: deb\n# comment\nURIs: http://m/security\nSuites: bookworm-security\nComponents: main\n";
    let entries = [one_liners(list), stanzas(modern)].concat();
    let lines = debian_lines(&entries, Suite::Bookworm, false).unwrap();
    let expected = ["deb http://m/debian bookworm main", "deb http://m/debian bookworm-updates main", "deb http://m/security bookworm-security main"];
    assert_eq!(lines, expected);
}

#[test]
fn a_release_that_apt_does_not_have_comes_from_the_mirror_of_the_one_it_has() {
    let entries =
        one_liners("deb http://m/debian bookworm main\ndeb http://m/debian bookworm-updates main\ndeb http://s/sec bookworm-security main\n");
    let lines = debian_lines(&entries, Suite::Trixie, false).unwrap();
    assert_eq!(lines, ["deb http://m/debian trixie main", "deb http://m/debian trixie-updates main", "deb http://s/sec trixie-security main"]);
    let both = "deb [trusted=yes] http://bookworm/debian bookworm main contrib\ndeb http://own/debian trixie main\n";
    assert_eq!(named_lines(both, Suite::Trixie).unwrap(), ["deb http://own/debian trixie main"]);
    let one = both.lines().next().unwrap();
    assert_eq!(named_lines(one, Suite::Trixie).unwrap(), ["deb [trusted=yes] http://bookworm/debian trixie main contrib"]);
}

#[test]
fn a_machine_without_debian_is_told_the_remedy() {
    let entries = one_liners("deb http://m/ubuntu noble main\n");
    let error = debian_lines(&entries, Suite::Bookworm, true).unwrap_err().to_string();
    assert!(error.contains("MPANEL_APT_SOURCES"), "{error}");
}

#[test]
fn links_become_files_and_configuration_stays_behind() {
    let dir = Dir::new();
    dir.file("tree/usr/share/wordpress/wp-settings.php", "settings");
    dir.file("tree/usr/share/wordpress/wp-config.php", "debian's");
    dir.file("tree/usr/share/php/getid3/getid3.php", "id3");
    dir.file("tree/usr/share/javascript/crop/crop.js", "crop");
    dir.file("tree/usr/share/ca-certificates/mozilla/b.crt", "B");
    dir.file("tree/usr/share/ca-certificates/mozilla/a.crt", "A");
    let wordpress = dir.0.join("tree/usr/share/wordpress");
    fs::create_dir_all(wordpress.join("wp-includes/certificates")).unwrap();
    symlink("../../../share/php/getid3/getid3.php", wordpress.join("wp-includes/getid3.php")).unwrap();
    symlink("/usr/share/javascript/crop", wordpress.join("wp-includes/crop")).unwrap();
    symlink("/etc/ssl/certs/ca-certificates.crt", wordpress.join("wp-includes/certificates/ca-bundle.crt")).unwrap();
    symlink("/etc/wordpress/htaccess", wordpress.join(".htaccess")).unwrap();

    let out = dir.0.join("out");
    wordpress::put_together(&dir.0.join("tree"), &out).unwrap();
    let text = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    assert_eq!(text("wp-settings.php"), "settings");
    assert_eq!(text("wp-includes/getid3.php"), "id3");
    assert_eq!(text("wp-includes/crop/crop.js"), "crop");
    assert_eq!(text("wp-includes/certificates/ca-bundle.crt"), "A\nB\n");
    assert!(!out.join("wp-config.php").exists() && fs::symlink_metadata(out.join(".htaccess")).is_err());
    assert!(!fs::symlink_metadata(out.join("wp-includes/crop")).unwrap().is_symlink());
}

#[test]
fn a_link_never_leads_out_of_the_packages() {
    let dir = Dir::new();
    dir.file("secret", "outside");
    dir.file("tree/etc/hostname", "inside");
    dir.file("tree/a/file", "x");
    symlink("../../../../../secret", dir.0.join("tree/a/climb")).unwrap();
    symlink("/etc/hostname", dir.0.join("tree/a/absolute")).unwrap();
    symlink("circle", dir.0.join("tree/a/circle")).unwrap();
    let tree = dir.0.join("tree");
    assert!(links::resolve(&tree, Path::new("a/climb")).is_err());
    assert_eq!(links::resolve(&tree, Path::new("a/absolute")).unwrap(), Path::new("etc/hostname"));
    let circle = links::resolve(&tree, Path::new("a/circle")).unwrap_err().to_string();
    assert!(circle.contains("circle of links"), "{circle}");
}

#[test]
fn an_archive_with_a_link_or_a_path_outside_is_refused() {
    let good = "drwxr-xr-x 0/0 0 2024-01-01 00:00 wordpress/\n-rw-r--r-- 0/0 9 2024-01-01 00:00 wordpress/wp-settings.php\n";
    wordpress::check_listing(good).unwrap();
    for bad in [
        "lrwxrwxrwx 0/0 0 2024-01-01 00:00 wordpress/x -> /etc/passwd",
        "-rw-r--r-- 0/0 0 2024-01-01 00:00 wordpress/../../etc/cron.d/x",
        "-rw-r--r-- 0/0 0 2024-01-01 00:00 /etc/passwd",
        "hrw-r--r-- 0/0 0 2024-01-01 00:00 wordpress/y link to wordpress/z",
    ] {
        wordpress::check_listing(&format!("{good}{bad}\n")).unwrap_err();
    }
    wordpress::check_listing("").unwrap_err();
}

#[test]
fn the_version_is_the_installed_packages() {
    let status = "Package: libphp\nVersion: 1\n\nPackage: php8.2-fpm\nStatus: install ok installed\nVersion: 8.2.28-1~deb12u1\n";
    assert_eq!(installed_version(status, "php8.2-fpm").as_deref(), Some("8.2.28-1~deb12u1"));
    assert_eq!(installed_version(status, "nodejs"), None);
}

#[tokio::test]
async fn a_whole_artifact_of_the_same_recipe_is_reused() {
    let dir = Dir::new();
    let kind = ArtifactKind::Runtime(Runtime::Node18);
    keep(&dir.0, &kind, &kind.recipe(), "squashfs");
    let store = ArtifactStore::new(&dir.0);
    let built = store.build(&kind, &|line| panic!("nothing is built: {line}")).await.unwrap();
    assert_eq!(fs::read_to_string(&built.path).unwrap(), "squashfs");
    assert_eq!(store.list().unwrap(), [built]);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_a_shortened_one_counts_as_none() {
    let dir = Dir::new();
    let kind = ArtifactKind::Runtime(Runtime::Php82);
    keep(&dir.0, &kind, &kind.recipe(), "squashfs");
    let store = ArtifactStore::new(&dir.0);
    let artifact = store.find("php8.2").unwrap().unwrap();
    store.verify(&artifact).await.unwrap();
    fs::write(&artifact.path, "squashfX").unwrap();
    assert!(matches!(store.verify(&artifact).await, Err(ArtifactError::Checksum { .. })));
    fs::write(&artifact.path, "squash").unwrap();
    assert_eq!(store.find("php8.2").unwrap(), None);
}

#[tokio::test]
async fn an_archive_with_another_checksum_is_refused_and_nothing_is_kept() {
    let (address, server) = serve_once(b"evil".to_vec()).await;
    let dir = Dir::new();
    let url = format!("{address}/wordpress.tar.gz");
    let kind = ArtifactKind::WordPress(WordPressSource::Archive { url, sha256: "00".repeat(32), version: "9".into() });
    let store = ArtifactStore::new(&dir.0);
    let error = store.build(&kind, &|_| ()).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Checksum { .. }), "{error}");
    assert_eq!(store.find("wordpress").unwrap(), None);
    assert!(!dir.0.join(".wordpress.work").exists());
    server.await.unwrap();
}

/// A web server that answers one request with this body: its address, and the line it was asked with.
async fn serve_once(body: Vec<u8>) -> (String, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned()
    });
    (address, asked)
}

/// A tar of this folder's entries.
fn tar(folder: &Path, options: &[&str], entry: &str) -> Vec<u8> {
    let made = std::process::Command::new("tar").current_dir(folder).args(options).args(["--create", entry]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    made.stdout
}

#[tokio::test]
async fn node_of_the_registry_is_put_into_the_shared_root() {
    let dir = Dir::new();
    dir.file("npm/package/bin/node", "the program");
    dir.file("npm/package/README.md", "not wanted");
    dir.file("root/usr/bin/sh", "the shell");
    let package = tar(&dir.0.join("npm"), &["--gzip"], "package");
    let base = dir.0.join("base.tar");
    fs::write(&base, tar(&dir.0.join("root"), &[], "./usr")).unwrap();
    let integrity: &str = Box::leak(format!("sha512-{}", STANDARD.encode(Sha512::digest(&package))).into_boxed_str());
    let release = NodeRelease { version: "9.8.7", x64: integrity, arm64: integrity };

    let work = dir.0.join("work");
    fs::create_dir(&work).unwrap();
    let (registry, asked) = serve_once(package).await;
    let root = node::root(&release, &base, &format!("{registry}/"), &work, &|_| ()).await.unwrap();
    let (name, _) = release.package(std::env::consts::ARCH).unwrap();
    assert_eq!(asked.await.unwrap(), format!("GET /{name}/-/{name}-9.8.7.tgz HTTP/1.1"));
    let listed = std::process::Command::new("tar").args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(&root).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let program = listed.lines().find(|line| line.ends_with("./usr/bin/node")).unwrap();
    assert!(program.contains(" 0/0 "), "{program}");
    assert!(listed.contains("./usr/bin/sh") && !listed.contains("README"), "{listed}");
    let before = fs::read(&base).unwrap();
    assert!(!before.windows(11).any(|part| part == b"the program"), "the shared root stays as it was");
}

#[tokio::test]
async fn a_package_with_another_integrity_is_refused_and_nothing_is_kept() {
    let dir = Dir::new();
    keep(&dir.0, &ArtifactKind::Base, &ArtifactKind::Base.recipe(), "the shared root");
    let (registry, server) = serve_once(b"evil".to_vec()).await;
    let store = ArtifactStore::new(&dir.0).with_registry(registry);
    let error = store.build(&ArtifactKind::Runtime(Runtime::Node24), &|line| assert!(line.starts_with("downloading"), "{line}")).await.unwrap_err();
    assert!(matches!(&error, ArtifactError::Checksum { expected, found, .. } if expected.starts_with("sha512-") && found != expected), "{error}");
    assert_eq!(store.find("node24").unwrap(), None);
    assert!(!dir.0.join(".node24.work").exists());
    server.await.unwrap();
}

#[test]
fn every_artifact_has_a_name_and_a_recipe_of_its_own() {
    let kinds = [ArtifactKind::all(WordPressSource::Debian), vec![ArtifactKind::Base]].concat();
    let names: std::collections::BTreeSet<_> = kinds.iter().map(ArtifactKind::name).collect();
    let recipes: std::collections::BTreeSet<_> = kinds.iter().map(ArtifactKind::recipe).collect();
    assert_eq!((names.len(), recipes.len()), (kinds.len(), kinds.len()));
}

#[test]
fn a_runtime_is_of_the_version_that_its_name_says() {
    for runtime in Runtime::ALL {
        let version = runtime.as_str().trim_start_matches(char::is_alphabetic);
        assert!(runtime.title().ends_with(&format!(" {version}")), "{runtime}");
        match origin(*runtime) {
            Origin::Debian(_, packages) => assert!(packages[0] == format!("php{version}-fpm") || packages[0] == "nodejs", "{runtime}"),
            Origin::Registry(release) => {
                assert!(release.version.starts_with(&format!("{version}.")), "{runtime}");
                for architecture in ["x86_64", "aarch64"] {
                    let (_, integrity) = release.package(architecture).unwrap();
                    assert_eq!(STANDARD.decode(integrity.strip_prefix("sha512-").unwrap()).unwrap().len(), 64, "{runtime}");
                }
            }
        }
    }
}

/// A WordPress archive as it is published, with this text inside.
fn archive(dir: &Dir, text: &str) -> Vec<u8> {
    dir.file("src/wordpress/wp-settings.php", text);
    let made = std::process::Command::new("tar").current_dir(dir.0.join("src")).args(["-czf", "../a.tar.gz", "wordpress"]).status().unwrap();
    assert!(made.success());
    fs::read(dir.0.join("a.tar.gz")).unwrap()
}

#[tokio::test]
async fn a_configured_archive_is_kept_and_only_the_one_before_it_stays() {
    let dir = Dir::new();
    let store = ArtifactStore::new(dir.0.join("store"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/wordpress.tar.gz", listener.local_addr().unwrap());
    let mut built = Vec::new();
    for version in ["1", "2", "3"] {
        let body = archive(&dir, version);
        let sha256 = hex::encode(Sha256::digest(&body));
        let kind = ArtifactKind::WordPress(WordPressSource::Archive { url: url.clone(), sha256: sha256.clone(), version: version.into() });
        let serve = async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        };
        let (artifact, ()) = tokio::join!(store.build(&kind, &|_| ()), serve);
        let artifact = artifact.unwrap();
        assert_eq!((artifact.version.as_str(), artifact.sha256.as_str()), (version, sha256.as_str()));
        built.push(artifact);
    }
    let there: Vec<bool> = built.iter().map(|artifact| artifact.path.exists()).collect();
    assert_eq!(there, [false, true, true]);
    assert_eq!(store.find("wordpress").unwrap().as_ref(), built.last());
}
