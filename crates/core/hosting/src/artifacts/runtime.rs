//! A runtime: the smallest Debian root that carries one language, as a squashfs file that all pods of a server share.
//!
//! A pod's units enter it by `RootDirectory=`. It is read-only, so every mount point those units use is made here.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::sources::{Suite, apt_sources};
use super::tool::{APT_CONFIG, MKSQUASHFS, MMDEBSTRAP};
use super::{ArtifactError, Progress};

/// Constant options of mmdebstrap. The hooks run in mmdebstrap's own shell; no value of ours is ever put into them.
pub(super) const OPTIONS: &[&str] = &[
    "--mode=auto",
    "--variant=essential",
    "--format=tar",
    "--aptopt=APT::Install-Recommends \"false\"",
    "--aptopt=Acquire::Languages \"none\"",
    // It would remove the mount points below /run.
    "--skip=cleanup/run",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/lintian/*",
    "--dpkgopt=path-exclude=/usr/share/bug/*",
    // No service starts while the packages are installed.
    "--setup-hook=mkdir -p \"$1/usr/sbin\"; printf '#!/bin/sh\\nexit 101\\n' > \"$1/usr/sbin/policy-rc.d\"; chmod 755 \"$1/usr/sbin/policy-rc.d\"",
    "--customize-hook=download /var/lib/dpkg/status status",
    // The mirror that built it is nobody's business on the servers.
    "--customize-hook=rm -rf \"$1/usr/sbin/policy-rc.d\" \"$1\"/var/cache/debconf \"$1\"/var/cache/ldconfig \"$1\"/var/log/*; : > \"$1/etc/apt/sources.list\"",
    "--customize-hook=cd \"$1\" && rm -rf run/* && mkdir -p srv/pods run/pods run/mysqld run/lock run/systemd/journal etc/pods proc sys dev tmp var/tmp home root && chmod 1777 tmp var/tmp",
    "--customize-hook=cd \"$1\" && rm -f etc/resolv.conf etc/hostname && for f in etc/resolv.conf etc/machine-id run/systemd/notify run/systemd/journal/socket run/systemd/journal/stdout run/systemd/journal/dev-log; do : > \"$f\"; done",
    "--customize-hook=printf '127.0.0.1 localhost\\n::1 localhost\\n' > \"$1/etc/hosts\"",
    // A pod never gains another user's rights.
    "--customize-hook=find \"$1\" -xdev -type f -perm /6000 -exec chmod a-s {} +",
];

/// Constant options of mksquashfs, which reads the tar from standard input. A higher level takes thirty times as long for an eighth less.
pub(super) const PACK_OPTIONS: &[&str] = &["-tar", "-comp", "zstd", "-Xcompression-level", "3", "-noappend", "-no-progress", "-quiet"];

/// What this machine's apt was told about its mirror has to hold for the build, too.
const MIRROR_SETTINGS: &[&str] = &["Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy"];

/// Builds a runtime of Debian's packages in `work` and returns its file and the version of its first package.
pub(super) async fn build(suite: Suite, packages: &[&str], work: &Path, progress: Progress<'_>) -> Result<(PathBuf, String), ArtifactError> {
    let (tar, version) = root(suite, packages, work, progress).await?;
    Ok((pack(&tar, work, progress).await?, version))
}

/// The smallest root of a Debian release with these packages, as a tar in `work`, and the version of the first one.
pub(super) async fn root(suite: Suite, packages: &[&str], work: &Path, progress: Progress<'_>) -> Result<(PathBuf, String), ArtifactError> {
    let tar = work.join("root.tar");
    let mut make = MMDEBSTRAP.command(work);
    make.args(OPTIONS).arg(format!("--include={}", packages.join(",")));
    for option in mirror_options(work).await? {
        make.arg(option);
    }
    // As root its own folder, so that an aborted build leaves nothing; another user's must be one that sub-users can enter.
    if is_root() {
        make.env("TMPDIR", work);
    }
    make.arg(suite.as_str()).arg("-").args(apt_sources(suite)?);
    make.stdout(Stdio::from(File::create(&tar).map_err(ArtifactError::file(&tar))?));
    MMDEBSTRAP.run(&mut make, progress).await?;

    let status = work.join("status");
    let installed = std::fs::read_to_string(&status).map_err(ArtifactError::file(&status))?;
    let first = packages.first().copied().unwrap_or_default();
    let version = installed_version(&installed, first).ok_or_else(|| ArtifactError::Content(format!("{first} is not in the built root")))?;
    Ok((tar, version))
}

/// The squashfs file of a root.
pub(super) async fn pack(tar: &Path, work: &Path, progress: Progress<'_>) -> Result<PathBuf, ArtifactError> {
    progress("packing");
    let packed = work.join("root.sqfs");
    let mut pack = MKSQUASHFS.command(work);
    pack.arg("-").arg(&packed).args(PACK_OPTIONS).stdout(Stdio::null());
    pack.stdin(Stdio::from(File::open(tar).map_err(ArtifactError::file(tar))?));
    MKSQUASHFS.run(&mut pack, progress).await?;
    Ok(packed)
}

/// The version of a package in dpkg's status file.
pub(super) fn installed_version(status: &str, package: &str) -> Option<String> {
    let stanza = status.split("\n\n").find(|stanza| stanza.lines().any(|line| line.strip_prefix("Package: ") == Some(package)))?;
    stanza.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned)
}

async fn mirror_options(work: &Path) -> Result<Vec<String>, ArtifactError> {
    let mut options = Vec::new();
    for setting in MIRROR_SETTINGS {
        let value = APT_CONFIG.output(work, ["dump", "--format", "%v", setting]).await?;
        let value = value.trim();
        if !value.is_empty() && !value.contains('"') {
            options.push(format!("--aptopt={setting} \"{value}\""));
        }
    }
    Ok(options)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
