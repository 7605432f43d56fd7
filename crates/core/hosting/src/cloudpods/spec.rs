//! What a server is told about a pod.

use super::{
    drift,
    queries::{DatabaseFacts, PodFacts, SiteFacts},
    secrets::{PodSecrets, open_environment, open_site_key},
    sites::CertificateFacts,
    websites::{self, http_rules, serving},
};
use crate::certificates::names_apart;
use engine::{saga::StepError, services::Services};
use model::hosting::{
    cloudpods::{NetworkAccess, Runtime, Stack},
    deploys::SiteRelease,
    websites::{SiteConfig, SiteStatus},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::{
    DbName, DomainName, Email, InvalidText, LoginName, PodName, PodUid, Secret, SiteName, SiteUrl, Title,
    certificate::{CertificateChain, NamesCertificate, PrivateKey, SiteCertificate},
    cron::{CronCommand, CronJob, CronJobKey, CronSchedule},
    deploy::{Release, ReleaseName, StartFile},
    environment::{Variable, VariableName, VariableValue},
    http_rules::{HeaderName, HeaderValue, ResponseHeader},
    settings::{IndexFile, PhpSettings, RootFolder, SiteSettings},
    spec::{ArtifactRef, Database, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack as WireStack},
};

/// What search engines are told.
const ROBOTS: &str = "X-Robots-Tag";

/// Names of the artifacts that a site runs on: first its runtime, then its application.
pub(super) fn part_names(site: &SiteFacts) -> (Option<&'static str>, Option<&'static str>) {
    (site.runtime_version.map(Runtime::as_str), (site.stack == Stack::Wordpress).then_some("wordpress"))
}

/// What a site runs on, as it was brought to its server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SiteParts {
    pub(super) runtime: Option<ArtifactRef>,
    pub(super) app: Option<ArtifactRef>,
}

/// What the sites of a pod run on. Jobs of before pods had several sites know the parts of the only one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    #[serde(default)]
    sites: BTreeMap<Uuid, SiteParts>,
    #[serde(flatten)]
    only: SiteParts,
}

/// The parts of one site, as a statement takes them.
#[derive(Serialize)]
pub(super) struct PartsRow<'a> {
    /// Nothing for the only site.
    site: Option<Uuid>,
    #[serde(flatten)]
    parts: &'a SiteParts,
}

impl Parts {
    fn of(&self, site: Uuid) -> &SiteParts {
        self.sites.get(&site).unwrap_or(&self.only)
    }

    /// A row for each site.
    pub(super) fn rows(&self) -> Vec<PartsRow<'_>> {
        if self.sites.is_empty() {
            return vec![PartsRow { site: None, parts: &self.only }];
        }
        self.sites.iter().map(|(site, parts)| PartsRow { site: Some(*site), parts }).collect()
    }
}

impl FromIterator<(Uuid, SiteParts)> for Parts {
    fn from_iter<T: IntoIterator<Item = (Uuid, SiteParts)>>(sites: T) -> Self {
        Self { sites: sites.into_iter().collect(), only: SiteParts::default() }
    }
}

/// The pod as it should be in this state.
///
/// # Errors
/// When a stored value is not one that a server takes; names the field, never the value.
pub(super) fn pod_spec(services: &Services, pod: &PodFacts, parts: Parts, state: PodState) -> Result<PodSpec, StepError> {
    let sealed = pod.sealed_secrets.as_deref().ok_or_else(|| StepError::fail("The CloudPod's passwords are missing."))?;
    let secrets = PodSecrets::open(&services.key, pod.id, sealed)?;
    build(services, pod, &secrets, parts, state).map_err(|invalid| StepError::fail(format!("Invalid CloudPod specification: {invalid}.")))
}

