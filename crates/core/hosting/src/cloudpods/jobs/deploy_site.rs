//! `DEPLOY_SITE`: a release of a site, from its repository to its visitors; or an earlier one back to them.

use super::{create_site::site, ship, site_check, update_site::changed};
use crate::cloudpods::{
    deploys::{
        BUILD_SECONDS, BUILDS_AT_ONCE, KEPT_RELEASES, MAX_BUILDS, git_source,
        limits::queries as limits,
        queries::{self, Deploy},
        release::settings as release_settings,
        source::queries as sources,
        upload::{
            self, Upload,
            queries::{self as uploads, Uploaded},
        },
    },
    queries::{PodFacts, ServerFacts},
    reconcile::touch_pod,
    remote,
    sites::apply_site,
    spec,
    websites::{self, queries as sites},
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps, forget_lines};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::{deploys::DeployTrigger, websites::SiteConfig},
    ids::{CloudPodId, DeployId, WebsiteId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use std::time::Duration;
use wire::{
    InvalidText, PodName, SiteName,
    deploy::{ArchiveName, ReleaseName},
    spec::ArtifactRef,
    verb::{SiteBuild, SiteReleases, SiteUnpack},
};

/// How long a site may be silent once its release is live: a program that starts slowly was given as much time before.
const START_TIMEOUT: Duration = Duration::from_secs(40);
/// While so many others are built, it is looked again after this.
const WHILE_OTHERS_BUILD: chrono::TimeDelta = chrono::TimeDelta::seconds(10);
/// Longest that a build may take with everything around it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2 * BUILD_SECONDS as u64 + 300);

/// Brings a release to a site's visitors.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeploySite {
    /// The pod.
    pub(crate) pod: CloudPodId,
    /// The site.
    pub(crate) site: WebsiteId,
    /// The deploy.
    pub(crate) deploy: DeployId,
}

impl Saga for DeploySite {
    const KIND: &'static str = "DEPLOY_SITE";
    const TITLE: &'static str = "Deploy site";

    fn key(&self) -> String {
        format!("deploy_site:{}", self.deploy)
    }

    fn steps() -> Steps<Self> {
        Steps::new()
            .then::<ShipTools>()
            .then::<BuildRelease>()
            .then::<CheckBefore>()
            .then::<SwitchRelease>()
            .then::<VerifyRelease>()
            .then::<KeepRelease>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(60)
    }
}

/// Brings what builds to the server, where it lacks it. A rollback builds nothing.
pub(crate) struct ShipTools;

impl Step for ShipTools {
    type Saga = DeploySite;
    type Output = Option<ArtifactRef>;
    const NAME: &'static str = "ship_tools";
    const TITLE: &'static str = "Prepare the server";

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<Option<ArtifactRef>, StepError> {
        let mut tx = cx.begin().await?;
        queries::set_running(tx.conn(), saga.deploy).await?;
        // What builds say is long, and nobody looks for it once the site's page does not lead to it.
        let past = limits::past_jobs(tx.conn(), saga.site).await?;
        forget_lines(tx.conn(), &past).await?;
        tx.commit_progress().await?;
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        if !pod.is_changeable() {
            return Err(StepError::fail("The CloudPod is not running."));
        }
        if deploy(cx, saga).await?.trigger == DeployTrigger::Rollback {
            return Ok(None);
        }
        ship::tools(cx, &server).await.map(Some)
    }

    /// What was shipped is shared by all pods of the server and stays. An archive that was not built goes: where its server does not answer, with the
    /// next one that is uploaded.
    async fn undo(cx: &StepContext, saga: &DeploySite, _: Option<&Option<ArtifactRef>>) -> Result<(), StepError> {
        let mut tx = cx.begin().await?;
        queries::set_failed(tx.conn(), saga.deploy, cx.services().now()).await?;
        tx.commit_progress().await?;
        if deploy(cx, saga).await?.trigger == DeployTrigger::Upload
            && let Err(StepError::Retry { message, .. } | StepError::Fail { message }) = clean(cx, saga, None).await
        {
            cx.log(EventLevel::Warn, format!("The archive is left on the server: {message}"));
        }
        Ok(())
    }
}

/// Fetches and builds the release beside the live one; what is older than those that stay goes first.
pub(crate) struct BuildRelease;

