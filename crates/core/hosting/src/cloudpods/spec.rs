//! What a server is told about a pod.

use super::{
    drift,
    queries::{DatabaseFacts, PodFacts, SiteFacts},
    secrets::{PodSecrets, open_site_key},
    sites::CertificateFacts,
};
use engine::{saga::StepError, services::Services};
use model::hosting::cloudpods::{Runtime, Stack};
use serde::{Deserialize, Serialize};
use wire::{
    DbName, DomainName, Email, InvalidText, LoginName, PodName, PodUid, Secret, SiteName, SiteUrl, Title,
    certificate::{CertificateChain, PrivateKey, SiteCertificate},
    spec::{ArtifactRef, Database, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack as WireStack},
};

/// Names of the artifacts that a pod's sites run on: first their runtime, then their application.
/// A pod has one site as long as nothing makes a second one.
pub(super) fn part_names(pod: &PodFacts) -> (Option<&'static str>, Option<&'static str>) {
    let Some(site) = pod.sites.first() else { return (None, None) };
    (site.runtime_version.map(Runtime::as_str), (site.stack == Stack::Wordpress).then_some("wordpress"))
}

/// What a pod runs on, as it was brought to its server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) runtime: Option<ArtifactRef>,
    pub(super) app: Option<ArtifactRef>,
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
    let spec = PodSpec {
        pod: PodName::new(&*pod.name)?,
        uid: PodUid::new(positive(pod.uid))?,
        limits: Limits {
            cpu_millis: positive(limits.cpu_millis),
            memory_mb: positive(limits.memory_mb),
            disk_mb: positive(limits.disk_mb),
            tasks: positive(limits.tasks),
        },
        network: NetworkPolicy::Internet,
        state,
        sites: pod.sites.iter().map(|site| site_spec(services, pod, site, secrets, &parts)).collect::<Result<_, InvalidText>>()?,
        databases: pod.databases.iter().map(database).collect::<Result<_, InvalidText>>()?,
        hand_edits: drift::hand_edits(services, pod),
    };
    spec.check()?;
    Ok(spec)
}

fn certificate(services: &Services, found: &CertificateFacts) -> Result<SiteCertificate, InvalidText> {
    let sealed = hex::decode(&found.key).ok();
    let key = sealed.and_then(|sealed| open_site_key(&services.key, found.id, &sealed).ok());
    let key = key.ok_or(InvalidText { what: "private key", why: "it cannot be opened" })?;
    Ok(SiteCertificate { chain: CertificateChain::new(&*found.chain)?, key: PrivateKey::new(key)?, redirect: found.redirect, hsts: found.hsts })
}

fn site_spec(services: &Services, pod: &PodFacts, site: &SiteFacts, secrets: &PodSecrets, parts: &Parts) -> Result<SiteSpec, InvalidText> {
    let title = Title::new(pod.title())?;
    let main = site.domains.first().map(String::as_str).unwrap_or_default();
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
        certificate: site.certificate.as_ref().map(|found| certificate(services, found)).transpose()?,
    })
}