fn build(services: &Services, pod: &PodFacts, secrets: &PodSecrets, parts: Parts, state: PodState) -> Result<PodSpec, InvalidText> {
    let positive = |figure: i32| u32::try_from(figure).unwrap_or(0);
    let limits = pod.limits();
    let database = |facts: &DatabaseFacts| {
        Ok(Database { name: DbName::new(&*facts.name)?, user: DbName::new(&*facts.user)?, password: Secret::new(&*secrets.database_password)? })
    };
    // A suspended pod runs nothing that could sleep, and agents that know nothing of sleep can suspend it, too.
    let sleeps = state == PodState::Running;
    let as_in_state = |site: SiteSpec| SiteSpec { sleep_after_minutes: site.sleep_after_minutes.filter(|_| sleeps), ..site };
    let spec = PodSpec {
        pod: PodName::new(&*pod.name)?,
        uid: PodUid::new(positive(pod.uid))?,
        limits: Limits {
            cpu_millis: positive(limits.cpu_millis),
            memory_mb: positive(limits.memory_mb),
            disk_mb: positive(limits.disk_mb),
            tasks: positive(limits.tasks),
        },
        network: match limits.network {
            NetworkAccess::Internet => NetworkPolicy::Internet,
            NetworkAccess::Closed => NetworkPolicy::Closed,
        },
        state,
        sites: pod
            .sites
            .iter()
            .filter(|site| can_stand(site, &parts))
            .map(|site| site_spec(services, pod, site, secrets, &parts).map(as_in_state))
            .collect::<Result<_, InvalidText>>()?,
        databases: pod.databases.iter().map(database).collect::<Result<_, InvalidText>>()?,
        hand_edits: drift::hand_edits(services, pod),
    };
    spec.check()?;
    Ok(spec)
}

fn certificate(services: &Services, found: &CertificateFacts, domains: &[String]) -> Result<SiteCertificate, InvalidText> {
    let one = |chain: &str, key: &str| {
        let sealed = hex::decode(key).ok();
        let key = sealed.and_then(|sealed| open_site_key(&services.key, found.id, &sealed).ok());
        let key = key.ok_or(InvalidText { what: "private key", why: "it cannot be opened" })?;
        Ok::<_, InvalidText>((CertificateChain::new(chain)?, PrivateKey::new(key)?))
    };
    let main = one(&found.chain, &found.key)?;
    let whole = |(chain, key), also| SiteCertificate { chain, key, redirect: found.redirect, hsts: found.hsts, also };
    let (Some(also_chain), Some(also_key)) = (&found.also_chain, &found.also_key) else { return Ok(whole(main, None)) };
    let apart = names_apart(&found.chain, also_chain, domains);
    let (chain, key) = one(also_chain, also_key)?;
    Ok(match apart.len() {
        0 => whole(main, None),
        all if all == domains.len() => whole((chain, key), None),
        _ => whole(main, Some(NamesCertificate { domains: apart.iter().map(DomainName::new).collect::<Result<_, _>>()?, chain, key })),
    })
}

/// Whether a description can hold the site. One without a name answers to nobody, and one that is being created may not know its runtime yet;
/// neither keeps the others from being suspended.
pub(super) fn can_stand(site: &SiteFacts, parts: &Parts) -> bool {
    let needs_runtime = site.stack != Stack::Static && parts.of(site.id).runtime.is_none();
    !site.domains.is_empty() && !(site.status == SiteStatus::Creating && needs_runtime)
}

fn site_spec(services: &Services, pod: &PodFacts, site: &SiteFacts, secrets: &PodSecrets, parts: &Parts) -> Result<SiteSpec, InvalidText> {
    let title = Title::new(site.title.as_deref().unwrap_or(pod.title()))?;
    let (main, parts) = (site.main(), parts.of(site.id));
    let stack = match site.stack {
        Stack::Static => WireStack::Static { title },
        Stack::Php => WireStack::Php { title },
        Stack::Node => WireStack::Node { title },
        Stack::Wordpress => WireStack::Wordpress {
            title,
            admin_email: Email::new(&*secrets.admin_email)?,
            admin_user: LoginName::new(&*secrets.admin_user)?,
            admin_password: Secret::new(&*secrets.admin_password)?,
            url: SiteUrl::new(services.settings.site_url(main))?,
            database: DbName::new(site.database.as_deref().unwrap_or_default())?,
        },
    };
    Ok(SiteSpec {
        name: SiteName::new(&*site.name)?,
        stack,
        runtime: parts.runtime.clone(),
        domains: site.domains.iter().map(DomainName::new).collect::<Result<_, _>>()?,
        source: parts.app.clone(),
        certificate: site.certificate.as_ref().map(|found| certificate(services, found, &site.domains)).transpose()?,
        stopped: site.config.stopped,
        settings: settings(site)?,
        release: site.config.release.as_ref().map(release).transpose()?,
        environment: environment(services, site)?,
        cron_jobs: site.config.cron_jobs.iter().filter(|job| job.is_on).map(job).collect::<Result<_, _>>()?,
        sleep_after_minutes: websites::sleep_rule(pod, site).and_then(|rule| u32::try_from(rule.after_minutes).ok()),
    })
}

