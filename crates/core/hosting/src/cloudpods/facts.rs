//! A pod, its sites and its server, as jobs and reconcilers need them.

use super::{
    participants::BoundPod,
    sites::CertificateFacts,
    spec::{Parts, SiteParts},
};
use model::{
    Time,
    administration::servers::{Capability, ServerDriver, ServerStatus},
    hosting::{
        cloudpods::{DesiredState, DriftPolicy, Limits, NetworkAccess, PodStatus, Runtime, SleepRule, Stack},
        websites::{SiteConfig, SiteStatus},
    },
    ids::{CloudPodId, ServerId, SubscriptionId, TenantId},
};
use sqlx::types::Json;
use wire::spec::ArtifactRef;

/// A pod as its jobs need it.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct PodFacts {
    pub(super) id: CloudPodId,
    pub(super) tenant_id: TenantId,
    pub(super) subscription_id: SubscriptionId,
    pub(super) server_id: Option<ServerId>,
    pub(super) name: String,
    pub(super) status: PodStatus,
    pub(super) desired_state: DesiredState,
    pub(super) region: String,
    pub(super) primary_domain: String,
    pub(super) stack: Stack,
    pub(super) site_title: Option<String>,
    pub(super) sealed_secrets: Option<Vec<u8>>,
    pub(super) held_until: Option<Time>,
    /// The server that it is on its way to.
    pub(super) moving_to: Option<ServerId>,
    /// What staff chose for when it differs from its plan.
    pub(super) drift_policy: Option<DriftPolicy>,
    /// False until a job that applies the ordered limits has verified them.
    pub(super) is_applied: bool,
    /// True until a job that applies the present names has verified them.
    pub(super) names_pending: bool,
    pub(super) cpu_millis: i32,
    pub(super) memory_mb: i32,
    pub(super) disk_mb: i32,
    pub(super) tasks: i32,
    pub(super) sleep_after_minutes: Option<i32>,
    pub(super) sleep_is_optional: bool,
    pub(super) max_sites: i32,
    pub(super) network: NetworkAccess,
    pub(super) uid: i32,
    pub(super) sites: Json<Vec<SiteFacts>>,
    pub(super) databases: Json<Vec<DatabaseFacts>>,
}

/// A site of a pod.
#[derive(Clone, serde::Deserialize)]
pub(super) struct SiteFacts {
    pub(super) id: uuid::Uuid,
    pub(super) name: String,
    /// Its title; nothing for that of the pod.
    pub(super) title: Option<String>,
    pub(super) stack: Stack,
    /// How far it is.
    pub(super) status: SiteStatus,
    /// The site whose branch it is a preview of.
    #[serde(default)]
    pub(super) preview_of: Option<uuid::Uuid>,
    /// What it is set to. A preview is stopped while its site is.
    pub(super) config: SiteConfig,
    /// The values of its environment variables, sealed, in hex.
    #[serde(default)]
    pub(super) environment: Option<String>,
    /// The main one first.
    pub(super) domains: Vec<String>,
    /// The database that it uses.
    pub(super) database: Option<String>,
    /// The version of its language; none for static files.
    pub(super) runtime_version: Option<Runtime>,
    /// What it runs on, once it was made.
    pub(super) runtime: Option<ArtifactRef>,
    /// The application that it was made with.
    pub(super) source: Option<ArtifactRef>,
    /// With what it answers over HTTPS.
    pub(super) certificate: Option<CertificateFacts>,
}

impl SiteFacts {
    /// Whether what it runs on is known.
    pub(super) fn knows_its_parts(&self) -> bool {
        self.stack == Stack::Static || self.runtime.is_some()
    }

    /// The name by which it is known.
    pub(super) fn main(&self) -> &str {
        self.domains.first().map(String::as_str).unwrap_or_default()
    }
}

/// A database of a pod and its user.
#[derive(Clone, serde::Deserialize)]
pub(super) struct DatabaseFacts {
    pub(super) name: String,
    pub(super) user: String,
}

impl PodFacts {
    /// What its sites run on.
    pub(super) fn parts(&self) -> Parts {
        self.sites.iter().map(|site| (site.id, SiteParts { runtime: site.runtime.clone(), app: site.source.clone() })).collect()
    }

    /// Whether what its sites run on is known: it is not until a site is made, nor of pods of before that was stored.
    pub(super) fn knows_its_parts(&self) -> bool {
        self.sites.iter().all(SiteFacts::knows_its_parts)
    }

    /// The name that its page is looked for by: its main domain, unless the site that has it is stopped or gone.
    pub(super) fn front(&self) -> &str {
        let main = self.sites.iter().find(|site| site.domains.contains(&self.primary_domain));
        if main.is_some_and(|main| !main.config.stopped || self.is_all_stopped()) {
            return &self.primary_domain;
        }
        self.sites.iter().find(|site| !site.config.stopped).or(self.sites.first()).map_or(&*self.primary_domain, SiteFacts::main)
    }

    /// What a server must be able to carry for it.
    pub(super) fn capabilities(&self) -> Vec<Capability> {
        self.sites.iter().map(|site| site.stack.capability()).collect()
    }

    /// Whether each of its sites is stopped by itself.
    pub(super) fn is_all_stopped(&self) -> bool {
        self.sites.iter().all(|site| site.config.stopped)
    }

    /// Whether its sites can be changed now: it runs, and is on no way to anywhere.
    pub(super) fn is_changeable(&self) -> bool {
        (self.desired_state, self.status) == (DesiredState::Running, PodStatus::Running) && self.moving_to.is_none()
    }

    /// As the participants of its suspension need it.
    pub(super) fn bound(&self) -> BoundPod {
        BoundPod { id: self.id, tenant: self.tenant_id, name: self.name.clone(), domain: self.primary_domain.clone() }
    }

    /// What it may use.
    pub(super) fn limits(&self) -> Limits {
        let sleep = self.sleep_after_minutes.map(|after_minutes| SleepRule { after_minutes, is_optional: self.sleep_is_optional });
        Limits {
            cpu_millis: self.cpu_millis,
            memory_mb: self.memory_mb,
            disk_mb: self.disk_mb,
            tasks: self.tasks,
            sleep,
            sites: self.max_sites,
            network: self.network,
        }
    }

    /// The title that its page must carry.
    pub(super) fn title(&self) -> &str {
        self.site_title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&self.primary_domain)
    }
}

/// A server as jobs need it.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct ServerFacts {
    pub(super) id: ServerId,
    pub(super) name: String,
    pub(super) status: ServerStatus,
    pub(super) driver: ServerDriver,
    pub(super) address: String,
    pub(super) site_address: String,
    pub(super) host_key: Option<String>,
}