impl Step for BuildRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "build_release";
    const TITLE: &'static str = "Fetch and build";

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<(), StepError> {
        let Some(tools) = cx.output::<ShipTools>()? else {
            cx.log(EventLevel::Info, "The release is on the server.");
            return Ok(());
        };
        let mut tx = cx.begin().await?;
        let now = cx.services().now();
        let begun = limits::begin_build(tx.conn(), saga.deploy, now, BUILDS_AT_ONCE).await?;
        tx.commit_progress().await?;
        let Some(begun) = begun else { return Err(StepError::Wait { until: now + WHILE_OTHERS_BUILD }) };
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        let names = names(&pod, saga)?;
        if let Some(upload) = uploaded(cx, saga).await?.upload {
            return unpack(cx, saga, (names, &server), (upload.0, tools), begun).await;
        }
        clean(cx, saga, None).await?;
        let build = request(cx, saga, names, tools).await?;
        let asked = build.source.remote.as_str().to_owned();
        let built = remote::ask_within(cx, &server, "build", build, REQUEST_TIMEOUT).await.map_err(|error| lasting(error, begun))?;
        let mut tx = cx.begin().await?;
        queries::set_built(tx.conn(), saga.deploy, &built.commit, &built.subject).await?;
        if let Some(keys) = &built.host_keys {
            sources::pin_host_keys(tx.conn(), saga.site, &asked, keys.as_str()).await?;
        }
        Ok(tx.commit_progress().await?)
    }

    async fn undo(cx: &StepContext, saga: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        if deploy(cx, saga).await?.trigger == DeployTrigger::Rollback {
            return Ok(());
        }
        // So that it is not among those that stay.
        let mut tx = cx.begin().await?;
        queries::set_failed(tx.conn(), saga.deploy, cx.services().now()).await?;
        tx.commit_progress().await?;
        clean(cx, saga, None).await
    }
}

/// It takes a quarter of an hour, and whoever has broken it once is likely to do so again.
fn lasting(error: StepError, begun: i32) -> StepError {
    match error {
        StepError::Retry { message, .. } if begun >= MAX_BUILDS => StepError::fail(message),
        error => error,
    }
}

fn names(pod: &PodFacts, saga: &DeploySite) -> Result<(PodName, SiteName), StepError> {
    let site = site(pod, saga.site)?;
    Ok((PodName::new(&*pod.name).map_err(invalid)?, SiteName::new(&*site.name).map_err(invalid)?))
}

async fn uploaded(cx: &StepContext, saga: &DeploySite) -> Result<Uploaded, StepError> {
    let mut tx = cx.begin_read().await?;
    let found = uploads::uploaded(tx.conn(), saga.deploy).await?;
    tx.finish().await?;
    found.ok_or_else(|| StepError::fail("The deploy no longer exists."))
}

/// Unpacks an archive and builds it. Once that is done the archive goes; whoever begins again after that has a release already.
async fn unpack(
    cx: &StepContext,
    saga: &DeploySite,
    ((pod, site), server): ((PodName, SiteName), &ServerFacts),
    (upload, tools): (Upload, ArtifactRef),
    begun: i32,
) -> Result<(), StepError> {
    if !uploaded(cx, saga).await?.is_built {
        clean(cx, saga, Some(upload.archive.clone())).await?;
        let release = spec::release(&deploy(cx, saga).await?.config.0).map_err(invalid)?;
        let plan = upload.plan().map_err(invalid)?;
        let call = SiteUnpack { pod: pod.clone(), site: site.clone(), release, tools, archive: upload.archive, kind: upload.kind, plan };
        remote::ask_within(cx, server, "build", call, REQUEST_TIMEOUT).await.map_err(|error| lasting(error, begun))?;
    }
    let mut tx = cx.begin().await?;
    uploads::set_unpacked(tx.conn(), saga.deploy).await?;
    let kept = uploads::on_disk(tx.conn(), saga.site).await?;
    tx.commit_progress().await?;
    let keep = kept.into_iter().map(ReleaseName::numbered).collect::<Result<_, _>>().map_err(invalid)?;
    remote::ask(cx, server, "forget", SiteReleases { pod, site, keep, archive: None }).await.map(drop)
}

/// Removes the releases from the server that nobody can roll back to any more, and all archives but this one.
async fn clean(cx: &StepContext, saga: &DeploySite, archive: Option<ArchiveName>) -> Result<(), StepError> {
    let (pod, Some(server)) = remote::facts(cx, saga.pod).await? else { return Ok(()) };
    // A site that is being deleted takes all of them with it.
    let Ok((pod, site)) = names(&pod, saga) else { return Ok(()) };
    let mut tx = cx.begin().await?;
    let kept = queries::keep_newest(tx.conn(), saga.site, KEPT_RELEASES).await?;
    tx.commit_progress().await?;
    let keep = kept.into_iter().map(ReleaseName::numbered).collect::<Result<_, _>>().map_err(invalid)?;
    remote::ask(cx, &server, "clean", SiteReleases { pod, site, keep, archive }).await.map(drop)
}

async fn deploy(cx: &StepContext, saga: &DeploySite) -> Result<Deploy, StepError> {
    let mut tx = cx.begin_read().await?;
    let found = queries::deploy(tx.conn(), saga.deploy).await?;
    tx.finish().await?;
    found.ok_or_else(|| StepError::fail("The deploy no longer exists."))
}

/// What the server is asked for.
async fn request(cx: &StepContext, saga: &DeploySite, (pod, site): (PodName, SiteName), tools: ArtifactRef) -> Result<SiteBuild, StepError> {
    let release = spec::release(&deploy(cx, saga).await?.config.0).map_err(invalid)?;
    let mut tx = cx.begin_read().await?;
    let source = sources::build_source(tx.conn(), saga.site).await?.ok_or_else(|| StepError::fail("The site has no repository."))?;
    tx.finish().await?;
    let plan = upload::plan(&source.folder, &source.build_command, &source.shared).map_err(invalid)?;
    Ok(SiteBuild { pod, site, release, tools, source: git_source(cx.services(), &source)?, plan })
}