/// A release, as its server is told it.
///
/// # Errors
/// Names the field that a server would not take.
pub(super) fn release(release: &SiteRelease) -> Result<Release, InvalidText> {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(Release {
        name: ReleaseName::new(&*release.name)?,
        folder: filled(&release.folder).map(RootFolder::new).transpose()?,
        start: filled(&release.start).map(StartFile::new).transpose()?,
    })
}

/// The variables that the site's set has. One that cannot be opened is a fault: a program without its variables is another program.
fn environment(services: &Services, site: &SiteFacts) -> Result<Vec<Variable>, InvalidText> {
    let Some(set) = site.config.environment.set else { return Ok(Vec::new()) };
    let sealed = site.environment.as_ref().and_then(|sealed| hex::decode(sealed).ok());
    let opened = sealed.and_then(|sealed| open_environment(&services.key, set, &sealed).ok());
    let values = opened.ok_or(InvalidText { what: "environment variables", why: "they cannot be opened" })?;
    let variable = |(name, value)| Ok(Variable { name: VariableName::new(name)?, value: VariableValue::new(value)? });
    values.into_iter().map(variable).collect()
}

fn job(job: &model::hosting::cron_jobs::CronJob) -> Result<CronJob, InvalidText> {
    Ok(CronJob {
        key: CronJobKey::new(&*job.key)?,
        schedule: CronSchedule::new(&job.schedule)?,
        command: CronCommand::new(&*job.command)?,
        limit_seconds: job.limit_minutes * 60,
    })
}

/// The headers of a preview: search engines leave it out, whatever its site tells them.
fn unlisted(mut headers: Vec<ResponseHeader>) -> Result<Vec<ResponseHeader>, InvalidText> {
    headers.retain(|one| one.name.as_str() != ROBOTS);
    headers.push(ResponseHeader { name: HeaderName::new(ROBOTS)?, value: HeaderValue::new("noindex")? });
    Ok(headers)
}

/// What a site is set to, as its server is told it.
///
/// # Errors
/// Names the field that a server would not take.
fn settings(site: &SiteFacts) -> Result<SiteSettings, InvalidText> {
    let config = &site.config;
    let SiteConfig { files, php, http_rules: typed, .. } = config;
    let headers = http_rules::headers(&typed.headers).map_err(|_| InvalidText { what: "response headers", why: "they cannot be read" })?;
    let settings = SiteSettings {
        document_root: Some(&*files.document_root).filter(|root| !root.is_empty()).map(RootFolder::new).transpose()?,
        index_files: files.index_files.split_whitespace().map(IndexFile::new).collect::<Result<_, _>>()?,
        spa_fallback: files.spa_fallback,
        php: PhpSettings {
            memory_limit_mb: php.memory_limit_mb,
            max_upload_mb: php.max_upload_mb,
            max_execution_seconds: php.max_execution_seconds,
            display_errors: php.display_errors,
        },
        redirects: http_rules::redirects(&typed.redirects).map_err(|_| InvalidText { what: "redirects", why: "they cannot be read" })?,
        headers: if site.preview_of.is_some() { unlisted(headers)? } else { headers },
        redirect_to_main: config.redirect_to_main,
        protection: serving::protection(config)?,
        error_pages: serving::error_pages(config)?,
        micro_cache_seconds: config.micro_cache_seconds,
    };
    settings.check()?;
    Ok(settings)
}
