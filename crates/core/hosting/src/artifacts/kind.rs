//! Which artifacts there are, and the recipe of each.

use model::hosting::cloudpods::Runtime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::recipes::{BASE, NodeRelease, Origin, TOOLS, origin};
use super::sources::Suite;
use super::{node, runtime, wordpress};

/// Something the panel can build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A version of a language.
    Runtime(Runtime),
    /// The root that Node of the npm registry is put into: built once for all its versions, shipped to nobody.
    Base,
    /// Git, ssh and npm: where the releases of sites are fetched and built.
    Tools,
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
    /// Everything that is shipped to servers.
    pub fn all(wordpress: WordPressSource) -> Vec<Self> {
        Runtime::ALL.iter().copied().map(Self::Runtime).chain([Self::Tools, Self::WordPress(wordpress)]).collect()
    }

    /// The name that plans, servers and the command line use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Runtime(runtime) => runtime.as_str(),
            Self::Base => "base",
            Self::Tools => "build",
            Self::WordPress(_) => "wordpress",
        }
    }

    /// How its file name ends.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Runtime(_) | Self::Tools => "sqfs",
            Self::Base => "tar",
            Self::WordPress(_) => "tar.gz",
        }
    }

    /// The processor that it runs on.
    pub(super) fn architecture(&self) -> &'static str {
        match self {
            Self::Runtime(_) | Self::Base | Self::Tools => std::env::consts::ARCH,
            Self::WordPress(_) => "any",
        }
    }

    /// Whether it is built from the shared root.
    pub(super) fn is_on_base(&self) -> bool {
        matches!(self, Self::Runtime(runtime) if matches!(origin(*runtime), Origin::Registry(_)))
    }

    /// Hash of all that decides what comes out, except the state of Debian's archive: unchanged, the artifact is reused.
    pub fn recipe(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.ingredients() {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hex::encode(hash.finalize())
    }

    fn ingredients(&self) -> Vec<&str> {
        let root = |suite: Suite, packages: &'static [&'static str]| [&[suite.as_str()], packages, runtime::OPTIONS].concat();
        let all: Vec<&str> = match self {
            Self::Base => root(BASE.0, BASE.1),
            Self::Tools => [root(TOOLS.0, TOOLS.1), runtime::PACK_OPTIONS.to_vec()].concat(),
            Self::Runtime(runtime) => match origin(*runtime) {
                Origin::Debian(suite, packages) => [root(suite, packages), runtime::PACK_OPTIONS.to_vec()].concat(),
                Origin::Registry(NodeRelease { version, x64, arm64 }) => {
                    [root(BASE.0, BASE.1), vec![version, x64, arm64], node::ADD_OPTIONS.to_vec(), runtime::PACK_OPTIONS.to_vec()].concat()
                }
            },
            Self::WordPress(WordPressSource::Debian) => [wordpress::PACKAGES, wordpress::PACK_OPTIONS].concat(),
            Self::WordPress(WordPressSource::Archive { url, sha256, version }) => [wordpress::PACKAGES, &[url, sha256, version]].concat(),
        };
        [vec![self.name()], all].concat()
    }
}
