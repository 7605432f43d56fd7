//! What a server is told about a pod.

use super::{queries::PodFacts, rules, secrets::PodSecrets};
use engine::{saga::StepError, services::Services};
use model::hosting::cloudpods::Stack;
use serde::{Deserialize, Serialize};
use wire::{
    DbName, DomainName, Email, LoginName, PodName, Refused, Secret, SiteUrl, Title,
    spec::{ArtifactRef, Database, Limits, PodSpec, PodState, Stack as WireStack},
};

/// Names of the artifacts that a stack runs on: first its runtime, then its application.
pub(super) fn part_names(stack: Stack) -> (Option<&'static str>, Option<&'static str>) {
    match stack {
        Stack::Wordpress => (Some("php8.2"), Some("wordpress")),
        Stack::Php => (Some("php8.2"), None),
        Stack::Node => (Some("node18"), None),
        Stack::Static => (None, None),
    }
}

/// What a pod runs on, as it was brought to its server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) runtime: Option<ArtifactRef>,
    pub(super) app: Option<ArtifactRef>,
}

/// The pod as it should be, running.
///
/// # Errors
/// When a stored value is not one that a server takes; names the field, never the value.
pub(super) fn pod_spec(services: &Services, pod: &PodFacts, parts: Parts) -> Result<PodSpec, StepError> {
    let sealed = pod.sealed_secrets.as_deref().ok_or_else(|| StepError::fail("The CloudPod's passwords are missing."))?;
    let secrets = PodSecrets::open(&services.key, pod.id, sealed)?;
    build(services, pod, &secrets, parts).map_err(|refused| StepError::fail(format!("Invalid CloudPod specification: {refused}.")))
}

fn build(services: &Services, pod: &PodFacts, secrets: &PodSecrets, parts: Parts) -> Result<PodSpec, Refused> {
    let title = Title::new(pod.title())?;
    let database = || {
        let name = DbName::new(rules::database_name(&pod.name))?;
        Ok::<_, Refused>(Database { user: name.clone(), name, password: Secret::new(&*secrets.database_password)? })
    };
    let stack = match pod.stack {
        Stack::Static => WireStack::Static { title },
        Stack::Php => WireStack::Php { title },
        Stack::Node => WireStack::Node { title },
        Stack::Wordpress => WireStack::Wordpress {
            title,
            admin_email: Email::new(&*secrets.admin_email)?,
            admin_user: LoginName::new(&*secrets.admin_user)?,
            admin_password: Secret::new(&*secrets.admin_password)?,
            url: SiteUrl::new(services.settings.site_url(&pod.primary_domain))?,
        },
    };
    let positive = |figure: i32| u32::try_from(figure).unwrap_or(0);
    let limits = pod.limits();
    let spec = PodSpec {
        pod: PodName::new(&*pod.name)?,
        domains: vec![DomainName::new(&*pod.primary_domain)?],
        database: matches!(pod.stack, Stack::Wordpress | Stack::Php).then(database).transpose()?,
        stack,
        runtime: parts.runtime,
        app: parts.app,
        limits: Limits {
            cpu_millis: positive(limits.cpu_millis),
            memory_mb: positive(limits.memory_mb),
            disk_mb: positive(limits.disk_mb),
            tasks: positive(limits.tasks),
        },
        state: PodState::Running,
    };
    spec.check()?;
    Ok(spec)
}
