//! WordPress as one archive with the top folder `wordpress`, files and folders only, without configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::fetch::{Expected, fetch};
use super::sources::{Suite, apt_sources};
use super::tool::{APT_GET, DPKG_DEB, TAR};
use super::{ArtifactError, Progress, WordPressSource, links};

/// Debian's WordPress, its default theme, and the packages that its links lead into. The first gives the version.
pub(super) const PACKAGES: &[&str] =
    &["wordpress", "wordpress-theme-twentytwentyfive", "php-getid3", "libjs-cropper", "libjs-lodash", "libjs-underscore", "ca-certificates"];

/// Constant options of tar: the same files give the same archive.
pub(super) const PACK_OPTIONS: &[&str] =
    &["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--mode=u=rwX,go=rX", "--format=gnu", "--gzip"];

/// Debian's own configuration loader and Apache's file have no place in a pod; the certificate bundle is put together here.
const LEFT_OUT: &[&str] = &["wp-config.php", ".htaccess"];
const BUNDLE: &str = "wp-includes/certificates/ca-bundle.crt";

/// Builds the archive in `work` and returns it with its version.
pub(super) async fn build(source: &WordPressSource, work: &Path, progress: Progress<'_>) -> Result<(PathBuf, String), ArtifactError> {
    match source {
        WordPressSource::Debian => from_debian(work, progress).await,
        WordPressSource::Archive { url, sha256, version } => {
            let file = work.join("wordpress.tar.gz");
            fetch(url, Expected::Sha256(sha256), &file, progress).await?;
            check_listing(&TAR.output(work, ["--list", "--verbose", "--gzip", "--file", "wordpress.tar.gz"]).await?)?;
            Ok((file, version.clone()))
        }
    }
}

async fn from_debian(work: &Path, progress: Progress<'_>) -> Result<(PathBuf, String), ArtifactError> {
    let (debs, tree, out) = (work.join("debs"), work.join("tree"), work.join("out"));
    for folder in [&debs, &tree, &out, &work.join("lists/partial"), &work.join("cache/archives/partial")] {
        fs::create_dir_all(folder).map_err(ArtifactError::file(folder))?;
    }
    progress("downloading Debian's WordPress");
    download(work, &debs, progress).await?;
    let mut version = None;
    for deb in files_of(&debs)? {
        let mut unpack = DPKG_DEB.command(work);
        DPKG_DEB.run(unpack.arg("--extract").arg(&deb).arg(&tree), progress).await?;
        let name = DPKG_DEB.output(work, ["--field".as_ref(), deb.as_os_str(), "Package".as_ref()]).await?;
        if name.trim() == "wordpress" {
            let field = DPKG_DEB.output(work, ["--field".as_ref(), deb.as_os_str(), "Version".as_ref()]).await?;
            version = Some(field.trim().to_owned());
        }
    }
    let version = version.ok_or_else(|| ArtifactError::Content("apt gave no wordpress package".to_owned()))?;
    progress("packing the files");
    tokio::task::spawn_blocking(move || put_together(&tree, &out.join("wordpress")))
        .await
        .map_err(|error| ArtifactError::Content(error.to_string()))??;
    let file = work.join("wordpress.tar.gz");
    let mut pack = TAR.command(&work.join("out"));
    TAR.run(pack.args(PACK_OPTIONS).arg("--create").arg("--file").arg(&file).arg("wordpress"), progress).await?;
    Ok((file, version))
}

/// apt with lists, cache and sources of its own: the machine's stay as they are.
async fn download(work: &Path, debs: &Path, progress: Progress<'_>) -> Result<(), ArtifactError> {
    let sources = work.join("sources.list");
    fs::write(&sources, apt_sources(Suite::Trixie)?.join("\n") + "\n").map_err(ArtifactError::file(&sources))?;
    let settings = [
        ("Dir::State::lists=", work.join("lists")),
        ("Dir::Cache=", work.join("cache")),
        ("Dir::Etc::sourcelist=", sources),
        ("Dir::Etc::sourceparts=", PathBuf::from("/dev/null")),
        ("Dir::Etc::preferences=", PathBuf::from("/dev/null")),
        ("Dir::Etc::preferencesparts=", PathBuf::from("/dev/null")),
        // Its unprivileged user cannot enter our folder.
        ("APT::Sandbox::User=", PathBuf::from("root")),
        ("Acquire::Languages=", PathBuf::from("none")),
    ];
    for verb in [&["update"][..], &[&["download"], PACKAGES].concat()] {
        let mut apt = APT_GET.command(debs);
        for (key, value) in &settings {
            let mut setting = std::ffi::OsString::from(key);
            setting.push(value);
            apt.arg("-o").arg(setting);
        }
        APT_GET.run(apt.arg("-qq").args(verb).stdout(Stdio::null()), progress).await?;
    }
    Ok(())
}

/// The pod's copy: everything below /usr/share/wordpress with links replaced by what they lead to.
pub(super) fn put_together(tree: &Path, to: &Path) -> Result<(), ArtifactError> {
    let bundle = certificate_bundle(tree)?;
    let link = tree.join("usr/share/wordpress").join(BUNDLE);
    match fs::remove_file(&link) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(ArtifactError::file(&link)(error)),
    }
    links::copy_resolved(tree, Path::new("usr/share/wordpress"), to, LEFT_OUT)?;
    let target = to.join(BUNDLE);
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(ArtifactError::file(folder))?;
    }
    fs::write(&target, bundle).map_err(ArtifactError::file(&target))
}

/// Debian makes this file at installation from all certificates of its package; so do we.
fn certificate_bundle(tree: &Path) -> Result<Vec<u8>, ArtifactError> {
    let folder = tree.join("usr/share/ca-certificates/mozilla");
    let mut bundle = Vec::new();
    for file in files_of(&folder)? {
        bundle.extend(fs::read(&file).map_err(ArtifactError::file(&file))?);
        bundle.push(b'\n');
    }
    Ok(bundle)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, ArtifactError> {
    let entries = fs::read_dir(folder).map_err(ArtifactError::file(folder))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    Ok(files)
}

/// Refuses an archive with anything but files and folders below `wordpress/` (from tar's long listing).
pub(super) fn check_listing(listing: &str) -> Result<(), ArtifactError> {
    let mut index = false;
    for line in listing.lines() {
        // "-rw-r--r-- user/group 405 2020-02-06 06:33 wordpress/index.php"
        let path = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
        let plain = line.starts_with(['-', 'd']);
        let inside = path.starts_with("wordpress/") && !path.split('/').any(|part| part == "..");
        if !plain || !inside {
            return Err(ArtifactError::Content(format!("the archive holds something that is not a file below wordpress/: {line}")));
        }
        index |= path == "wordpress/wp-settings.php";
    }
    if index { Ok(()) } else { Err(ArtifactError::Content("the archive holds no WordPress".to_owned())) }
}
