//! The closed set of things a server can be asked to do, each with the type of its answer.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::certificate::{ChallengeAnswer, ChallengeToken};
use crate::cron::{CronJobKey, CronJobResult};
use crate::deploy::{ArchiveKind, ArchiveName, BranchHead, BuildPlan, GitSource, Looked, Release, ReleaseName, Unpacked};
pub use crate::log::WebLog;
use crate::log::{LogFrom, LogLines, LogSearch};
use crate::observation::{Observation, PodSummary, SiteAnswer};
use crate::plan::Plan;
use crate::probe::{Capability, ProbeReport};
use crate::settings::RootFolder;
use crate::spec::{ArtifactRef, PodSpec};
use crate::zone::{QueryCounts, ZoneSpec};
use crate::{ArtifactName, DbName, DomainName, PodName, Sha256, SiteName};

/// A request whose answer type is known when it compiles.
pub trait Call: Into<Verb> {
    /// Type of the answer.
    type Reply;
    /// Takes the answer out of its envelope; `None` when the other side answered something else.
    fn read(reply: Reply) -> Option<Self::Reply>;
}

/// What an agent can do that does not list its verbs: the set from before agents did.
pub fn unlisted() -> Vec<String> {
    let names = ["Probe", "Install", "ArtifactHave", "ArtifactPut", "PodPlan", "PodApply", "PodObserve", "PodRemove", "PodList", "Upgrade"];
    names.map(str::to_owned).to_vec()
}

/// Declares the verbs: the struct of each, the two envelopes, and what ties them together.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $ty:ty),* $(,)? } -> $reply:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty),* }

            impl From<$name> for Verb {
                fn from(verb: $name) -> Verb { Verb::$name(verb) }
            }

            impl Call for $name {
                type Reply = $reply;
                fn read(reply: Reply) -> Option<$reply> {
                    match reply { Reply::$name(value) => Some(value), _ => None }
                }
            }
        )*

        /// Any verb.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Verb { $($(#[$doc])* $name($name)),* }

        /// Any answer; its variant has the name of the verb.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reply { $($(#[$doc])* $name($reply)),* }

        impl Verb {
            /// Names of all verbs, as an agent lists them in its hello.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// The verb's name, for logs and for the agent's list.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }
        }
    };
}

