//! Which artifacts there are, and the recipe of each.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ArtifactError, runtime, wordpress};

/// Something the panel can build and ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactKind {
    /// PHP 8.2 with FPM and the extensions that WordPress and most PHP applications ask for.
    Php82,
    /// Node 18.
    Node18,
    /// The WordPress files, without configuration.
    WordPress(WordPressSource),
}

/// Where WordPress comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum WordPressSource {
    /// Debian's package with its default theme.
    #[default]
    Debian,
    /// An archive with one top folder `wordpress`, as WordPress publishes it.
    Archive {
        /// Address of the `.tar.gz`.
        url: String,
        /// SHA-256 of that file, hex.
        sha256: String,
        /// The version inside, as shown to people.
        version: String,
    },
}

impl ArtifactKind {
    /// Every artifact, WordPress from Debian's package.
    pub fn all() -> [Self; 3] {
        [Self::Php82, Self::Node18, Self::WordPress(WordPressSource::Debian)]
    }

    /// The name that plans, servers and the command line use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Php82 => "php8.2",
            Self::Node18 => "node18",
            Self::WordPress(_) => "wordpress",
        }
    }

    /// How its file name ends.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Php82 | Self::Node18 => "sqfs",
            Self::WordPress(_) => "tar.gz",
        }
    }

    /// Debian packages of a runtime; the first gives the version.
    pub(super) fn packages(&self) -> &'static [&'static str] {
        match self {
            Self::Php82 => &[
                "php8.2-fpm",
                "php8.2-cli",
                "php8.2-mysql",
                "php8.2-gd",
                "php8.2-curl",
                "php8.2-xml",
                "php8.2-mbstring",
                "php8.2-zip",
                "php8.2-intl",
                "php8.2-opcache",
                "ca-certificates",
                "tzdata",
            ],
            Self::Node18 => &["nodejs", "ca-certificates", "tzdata"],
            Self::WordPress(_) => wordpress::PACKAGES,
        }
    }

    /// Hash of all that decides what comes out, except the state of Debian's archive: unchanged, the artifact is reused.
    pub fn recipe(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.as_bytes());
            hash.update([0]);
        };
        add(self.name());
        self.packages().iter().for_each(|package| add(package));
        match self {
            Self::Php82 | Self::Node18 => runtime::OPTIONS.iter().chain(runtime::PACK_OPTIONS).for_each(|option| add(option)),
            Self::WordPress(WordPressSource::Debian) => wordpress::PACK_OPTIONS.iter().for_each(|option| add(option)),
            Self::WordPress(WordPressSource::Archive { url, sha256, version }) => [url, sha256, version].into_iter().for_each(|part| add(part)),
        }
        hex::encode(hash.finalize())
    }
}

impl FromStr for ArtifactKind {
    type Err = ArtifactError;

    fn from_str(name: &str) -> Result<Self, ArtifactError> {
        Self::all().into_iter().find(|kind| kind.name() == name).ok_or_else(|| ArtifactError::UnknownName(name.to_owned()))
    }
}
