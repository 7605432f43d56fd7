//! What a pod runs on, brought to its server.

use crate::artifacts::{self, ShipError};
use crate::cloudpods::{
    queries::{PodFacts, ServerFacts, SiteFacts},
    remote,
    spec::{Parts, SiteParts, part_names},
};
use adapters::node::{CallOptions, NodeClient, NodeError};
use core_administration::servers::note_node_error;
use engine::saga::{StepContext, StepError};
use model::administration::servers::ServerDriver;
use std::time::Duration;
use wire::{
    ArtifactName, Sha256,
    spec::ArtifactRef,
    verb::{ArtifactKind, ArtifactPut},
};

/// Longest that one file may take.
const SHIP_MOST: Duration = Duration::from_secs(900);

/// What the pod's sites run on, as they were made with it. A site that is new, or of before that was stored, gets today's.
pub(in crate::cloudpods) async fn parts(cx: &StepContext, pod: &PodFacts, server: &ServerFacts) -> Result<Parts, StepError> {
    shipped(cx, pod, server, |site| !site.knows_its_parts()).await
}

/// Sees to it that the server has everything the pod's sites run on.
pub(super) async fn ship(cx: &StepContext, pod: &PodFacts, server: &ServerFacts) -> Result<Parts, StepError> {
    shipped(cx, pod, server, |_| true).await
}

/// Brings what these sites run on; the others keep what they have.
async fn shipped(cx: &StepContext, pod: &PodFacts, server: &ServerFacts, anew: impl Fn(&SiteFacts) -> bool + Send) -> Result<Parts, StepError> {
    let mut all = Vec::new();
    for site in pod.sites.iter() {
        let parts = if anew(site) {
            let (runtime, app) = part_names(site);
            SiteParts { runtime: one(cx, server, runtime, ArtifactKind::Runtime).await?, app: one(cx, server, app, ArtifactKind::Archive).await? }
        } else {
            SiteParts { runtime: site.runtime.clone(), app: site.source.clone() }
        };
        all.push((site.id, parts));
    }
    Ok(all.into_iter().collect())
}

/// What builds the releases of sites: git, ssh and npm.
pub(super) async fn tools(cx: &StepContext, server: &ServerFacts) -> Result<ArtifactRef, StepError> {
    let shipped = one(cx, server, Some("build"), ArtifactKind::Runtime).await?;
    shipped.ok_or_else(|| StepError::fail("The build tools have no name."))
}

async fn one(cx: &StepContext, server: &ServerFacts, name: Option<&'static str>, kind: ArtifactKind) -> Result<Option<ArtifactRef>, StepError> {
    let Some(name) = name else { return Ok(None) };
    remote::trusted(server)?;
    match artifacts::ship(cx.services(), &remote::target(server), name, options(cx, name)).await {
        Ok(shipped) => Ok(Some(shipped)),
        // A simulated server runs nothing, so a stand-in serves it as well as the thing, which takes minutes to build.
        Err(ShipError::Absent(_)) if server.driver == ServerDriver::Simulated => stand_in(cx, server, name, kind).await.map(Some),
        Err(ShipError::Node(error)) => {
            note_node_error(cx.services(), server.id, &error).await?;
            Err(error.into())
        }
        Err(error) => Err(StepError::fail(format!("{error}."))),
    }
}

fn options(cx: &StepContext, name: &str) -> CallOptions {
    CallOptions { deadline: SHIP_MOST, key: format!("{}/{name}", cx.key()), lines: Some(cx.lines()) }
}

async fn stand_in(cx: &StepContext, server: &ServerFacts, name: &str, kind: ArtifactKind) -> Result<ArtifactRef, StepError> {
    use sha2::{Digest, Sha256 as Hash};
    let text = format!("{name}, simulated");
    let sha256 = Sha256::new(hex::encode(Hash::digest(text.as_bytes()))).map_err(|error| StepError::fail(error.to_string()))?;
    let reference = ArtifactRef { name: ArtifactName::new(name).map_err(|error| StepError::fail(error.to_string()))?, sha256 };
    let file = std::env::temp_dir().join(format!("mpanel-{}-{name}", uuid::Uuid::now_v7()));
    tokio::fs::write(&file, &text).await.map_err(|error| StepError::retry(format!("A file could not be written: {error}.")))?;
    let put = ArtifactPut { name: reference.name.clone(), kind, sha256: reference.sha256.clone(), size: text.len() as u64 };
    let put = cx.services().part::<dyn NodeClient>().upload(&remote::target(server), put.into(), &file, options(cx, name)).await;
    // A file of a few bytes in the folder for temporary files; the system removes what stays.
    let _ = tokio::fs::remove_file(&file).await;
    put.map(|_| reference).map_err(|error: NodeError| error.into())
}
