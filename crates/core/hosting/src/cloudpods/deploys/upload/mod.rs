//! Deploys of archives that are uploaded. An archive goes to the site's server piece by piece, and is on its pod's disk until its release is built.

pub(in crate::cloudpods) mod queries;

use super::{
    BUILD_SECONDS,
    change::{Locked, New, begin, lock, require_calm},
    queries as deploys, require_free, require_started, rules,
};
use crate::cloudpods::{
    queries::{self as pods, ServerFacts},
    reconcile::queries::has_unfinished_job,
    remote,
};
use adapters::node::{CallOptions, NodeClient, NodeError};
use core_administration::servers::error_for_user;
use db::{Caller, TenantTx};
use engine::{Error, Result, Services, text::sentence};
use model::{
    administration::servers::ServerStatus,
    hosting::{
        deploy_sources::{ArchiveInput, MAX_ARCHIVE_MIB},
        deploys::{DeployTrigger, SourceInput},
    },
    ids::{JobId, TenantId, WebsiteId},
    permission::WebsitesWrite,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use uuid::Uuid;
use wire::{
    InvalidText, PodName, SiteName,
    deploy::{ArchiveKind, ArchiveName, BuildCommand, BuildPlan},
    message::FailureKind,
    settings::RootFolder,
    verb::SiteArchive,
};

pub use wire::deploy::MAX_ARCHIVE;

// What pages say is what servers take.
const _: () = assert!(MAX_ARCHIVE == MAX_ARCHIVE_MIB << 20);

/// Longest that an upload may take.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(1800);

/// How long an archive that has come waits for its pod while another job is at work on it, and how often is looked whether one is.
const FREE_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// An archive on a server, and what is done with it.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::cloudpods) struct Upload {
    pub(in crate::cloudpods) archive: ArchiveName,
    pub(in crate::cloudpods) kind: ArchiveKind,
    folder: String,
    command: String,
    shared: String,
}

impl Upload {
    /// What the server does with it.
    pub(in crate::cloudpods) fn plan(&self) -> Result<BuildPlan, InvalidText> {
        plan(&self.folder, &self.command, &self.shared)
    }
}

/// What is done with what was fetched or unpacked.
pub(in crate::cloudpods) fn plan(folder: &str, command: &str, shared: &str) -> Result<BuildPlan, InvalidText> {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(BuildPlan {
        folder: filled(folder).map(RootFolder::new).transpose()?,
        command: filled(command).map(BuildCommand::new).transpose()?,
        shared: shared.split_whitespace().map(RootFolder::new).collect::<Result<_, _>>()?,
        seconds: BUILD_SECONDS,
    })
}

/// Takes an archive for a site of the open account, up to the empty piece that ends it, and deploys it. A sender that goes away before has
/// broken off. Returns the job.
///
/// # Errors
/// Not found; on the field; a conflict when the site is stopped, its pod does not run or is busy, or the server did not take the archive; `too_many`
/// after too many deploys in an hour.
pub async fn upload(
    services: &Services,
    tx: TenantTx<WebsitesWrite>,
    id: WebsiteId,
    typed: ArchiveInput,
    from: mpsc::Receiver<Vec<u8>>,
) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    let name = typed.name.clone();
    let mut found = lock(services, tx, id).await?;
    let (input, upload) = checked(&found, typed)?;
    ready(services, &mut found, id).await?;
    let server = found.pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = pods::server(found.tx.conn(), server).await?;
    let Locked { tx, pod, site } = found;
    // Nobody waits for the pod while the archive is on its way.
    drop(tx);
    if !matches!(server.status, ServerStatus::Active | ServerStatus::Draining) {
        return Err(Error::conflict(format!("The server {} is not in service.", server.name)));
    }
    let invalid = |invalid: InvalidText| Error::Internal(anyhow::anyhow!("invalid site: {invalid}"));
    let call = SiteArchive {
        pod: PodName::new(&*pod.name).map_err(invalid)?,
        site: SiteName::new(&*site.name).map_err(invalid)?,
        archive: upload.archive.clone(),
    };
    let options = CallOptions { deadline: UPLOAD_TIMEOUT, key: format!("deploys/upload/{}", upload.archive), lines: None };
    let (to, fed) = mpsc::channel(1);
    let target = remote::target(&server);
    let feed = services.part::<dyn NodeClient>().feed(&target, call.into(), fed, options);
    let (handed_on, taken) = tokio::join!(hand_on(services, (&caller, tenant, id), from, to), feed);
    // Why the server did not get it whole, where it did not.
    handed_on?;
    if let Err(error) = taken {
        return Err(refused(services, &server, error).await);
    }

    let Locked { mut tx, pod, site } = once_free(services, (&caller, tenant, id)).await?;
    let number = deploys::next_number(tx.conn(), id).await?;
    let new = New {
        trigger: DeployTrigger::Upload,
        number,
        release: number,
        config: rules::release(number, &input),
        commit: None,
        subject: Some(&name),
        settings: None,
        upload: Some(upload),
    };
    let job = begin(services, &mut tx, (&pod, &site), new).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Hands an archive on, and its end only once a deploy of it can begin: the server keeps nothing of what has no end.
