//! Releases of simulated sites: names, and what a repository would have said.

use super::{SimulatedNodeClient, sources::host_keys};
use crate::node::NodeLogLine;
use model::ids::ServerId;
use tokio::sync::mpsc;
use wire::{
    PodName, SiteName,
    deploy::ReleaseName,
    message::{Failure, FailureKind, Level},
    spec::ArtifactRef,
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
    client.lock().worlds.repository.reached()?;
    note(client, server, (&build.pod, &build.site, &build.release.name), &build.tools)?;
    let commit = client.lock().worlds.repository.commit(&build.source);
    Ok(Built { commit, subject: format!("Release {}, simulated", build.release.name), host_keys: host_keys(&build.source) })
}

/// Notes a release of a site.
pub fn note(
    client: &SimulatedNodeClient,
    server: ServerId,
    (pod, site, release): (&PodName, &SiteName, &ReleaseName),
    tools: &ArtifactRef,
) -> Result<(), Failure> {
    let mut state = client.lock();
    let world = state.worlds.of(server);
    if !world.artifacts.contains(tools) {
        return Err(Failure::new(FailureKind::Missing, format!("missing artifact {}", tools.name)));
    }
    let missing = || Failure::new(FailureKind::Missing, format!("the site {site} of the pod {pod} is not on this server"));
    let found = world.pods.get_mut(pod).filter(|pod| pod.has_site(site)).ok_or_else(missing)?;
    found.releases.insert((site.clone(), release.clone()));
    state.worlds.keep()
}

/// Forgets the others.
pub fn keep(client: &SimulatedNodeClient, server: ServerId, keep: &SiteReleases) -> Result<u32, Failure> {
    let mut state = client.lock();
    let Some(pod) = state.worlds.of(server).pods.get_mut(&keep.pod) else { return Ok(0) };
    let served = pod.served(&keep.site);
    let before = pod.releases.len();
    pod.releases.retain(|(site, release)| *site != keep.site || keep.keep.contains(release) || served.as_ref() == Some(release));
    let gone = before - pod.releases.len();
    pod.archives.retain(|(site, archive)| *site != keep.site || keep.archive.as_ref() == Some(archive));
    state.worlds.keep()?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