verbs! {
    /// What the server is and what it can carry.
    Probe {} -> ProbeReport;
    /// Installs what a capability lacks, as far as the program can. Answers with a new probe.
    Install {
        /// Which capability.
        capability: Capability,
    } -> ProbeReport;
    /// Is this file on the server?
    ArtifactHave {
        /// Its checksum.
        sha256: Sha256,
    } -> bool;
    /// Ships a file: exactly `size` bytes follow in chunks with the request's id. Kept only when the checksum agrees.
    ArtifactPut {
        /// Its name, as `php8.2`.
        name: ArtifactName,
        /// What it is.
        kind: ArtifactKind,
        /// Its checksum.
        sha256: Sha256,
        /// Its length in bytes.
        size: u64,
    } -> Stored;
    /// What an apply would change. Changes nothing.
    PodPlan {
        /// The pod as it should be.
        spec: PodSpec,
    } -> Plan;
    /// Makes the pod as described; a second time there is nothing to do. Answers with what was done.
    PodApply {
        /// The pod as it should be.
        spec: PodSpec,
    } -> Plan;
    /// What the pod is.
    PodObserve {
        /// Its name.
        pod: PodName,
    } -> Observation;
    /// Stops the pod and keeps its data, or takes everything away. Answers with what was done.
    PodRemove {
        /// Its name.
        pod: PodName,
        /// How far to go.
        mode: RemoveMode,
    } -> Plan;
    /// Removes what a site has left that its pod's description does not have any more: its files, its logs and its database. False when nothing
    /// was left.
    SiteRemove {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// The database that was its own, with the user of the same name.
        database: Option<DbName>,
    } -> bool;
    /// Fetches a site's repository and builds a release of it, inside the pod's sandbox and limits. What the site serves stays as it is; of a build
    /// that fails nothing is left.
    SiteBuild {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// The release: its name, and what of it will be served.
        release: Release,
        /// The root with git and ssh.
        tools: ArtifactRef,
        /// Where it comes from.
        source: GitSource,
        /// What is done with it.
        plan: BuildPlan,
    } -> Built;
    /// Removes all releases of a site but these, and the one that it serves. Answers with how many.
    SiteReleases {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// Those that stay.
        keep: Vec<ReleaseName>,
        /// The uploaded archive that stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive: Option<ArchiveName>,
    } -> u32;
    /// Which commit a branch of a site's repository is at. Fetches nothing.
    SiteHead {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// The root with git and ssh.
        tools: ArtifactRef,
        /// The repository and its branch.
        source: GitSource,
    } -> BranchHead;
    /// Fetches a site's repository and looks at what is in it, inside the pod's sandbox and limits. Nothing of it stays.
    SiteLook {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// The root with git and ssh.
        tools: ArtifactRef,
        /// Where it comes from.
        source: GitSource,
        /// Where the site is in it.
        folder: Option<RootFolder>,
    } -> Looked;
    /// Takes an archive that a site is to be deployed from: chunks follow with the request's id, an empty one is the end. It stays until
    /// [`SiteReleases`] does not name it.
    SiteArchive {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// Names it.
        archive: ArchiveName,
    } -> Sent;
    /// Unpacks an archive that was taken and builds a release of it, as [`SiteBuild`] does of a repository.
    SiteUnpack {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
        /// The release: its name, and what of it will be served.
        release: Release,
        /// The root with npm.
        tools: ArtifactRef,
        /// The archive.
        archive: ArchiveName,
        /// How it is packed.
        kind: ArchiveKind,
        /// What is done with it.
        plan: BuildPlan,
    } -> Unpacked;
    /// Forgets the answers that are kept of a site for its next visitors. Answers with how many there were.
    SiteCachePurge {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
    } -> u32;
    /// The front page of a site as those see it who have said its password. One that is asleep is woken, and goes back to sleep when nobody else
    /// comes. Nothing where it does not answer.
    SiteVisit {
        /// Name of the pod.
        pod: PodName,
        /// Name of the site.
        site: SiteName,
    } -> Option<SiteAnswer>;
    /// Starts everything of a running pod anew: its sites' services and its database. Sockets stay open, so visitors wait meanwhile.
    PodRestart {
        /// Its name.
        pod: PodName,
    } -> Restarted;
    /// Starts a scheduled job of a site now. False when it is running already.
    JobRun {
        /// The pod's name.
        pod: PodName,
        /// The site.
        site: SiteName,
        /// The job.
        job: CronJobKey,
    } -> bool;
    /// What the scheduled jobs of a pod came to: the last run of each that ended at this time or later, or died.
    JobResults {
        /// The pod's name.
        pod: PodName,
        /// In seconds since 1970 by the server's clock.
        since: u64,
    } -> Vec<CronJobResult>;
    /// All pods that this program knows on the server.
    PodList {} -> Vec<PodSummary>;
    /// One of the web server's logs of a pod: follows in chunks with the request's id, as it is when the request begins. Panels from before
    /// `SiteLogFile` ask for it; this one has no use for it but in tests and benchmarks of streams.
    PodLog {
        /// The pod's name.
        pod: PodName,
        /// Which log.
        log: WebLog,
    } -> Sent;
    /// A piece of a log of a site, of those lines only that contain a text. A site that is stopped, or whose pod is suspended, has its logs as well.
    SiteLog {
        /// The pod's name.
        pod: PodName,
        /// The site.
        site: SiteName,
        /// Which log.
        log: WebLog,
        /// What each line contains, whatever its case.
        search: Option<LogSearch>,
        /// Which lines.
        from: LogFrom,
        /// Most lines, at most [`crate::log::MAX_LOG_LINES`].
        limit: u32,
    } -> LogLines;
    /// All of a log of a site that is kept, the oldest line first, as text: follows in chunks with the request's id, as it is when the request
    /// begins.
    SiteLogFile {
        /// The pod's name.
        pod: PodName,
        /// The site.
        site: SiteName,
        /// Which log.
        log: WebLog,
    } -> Sent;
    /// A read-only copy of a pod as it is now, as a btrfs stream: follows in chunks with the request's id. The pod goes on.
    PodSend {
        /// The pod's name.
        pod: PodName,
        /// All of it, or what has changed since all of it was sent.
        part: MovePart,
    } -> Sent;
    /// Takes what `PodSend` sends: chunks follow with the request's id, an empty one is the end.
    PodReceive {
        /// The pod's name.
        pod: PodName,
        /// Which copy it is.
        part: MovePart,
        /// What the pod may have on its disk. A stream that is far longer is not taken.
        disk_mb: u32,
    } -> Sent;
    /// Puts a received copy in the place of its pod, which was made on the server that it comes from. An apply makes the rest.
    PodAdopt {
        /// The pod as it should be.
        spec: PodSpec,
        /// Which copy.
        part: MovePart,
    } -> bool;
    /// Stops a pod while its visitors wait. An apply brings it back, and lets them in. False when it was paused already.
    PodPause {
        /// The pod's name.
        pod: PodName,
    } -> bool;
    /// Sends the visitors of a paused or suspended pod to another server, those who wait first, and removes everything else of it. False when
    /// that is done already.
    PodForward {
        /// The pod's name.
        pod: PodName,
        /// Where its sites are.
        to: IpAddr,
    } -> bool;
    /// Whether the sites of this server believe another one about the addresses of the visitors that it sends on to a pod. False when that is so
    /// already.
    PodVisitors {
        /// The pod's name.
        pod: PodName,
        /// The server that sends them on.
        from: IpAddr,
        /// Believes it, or no longer.
        believe: bool,
    } -> bool;
    /// Removes the copies that a move has left. The pod stays as it is. False when there were none.
    PodMoveEnd {
        /// The pod's name.
        pod: PodName,
    } -> bool;
    /// Puts an answer where every site's virtual host serves it to the certificate authority, over HTTP and whatever the pod's state is. False when
    /// it was there.
    ChallengePut {
        /// Names the answer.
        token: ChallengeToken,
        /// What is served.
        answer: ChallengeAnswer,
    } -> bool;
    /// Removes such an answer. False when there was none.
    ChallengeRemove {
        /// Names the answer.
        token: ChallengeToken,
    } -> bool;
    /// Makes the server's PowerDNS serve exactly this zone, atomically. False if it already did.
    ZoneApply {
        /// The zone as it should be.
        zone: ZoneSpec,
    } -> bool;
    /// Deletes a zone from the server's PowerDNS. False if it has none, or a newer one, which stays.
    ZoneRemove {
        /// The zone's name.
        name: DomainName,
        /// The last serial of the zone to delete.
        serial: u32,
    } -> bool;
    /// The serial of a zone on the server's PowerDNS. Nothing if it does not have the zone.
    ZoneSerial {
        /// The zone's name.
        name: DomainName,
    } -> Option<u32>;
    /// What the server's PowerDNS has counted.
    ZoneCounts {} -> QueryCounts;
    /// Replaces the agent: exactly `size` bytes follow in chunks. The next session runs the new one.
    Upgrade {
        /// Checksum of the new program.
        sha256: Sha256,
        /// Its length in bytes.
        size: u64,
        /// Whether the program before is put back unless [`UpgradeEnd`] comes in this session. Only sent to agents that know that verb.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        trial: bool,
    } -> Upgraded;
    /// Ends the trial of a new program, in the session that brought it. False when none is on trial any more.
    UpgradeEnd {
        /// Whether it stays, or the one before is put back.
        keep: bool,
    } -> bool;
}