fn invalid(invalid: InvalidText) -> StepError {
    StepError::fail(format!("Invalid deploy: {invalid}."))
}

/// Looks from outside at what visitors get before anything changes: a site that was out of order need not be better after.
pub(crate) struct CheckBefore;

impl Step for CheckBefore {
    type Saga = DeploySite;
    type Output = Option<u16>;
    const NAME: &'static str = "check_before";
    const TITLE: &'static str = "Check the site before the switch";

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<Option<u16>, StepError> {
        site_check::status_before(cx, saga.pod, saga.site).await
    }

    async fn undo(_: &StepContext, _: &DeploySite, _: Option<&Option<u16>>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Gives visitors the release.
pub(crate) struct SwitchRelease;

impl Step for SwitchRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "switch_release";
    const TITLE: &'static str = "Switch to the release";

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<(), StepError> {
        let Deploy { config: release, settings, .. } = deploy(cx, saga).await?;
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        if !pod.is_changeable() {
            return Err(StepError::fail("The CloudPod is not running."));
        }
        let mut tx = cx.begin().await?;
        if !limits::is_on_server(tx.conn(), saga.deploy).await? {
            return Err(StepError::fail("The release is not on the server any more. Deploy its commit again."));
        }
        let (now, runtime) = sites::live(tx.conn(), saga.site).await?.ok_or_else(|| StepError::fail("The site no longer exists."))?;
        let config = match settings {
            Some(then) => release_settings::restored(&now, runtime, &then)?,
            None => now.0,
        };
        sites::set_next(tx.conn(), saga.site, &SiteConfig { release: Some(release.0), ..config }).await?;
        sites::set_changing(tx.conn(), saga.site, true).await?;
        tx.commit_progress().await?;
        apply_site(cx, saga.pod, "apply").await.map(drop)
    }

    async fn undo(cx: &StepContext, saga: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        let mut tx = cx.begin().await?;
        sites::set_changing(tx.conn(), saga.site, false).await?;
        tx.commit_progress().await?;
        apply_site(cx, saga.pod, "undo").await?;
        let mut tx = cx.begin().await?;
        touch_pod(tx.conn(), saga.pod, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// Asks the server whether anything is left to change, and looks from outside.
pub(crate) struct VerifyRelease;

impl Step for VerifyRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "verify_release";
    const TITLE: &'static str = "Verify the site";

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<(), StepError> {
        let before = cx.output::<CheckBefore>()?;
        site_check::verify(cx, saga.pod, saga.site, before, START_TIMEOUT).await
    }

    async fn undo(_: &StepContext, _: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// The site is what its server was given. The release that visitors leave keeps what it was live with in the end, so that a rollback finds it: a
/// variable that was replaced since, as it had leaked, does not come back. Answers with what of the settings has changed.
async fn keep(conn: &mut PgConnection, saga: &DeploySite, trigger: DeployTrigger) -> Result<Value, StepError> {
    let missing = || StepError::fail("The site no longer exists.");
    let (before, runtime) = sites::live(&mut *conn, saga.site).await?.ok_or_else(missing)?;
    let Some(next) = sites::commit_next_config(&mut *conn, saga.site).await? else { return Ok(Value::Null) };
    let (after, runtime_after) = sites::live(&mut *conn, saga.site).await?.ok_or_else(missing)?;
    let changed = changed(&before, &next);
    if trigger != DeployTrigger::Rollback {
        queries::set_settings(&mut *conn, saga.deploy, &release_settings::of(after.0, runtime_after)).await?;
    }
    if let Some(left) = before.release.as_ref().map(|release| release.name.clone()) {
        queries::keep_settings(&mut *conn, saga.site, &left, &release_settings::of(before.0, runtime)).await?;
    }
    Ok(changed)
}

/// Keeps what was seen to work. From here on there is nothing to go back to but a rollback.
pub(crate) struct KeepRelease;

impl Step for KeepRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "keep_release";
    const TITLE: &'static str = "Keep the release";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &DeploySite) -> Result<(), StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let name = site(&pod, saga.site)?.main();
        let Deploy { number, trigger, config, commit, .. } = deploy(cx, saga).await?;
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        let restored = keep(tx.conn(), saga, trigger).await?;
        websites::keep_programs(tx.conn(), pod.id, saga.site, now).await?;
        if queries::set_succeeded(tx.conn(), saga.deploy, now).await? {
            let action = if trigger == DeployTrigger::Rollback { AuditAction::SiteRolledBack } else { AuditAction::SiteDeployed };
            let event = AuditEvent::new(action, "website", saga.site, name).in_tenant(pod.tenant_id);
            tx.record(event.after(serde_json::json!({ "deploy": number, "release": config.0.name, "commit": commit, "changed": restored })));
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepContext, _: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A release that was kept is not taken back. Roll back instead."))
    }
}
