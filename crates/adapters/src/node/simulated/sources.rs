//! Where releases of simulated sites come from: repositories that hold what a test says, and archives.

use super::{SimulatedNodeClient, releases};
use crate::node::NodeLogLine;
use model::ids::ServerId;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use wire::{
    deploy::{BranchHead, GitSource, HostKeys, Looked, Unpacked},
    message::{Failure, FailureKind, Level},
    verb::{Reply, Sent, SiteArchive, SiteHead, SiteLook, SiteUnpack},
};

/// What a repository is said to hold.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Its newest commit; nothing for one that follows from its address.
    pub head: Option<String>,
    /// Names in its folder.
    pub names: Vec<String>,
    /// What `package.json` says.
    pub package: Option<String>,
    /// Its host does not answer.
    pub is_lost: bool,
}

impl Repository {
    /// The newest commit of a source.
    pub fn commit(&self, source: &GitSource) -> String {
        let seed = || hex::encode(&Sha256::digest(format!("{} {}", source.remote, source.branch))[..20]);
        self.head.clone().unwrap_or_else(seed)
    }

    /// What an agent says of a host that does not answer.
    pub fn reached(&self) -> Result<(), Failure> {
        if self.is_lost { Err(Failure::new(FailureKind::Refused, "Couldn't fetch the repository: git did not reach the repository")) } else { Ok(()) }
    }
}

/// The key that the source's host shows.
pub fn host_keys(source: &GitSource) -> Option<HostKeys> {
    let host = source.remote.host();
    source.remote.is_ssh().then(|| HostKeys::new(format!("{host} {}\n", super::keys::HostKeys::default().of(&host).line))).and_then(Result::ok)
}

fn missing(what: impl std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Missing, format!("{what} is not on this server"))
}

/// Which commit the branch is at.
pub fn head(client: &SimulatedNodeClient, server: ServerId, head: &SiteHead) -> Result<BranchHead, Failure> {
    let mut state = client.lock();
    let has = state.worlds.of(server).pods.get(&head.pod).is_some_and(|pod| pod.has_site(&head.site));
    state.worlds.repository.reached()?;
    let commit = state.worlds.repository.commit(&head.source);
    if has { Ok(BranchHead { commit, host_keys: host_keys(&head.source) }) } else { Err(missing(&head.site)) }
}

/// What is in the repository.
pub fn look(client: &SimulatedNodeClient, server: ServerId, look: &SiteLook) -> Result<Looked, Failure> {
    let mut state = client.lock();
    let has = state.worlds.of(server).pods.get(&look.pod).is_some_and(|pod| pod.has_site(&look.site));
    let found = state.worlds.repository.clone();
    found.reached()?;
    let commit = found.commit(&look.source);
    if has { Ok(Looked { commit, names: found.names, package: found.package, host_keys: host_keys(&look.source) }) } else { Err(missing(&look.site)) }
}

/// Takes an archive up to the end of its stream, and keeps its name.
pub async fn take(client: &SimulatedNodeClient, server: ServerId, wanted: SiteArchive, mut from: mpsc::Receiver<Vec<u8>>) -> Result<Reply, Failure> {
    let mut bytes = 0;
    loop {
        match from.recv().await {
            Some(piece) if piece.is_empty() => break,
            Some(piece) => bytes += piece.len() as u64,
            None => return Err(Failure::new(FailureKind::Cancelled, "the stream broke off")),
        }
    }
    let mut state = client.lock();
    let pod = state.worlds.of(server).pods.get_mut(&wanted.pod).filter(|pod| pod.has_site(&wanted.site)).ok_or_else(|| missing(&wanted.site))?;
    pod.archives.insert((wanted.site, wanted.archive));
    state.worlds.keep()?;
    Ok(Reply::SiteArchive(Sent { bytes }))
}

/// Notes a release of an archive that was taken.
pub async fn unpack(
    client: &SimulatedNodeClient,
    server: ServerId,
    unpack: &SiteUnpack,
    lines: Option<&mpsc::UnboundedSender<NodeLogLine>>,
) -> Result<Unpacked, Failure> {
    unpack.plan.check().map_err(|invalid| Failure::new(FailureKind::Invalid, invalid.to_string()))?;
    tokio::time::sleep(client.pace).await;
    if let Some(lines) = lines {
        // Nobody may be listening any more.
        let _ = lines.send(NodeLogLine { level: Level::Info, line: "Unpacking the archive".to_owned() });
    }
    let has = |state: &mut super::State| {
        let pod = state.worlds.of(server).pods.get(&unpack.pod);
        pod.is_some_and(|pod| pod.archives.contains(&(unpack.site.clone(), unpack.archive.clone())))
    };
    if !has(&mut client.lock()) {
        return Err(missing("the archive"));
    }
    releases::note(client, server, (&unpack.pod, &unpack.site, &unpack.release.name), &unpack.tools)?;
    Ok(Unpacked { files: 1, bytes: 1000 })
}