impl Verb {
    /// How many bytes of file follow the request in chunks; `None` for verbs without a file.
    pub fn upload_size(&self) -> Option<u64> {
        match self {
            Self::ArtifactPut(put) => Some(put.size),
            Self::Upgrade(upgrade) => Some(upgrade.size),
            _ => None,
        }
    }

    /// Whether a stream of unknown length follows the request in chunks; an empty one is its end.
    pub fn is_feed(&self) -> bool {
        matches!(self, Self::PodReceive(_) | Self::SiteArchive(_))
    }

    /// Whether chunks go with it, whichever way.
    pub fn is_stream(&self) -> bool {
        self.upload_size().is_some() || self.is_feed() || self.is_download()
    }

    /// Whether the answer is streamed in chunks before it ends.
    pub fn is_download(&self) -> bool {
        matches!(self, Self::PodLog(_) | Self::SiteLogFile(_) | Self::PodSend(_))
    }
}

/// A pod's programs were started anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarted {
    /// Their units.
    pub units: Vec<String>,
}

/// A release was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// The commit that it is of, in hex.
    pub commit: String,
    /// First line of the commit's message, shortened. A tenant's words.
    pub subject: String,
    /// The host keys that the repository's server has shown over SSH.
    pub host_keys: Option<crate::deploy::HostKeys>,
}

/// Which copy of a pod travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovePart {
    /// All of it.
    Whole,
    /// What has changed since all of it was sent, while it goes on serving.
    More,
    /// What has changed since the last of these was sent, once it has stopped.
    Rest,
}

/// A stream came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// How many bytes it had.
    pub bytes: u64,
}

/// What a shipped file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A read-only root as squashfs.
    Runtime,
    /// An application's files as tar, packed with gzip.
    Archive,
}

/// How far a removal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveMode {
    /// Stop it, keep files and database. An apply brings it back.
    Hold,
    /// Leave nothing.
    Purge,
}

/// A shipped file is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// True when the server had it already and the bytes were not kept.
    pub had: bool,
}

/// The program was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgraded {
    /// What the new program answers to `--version`.
    pub version: String,
}
