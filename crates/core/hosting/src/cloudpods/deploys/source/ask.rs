//! Asking a site's server about its repository, outside of a job.

use super::{
    super::{PodFacts, SiteFacts},
    queries::BuildSource,
    secrets,
};
use crate::{
    artifacts::{self, ShipError},
    cloudpods::{queries::ServerFacts, remote},
};
use adapters::node::{CallOptions, NodeClient, NodeError};
use core_administration::servers::note_node_error;
use engine::{Error, Services, text::sentence};
use model::administration::servers::{ServerDriver, ServerStatus};
use sha2::{Digest, Sha256 as Hash};
use std::time::Duration;
use uuid::Uuid;
use wire::{
    ArtifactName, InvalidText, PodName, Sha256, SiteName,
    deploy::{BranchName, DeployKey, GitRemote, GitSource, HostKeys},
    message::FailureKind,
    settings::RootFolder,
    spec::ArtifactRef,
    verb::Call,
};

/// Longest that the tools may take to the server, when they are not there.
const SHIP_TIMEOUT: Duration = Duration::from_secs(40);

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// The repository, or what is set of it, is the reason: only its owner can change that.
    #[error("{0}")]
    Repository(String),
    /// The server or the panel is.
    #[error("{0}")]
    Server(String),
    /// The panel itself failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A site's repository, as its server is asked about it.
pub(super) struct Repository {
    pub(super) pod: PodName,
    pub(super) site: SiteName,
    pub(super) tools: ArtifactRef,
    pub(super) source: GitSource,
    pub(super) folder: Option<RootFolder>,
}

/// What a server is told of a source.
pub(in crate::cloudpods) fn git_source(services: &Services, source: &BuildSource) -> engine::Result<GitSource> {
    let key = secrets::open_key(&services.key, source.key_of, &source.sealed_key)?;
    let told = || -> Result<GitSource, InvalidText> {
        Ok(GitSource {
            remote: GitRemote::new(&*source.remote)?,
            branch: BranchName::new(&*source.branch)?,
            key: DeployKey::new(key)?,
            host_keys: source.host_keys.as_deref().map(HostKeys::new).transpose()?,
        })
    };
    told().map_err(|invalid| Error::Internal(anyhow::anyhow!("invalid source: {invalid}")))
}

impl Repository {
    /// Of a site on this server, which gets the tools where it lacks them.
    pub(super) async fn of(
        services: &Services,
        (pod, site): (&PodFacts, &SiteFacts),
        server: &ServerFacts,
        from: &BuildSource,
    ) -> Result<Self, AskError> {
        if !matches!(server.status, ServerStatus::Active | ServerStatus::Draining) {
            return Err(AskError::Server(format!("{} is not in service.", server.name)));
        }
        let source = git_source(services, from)?;
        let tools = tools(services, server).await?;
        let invalid = |invalid: InvalidText| AskError::Server(format!("Invalid site: {invalid}."));
        let folder = Some(&*from.folder).filter(|folder| !folder.is_empty()).map(RootFolder::new).transpose().map_err(invalid)?;
        Ok(Self { pod: PodName::new(&*pod.name).map_err(invalid)?, site: SiteName::new(&*site.name).map_err(invalid)?, tools, source, folder })
    }
}

async fn tools(services: &Services, server: &ServerFacts) -> Result<ArtifactRef, AskError> {
    match artifacts::ship(services, &remote::target(server), "build", options(SHIP_TIMEOUT)).await {
        Ok(tools) => Ok(tools),
        // A simulated server runs nothing: it does not look for them either.
        Err(ShipError::Absent(name)) if server.driver == ServerDriver::Simulated => {
            let invalid = |invalid: InvalidText| AskError::Server(invalid.to_string());
            let sha256 = Sha256::new(hex::encode(Hash::digest(format!("{name}, simulated")))).map_err(invalid)?;
            Ok(ArtifactRef { name: ArtifactName::new(name).map_err(invalid)?, sha256 })
        }
        Err(ShipError::Node(error)) => Err(failed(services, server, error).await),
        Err(error) => Err(AskError::Server(format!("{error}."))),
    }
}

fn options(deadline: Duration) -> CallOptions {
    // Each question is its own intention: an answer of an earlier one would be old.
    CallOptions { deadline, key: format!("source/{}", Uuid::now_v7()), lines: None }
}

/// Asks the server.
pub(super) async fn ask<C: Call>(services: &Services, server: &ServerFacts, call: C, deadline: Duration) -> Result<C::Reply, AskError> {
    match services.part::<dyn NodeClient>().call(&remote::target(server), call.into(), options(deadline)).await {
        Ok(reply) => C::read(reply).ok_or_else(|| AskError::Server(format!("Unexpected reply from {}.", server.name))),
        Err(error) => Err(failed(services, server, error).await),
    }
}

async fn failed(services: &Services, server: &ServerFacts, error: NodeError) -> AskError {
    if let NodeError::Failed(failure) = &error {
        match failure.kind {
            FailureKind::Refused => return AskError::Repository(shortened(&failure.message)),
            FailureKind::Deadline => return AskError::Repository("The repository did not answer in time.".to_owned()),
            _ => {}
        }
    }
    match note_node_error(services, server.id, &error).await {
        Ok(()) => AskError::Server(shortened(&error.to_string())),
        Err(failed) => AskError::Failed(failed.into()),
    }
}

/// What a program said, as a sentence that fits on a page.
fn shortened(text: &str) -> String {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(450).collect();
    sentence(&text)
}