async fn hand_on(
    services: &Services,
    whose: (&Caller, TenantId, WebsiteId),
    mut from: mpsc::Receiver<Vec<u8>>,
    to: mpsc::Sender<Vec<u8>>,
) -> Result<()> {
    loop {
        let piece = tokio::select! {
            piece = from.recv() => piece,
            // The server takes no more, and says why.
            () = to.closed() => return Ok(()),
        };
        let Some(piece) = piece else { return Ok(()) };
        let is_end = piece.is_empty();
        if is_end {
            // Nobody waits for the pod while the server writes.
            drop(once_free(services, whose).await?);
        }
        if to.send(piece).await.is_err() || is_end {
            return Ok(());
        }
    }
}

/// The site, its pod locked, once a deploy can begin.
async fn once_free(services: &Services, (caller, tenant, id): (&Caller, TenantId, WebsiteId)) -> Result<Locked> {
    let until = Instant::now() + FREE_WITHIN;
    loop {
        // Who began may not be allowed to any more.
        let tx = services.db.tenant::<WebsitesWrite>(caller, tenant).await?;
        let mut found = lock(services, tx, id).await?;
        if Instant::now() >= until || !has_unfinished_job(found.tx.conn(), found.pod.id).await? {
            ready(services, &mut found, id).await?;
            return Ok(found);
        }
        drop(found);
        sleep(LOOK_EVERY).await;
    }
}

/// Whether a deploy can begin now.
async fn ready(services: &Services, found: &mut Locked, id: WebsiteId) -> Result<()> {
    require_free(&mut found.tx, &found.pod).await?;
    require_started(&found.site.config)?;
    require_calm(services, &mut found.tx, id).await
}

fn checked(found: &Locked, typed: ArchiveInput) -> Result<(SourceInput, Upload)> {
    let kind = kind_of(&typed.name)?;
    let ArchiveInput { folder, build_command, publish, start_file, shared, .. } = typed;
    let typed = SourceInput { folder, build_command, publish, start_file, shared, ..SourceInput::default() };
    let input = rules::checked_build(found.site.stack, typed)?;
    let archive = ArchiveName::new(Uuid::now_v7().simple().to_string()).map_err(|error| Error::Internal(error.into()))?;
    let (folder, command, shared) = (input.folder.clone(), input.build_command.clone(), input.shared.clone());
    Ok((input, Upload { archive, kind, folder, command, shared }))
}

/// How a file of this name is packed.
fn kind_of(name: &str) -> Result<ArchiveKind> {
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Error::field("name", "Enter the file's name, of at most 200 characters."));
    }
    let name = name.to_ascii_lowercase();
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("zip") => Ok(ArchiveKind::Zip),
        Some("tgz") => Ok(ArchiveKind::TarGz),
        Some("gz") if name.ends_with(".tar.gz") => Ok(ArchiveKind::TarGz),
        _ => Err(Error::field("name", "Choose a .zip, .tar.gz or .tgz file.")),
    }
}

async fn refused(services: &Services, server: &ServerFacts, error: NodeError) -> Error {
    match error {
        // What is wrong with the archive, or where its pod has no room.
        NodeError::Failed(failure) if failure.kind == FailureKind::Refused => Error::conflict(sentence(&failure.message)),
        other => error_for_user(services, server.id, other).await,
    }
}
