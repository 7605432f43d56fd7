//! `DEPLOY_SITE`: a release of a site, from its repository to its visitors; or an earlier one back to them.

use super::{create_site::site, ship, site_check};
use crate::cloudpods::{
    deploys::{
        self, BUILD_SECONDS, BUILDS_AT_ONCE, KEPT, MAX_BUILDS,
        places::queries as places,
        queries::{self, Deploy},
    },
    reconcile::touch_pod,
    remote,
    sites::apply_site,
    spec,
    websites::queries as websites,
};
use db::AuditEvent;
use engine::saga::{Saga, Step, StepCx, StepError, Steps, forget_lines};
use model::{
    administration::provisioning::EventLevel,
    audit_action::AuditAction,
    hosting::{deploys::DeployTrigger, websites::SiteConfig},
    ids::{CloudPodId, DeployId, WebsiteId},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::{
    InvalidText, PodName, SiteName,
    deploy::{BranchName, BuildCommand, BuildPlan, DeployKey, GitRemote, GitSource, HostKeys, ReleaseName},
    settings::RootFolder,
    spec::ArtifactRef,
    verb::{SiteBuild, SiteReleases},
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

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<Option<ArtifactRef>, StepError> {
        let mut tx = cx.begin().await?;
        queries::set_running(tx.conn(), saga.deploy).await?;
        // What builds say is long, and nobody looks for it once the site's page does not lead to it.
        let past = places::past_jobs(tx.conn(), saga.site).await?;
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

    /// What was shipped is shared by all pods of the server and stays.
    async fn undo(cx: &StepCx, saga: &DeploySite, _: Option<&Option<ArtifactRef>>) -> Result<(), StepError> {
        let mut tx = cx.begin().await?;
        queries::set_failed(tx.conn(), saga.deploy, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// Fetches and builds the release beside the live one; what is older than those that stay goes first.
pub(crate) struct BuildRelease;

impl Step for BuildRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "build_release";
    const TITLE: &'static str = "Fetch and build";

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<(), StepError> {
        let Some(tools) = cx.output::<ShipTools>()? else {
            cx.log(EventLevel::Info, "The release is on the server.");
            return Ok(());
        };
        let mut tx = cx.begin().await?;
        let Some(begun) = places::begin_build(tx.conn(), saga.deploy, BUILDS_AT_ONCE).await? else {
            return Err(StepError::Wait { until: cx.services().now() + WHILE_OTHERS_BUILD });
        };
        tx.commit_progress().await?;
        let (pod, server) = remote::facts_on_server(cx, saga.pod).await?;
        clean(cx, saga).await?;
        let build = request(cx, saga, &pod.name, &site(&pod, saga.site)?.name, tools).await?;
        let asked = build.source.remote.as_str().to_owned();
        let built = remote::ask_within(cx, &server, "build", build, REQUEST_TIMEOUT).await.map_err(|error| match error {
            // It takes a quarter of an hour, and whoever has broken it once is likely to do so again.
            StepError::Retry { message, .. } if begun >= MAX_BUILDS => StepError::fail(message),
            error => error,
        })?;
        let mut tx = cx.begin().await?;
        queries::set_built(tx.conn(), saga.deploy, &built.commit, &built.subject).await?;
        if let Some(keys) = &built.host_keys {
            queries::pin_host_keys(tx.conn(), saga.site, &asked, keys.as_str()).await?;
        }
        Ok(tx.commit_progress().await?)
    }

    async fn undo(cx: &StepCx, saga: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        if deploy(cx, saga).await?.trigger == DeployTrigger::Rollback {
            return Ok(());
        }
        // So that it is not among those that stay.
        let mut tx = cx.begin().await?;
        queries::set_failed(tx.conn(), saga.deploy, cx.services().now()).await?;
        tx.commit_progress().await?;
        clean(cx, saga).await
    }
}

/// Removes the releases from the server that nobody can roll back to any more.
async fn clean(cx: &StepCx, saga: &DeploySite) -> Result<(), StepError> {
    let (pod, Some(server)) = remote::facts(cx, saga.pod).await? else { return Ok(()) };
    // A site that is being deleted takes all of them with it.
    let Ok(site) = site(&pod, saga.site) else { return Ok(()) };
    let mut tx = cx.begin().await?;
    let kept = queries::keep_newest(tx.conn(), saga.site, KEPT).await?;
    tx.commit_progress().await?;
    let keep = kept.into_iter().map(ReleaseName::numbered).collect::<Result<_, _>>().map_err(invalid)?;
    let call = SiteReleases { pod: PodName::new(&*pod.name).map_err(invalid)?, site: SiteName::new(&*site.name).map_err(invalid)?, keep };
    remote::ask(cx, &server, "clean", call).await.map(drop)
}

async fn deploy(cx: &StepCx, saga: &DeploySite) -> Result<Deploy, StepError> {
    let mut tx = cx.look().await?;
    let found = queries::deploy(tx.conn(), saga.deploy).await?;
    tx.finish().await?;
    found.ok_or_else(|| StepError::fail("The deploy no longer exists."))
}

/// What the server is asked for.
async fn request(cx: &StepCx, saga: &DeploySite, pod: &str, site: &str, tools: ArtifactRef) -> Result<SiteBuild, StepError> {
    let release = deploy(cx, saga).await?.config.0;
    let mut tx = cx.look().await?;
    let source = queries::build_source(tx.conn(), saga.site).await?.ok_or_else(|| StepError::fail("The site has no repository."))?;
    tx.finish().await?;
    let key = deploys::open_key(&cx.services().key, saga.site, &source.sealed_key)?;
    let build = || -> Result<SiteBuild, InvalidText> {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(SiteBuild {
            pod: PodName::new(pod)?,
            site: SiteName::new(site)?,
            release: spec::release(&release)?,
            tools,
            source: GitSource {
                remote: GitRemote::new(source.remote)?,
                branch: BranchName::new(source.branch)?,
                key: DeployKey::new(key)?,
                host_keys: source.host_keys.map(HostKeys::new).transpose()?,
            },
            plan: BuildPlan {
                folder: filled(&source.folder).map(RootFolder::new).transpose()?,
                command: filled(&source.build_command).map(BuildCommand::new).transpose()?,
                shared: source.shared.split_whitespace().map(RootFolder::new).collect::<Result<_, _>>()?,
                seconds: BUILD_SECONDS,
            },
        })
    };
    build().map_err(invalid)
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

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<Option<u16>, StepError> {
        site_check::status_before(cx, saga.pod, saga.site).await
    }

    async fn undo(_: &StepCx, _: &DeploySite, _: Option<&Option<u16>>) -> Result<(), StepError> {
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

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<(), StepError> {
        let release = deploy(cx, saga).await?.config.0;
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        if !pod.is_changeable() {
            return Err(StepError::fail("The CloudPod is not running."));
        }
        let mut tx = cx.begin().await?;
        if !places::is_on_server(tx.conn(), saga.deploy).await? {
            return Err(StepError::fail("The release is not on the server any more. Deploy its commit again."));
        }
        let config = websites::config(tx.conn(), saga.site).await?.ok_or_else(|| StepError::fail("The site no longer exists."))?.0;
        websites::set_next(tx.conn(), saga.site, &SiteConfig { release: Some(release), ..config }).await?;
        websites::set_changing(tx.conn(), saga.site, true).await?;
        tx.commit_progress().await?;
        apply_site(cx, saga.pod, "apply").await.map(drop)
    }

    async fn undo(cx: &StepCx, saga: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        let mut tx = cx.begin().await?;
        websites::set_changing(tx.conn(), saga.site, false).await?;
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

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<(), StepError> {
        let before = cx.output::<CheckBefore>()?;
        site_check::verify(cx, saga.pod, saga.site, before, START_TIMEOUT).await
    }

    async fn undo(_: &StepCx, _: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Keeps what was seen to work. From here on there is nothing to go back to but a rollback.
pub(crate) struct KeepRelease;

impl Step for KeepRelease {
    type Saga = DeploySite;
    type Output = ();
    const NAME: &'static str = "keep_release";
    const TITLE: &'static str = "Keep the release";
    const NO_RETURN: bool = true;

    async fn run(cx: &StepCx, saga: &DeploySite) -> Result<(), StepError> {
        let (pod, _) = remote::facts(cx, saga.pod).await?;
        let name = site(&pod, saga.site)?.main();
        let Deploy { number, trigger, config, commit } = deploy(cx, saga).await?;
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        websites::commit_next_config(tx.conn(), saga.site).await?;
        if queries::set_succeeded(tx.conn(), saga.deploy, now).await? {
            let action = if trigger == DeployTrigger::Rollback { AuditAction::SiteRolledBack } else { AuditAction::SiteDeployed };
            let event = AuditEvent::new(action, "website", saga.site, name).in_tenant(pod.tenant_id);
            tx.record(event.after(serde_json::json!({ "deploy": number, "release": config.0.name, "commit": commit })));
        }
        touch_pod(tx.conn(), pod.id, now).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(_: &StepCx, _: &DeploySite, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A release that was kept is not taken back. Roll back instead."))
    }
}
