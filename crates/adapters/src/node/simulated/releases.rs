//! Releases of simulated sites: names, and what a repository would have said.

use super::SimulatedNodeClient;
use crate::node::NodeLogLine;
use model::ids::ServerId;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use wire::{
    deploy::HostKeys,
    message::{Failure, FailureKind, Level},
    verb::{Built, SiteBuild, SiteReleases},
};

/// Notes a release. Its commit follows from its repository and its name.
pub async fn build(
    client: &SimulatedNodeClient,
    server: ServerId,
    build: &SiteBuild,
    lines: Option<&mpsc::UnboundedSender<NodeLogLine>>,
) -> Result<Built, Failure> {
    build.plan.check().map_err(|invalid| Failure::new(FailureKind::Invalid, invalid.to_string()))?;
    tokio::time::sleep(client.pace).await;
    if let Some(lines) = lines {
        // Nobody may be listening any more.
        let _ = lines.send(NodeLogLine { level: Level::Info, line: format!("Fetching {} of {}", build.source.branch, build.source.remote) });
    }
    let mut state = client.lock();
    let world = state.worlds.of(server);
    if !world.artifacts.contains(&build.tools) {
        return Err(Failure::new(FailureKind::Missing, format!("missing artifact {}", build.tools.name)));
    }
    let missing = || Failure::new(FailureKind::Missing, format!("the site {} of the pod {} is not on this server", build.site, build.pod));
    let pod = world.pods.get_mut(&build.pod).filter(|pod| pod.has_site(&build.site)).ok_or_else(missing)?;
    pod.releases.insert((build.site.clone(), build.release.name.clone()));
    state.worlds.keep()?;
    let seed = format!("{} {} {}", build.source.remote, build.source.branch, build.release.name);
    let commit = hex::encode(&Sha256::digest(seed)[..20]);
    let host_keys = build.source.remote.is_ssh().then(|| {
        let host = build.source.remote.host();
        HostKeys::new(format!("{host} {}\n", super::keys::HostKeys::default().of(&host).line))
    });
    Ok(Built { commit, subject: format!("Release {}, simulated", build.release.name), host_keys: host_keys.and_then(Result::ok) })
}

/// Forgets the others.
pub fn keep(client: &SimulatedNodeClient, server: ServerId, keep: &SiteReleases) -> Result<u32, Failure> {
    let mut state = client.lock();
    let Some(pod) = state.worlds.of(server).pods.get_mut(&keep.pod) else { return Ok(0) };
    let served = pod.served(&keep.site);
    let before = pod.releases.len();
    pod.releases.retain(|(site, release)| *site != keep.site || keep.keep.contains(release) || served.as_ref() == Some(release));
    let gone = before - pod.releases.len();
    state.worlds.keep()?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
