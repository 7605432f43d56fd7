//! Bringing runtimes and applications to the servers that need them.

use super::{Artifact, ArtifactError, ArtifactStore};
use adapters::node::{CallOptions, NodeClient, NodeError, ServerTarget};
use engine::Services;
use model::ids::ServerId;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use wire::{
    ArtifactName, Sha256,
    spec::ArtifactRef,
    verb::{ArtifactHave, ArtifactKind, ArtifactPut, Call},
};

/// Why an artifact is not on a server.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// The panel does not have it.
    #[error("{0} is not built. Run: mpanel runtime build {0}")]
    Absent(String),
    /// The panel's store cannot be read, or holds something that cannot be shipped.
    #[error("{0}")]
    Store(#[from] ArtifactError),
    /// The server did not take it.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl ShipError {
    /// Whether the same request can succeed later without anyone changing it.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Node(error) if error.is_retryable())
    }
}

/// Shipments under way: many pods may want the same file on the same server at once, and it travels once.
static UNDER_WAY: LazyLock<Mutex<HashMap<(ServerId, String), Arc<tokio::sync::Mutex<()>>>>> = LazyLock::new(Mutex::default);

/// Makes sure that a server has an artifact. Answers with how a pod's description names it.
///
/// # Errors
/// When the panel has not built it, or the server does not take it.
pub async fn ship(services: &Services, target: &ServerTarget, name: &str, options: CallOptions) -> Result<ArtifactRef, ShipError> {
    let artifact = services.part::<ArtifactStore>().find(name)?.ok_or_else(|| ShipError::Absent(name.to_owned()))?;
    let wanted = reference(&artifact)?;
    if has(services, target, &wanted.sha256, &options).await? {
        return Ok(wanted);
    }
    let place = (target.id, artifact.sha256.clone());
    // Only insertions and removals happen under the lock, so a panic elsewhere leaves the map whole.
    let turn = Arc::clone(UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).entry(place.clone()).or_default());
    let shipped = {
        let _alone = turn.lock().await;
        match has(services, target, &wanted.sha256, &options).await {
            Ok(false) => put(services, target, &artifact, &wanted, options).await,
            Ok(true) => Ok(()),
            Err(error) => Err(error),
        }
    };
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    // Two are this one and the map's: nobody waits any more.
    if Arc::strong_count(&turn) <= 2 {
        under_way.remove(&place);
    }
    shipped.map(|()| wanted)
}

async fn has(services: &Services, target: &ServerTarget, sha256: &Sha256, options: &CallOptions) -> Result<bool, ShipError> {
    let ask = ArtifactHave { sha256: sha256.clone() };
    let question = CallOptions { deadline: options.deadline, key: format!("{}/have", options.key), lines: None };
    let reply = services.part::<dyn NodeClient>().call(target, ask.into(), question).await?;
    ArtifactHave::read(reply).ok_or_else(odd)
}

async fn put(services: &Services, target: &ServerTarget, artifact: &Artifact, wanted: &ArtifactRef, options: CallOptions) -> Result<(), ShipError> {
    // Applications are archives; the runtimes are the ones for one kind of processor.
    let kind = if artifact.architecture == "any" { ArtifactKind::Archive } else { ArtifactKind::Runtime };
    let put = ArtifactPut { name: wanted.name.clone(), kind, sha256: wanted.sha256.clone(), size: artifact.size };
    let options = CallOptions { key: format!("{}/put", options.key), ..options };
    let reply = services.part::<dyn NodeClient>().upload(target, put.into(), &artifact.path, options).await?;
    ArtifactPut::read(reply).map(drop).ok_or_else(odd)
}

fn reference(artifact: &Artifact) -> Result<ArtifactRef, ShipError> {
    let invalid = |error: wire::InvalidText| ShipError::Store(ArtifactError::Content(error.to_string()));
    let name = ArtifactName::new(artifact.name.clone()).map_err(invalid)?;
    Ok(ArtifactRef { name, sha256: Sha256::new(artifact.sha256.clone()).map_err(invalid)? })
}

fn odd() -> ShipError {
    ShipError::Node(NodeError::Protocol("unexpected reply".to_owned()))
}
