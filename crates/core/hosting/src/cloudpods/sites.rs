//! What certificates need of pods: a site with its server, and the way to bring what it should be to that server.

mod queries;

use super::{
    jobs::{apply, ship},
    queries::{self as pod_queries, PodFacts, ServerFacts},
    reconcile::{self, queries as busy, touch_pod},
    remote, request,
};
use engine::{
    Services,
    reconcile::{ReconcileError, touch},
    saga::{StepContext, StepError, Subject},
};
use model::{
    Time,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::{CloudPodId, ServerId, TenantId, WebsiteId},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{spec::PodState, verb::Call};

/// Longest that a reconciler waits for one answer of a server.
const ASK_MOST: Duration = Duration::from_secs(20);

/// A certificate of a site: the one in use, or one that is on its way to be.
#[derive(Clone, serde::Deserialize)]
pub(in crate::cloudpods) struct CertificateFacts {
    pub(in crate::cloudpods) id: uuid::Uuid,
    pub(in crate::cloudpods) chain: String,
    /// Sealed, in hex.
    pub(in crate::cloudpods) key: String,
    /// The platform's, where the site has other names too.
    #[serde(default)]
    pub(in crate::cloudpods) also_chain: Option<String>,
    /// Its key, sealed, in hex.
    #[serde(default)]
    pub(in crate::cloudpods) also_key: Option<String>,
    pub(in crate::cloudpods) redirect: bool,
    /// In seconds; 0 has browsers forget what they were told.
    pub(in crate::cloudpods) hsts: Option<u32>,
}

/// A site that is served: its pod is on a server, running or suspended.
pub(crate) struct ServedSite {
    pub(crate) id: Uuid,
    pub(crate) tenant: TenantId,
    pub(crate) pod: CloudPodId,
    pub(crate) pod_name: String,
    /// The main one first.
    pub(crate) names: Vec<String>,
    /// Its visitors get the site itself.
    pub(crate) is_running: bool,
    /// It is on its way to another server.
    pub(crate) is_moving: bool,
    /// Where its names should lead.
    pub(crate) address: String,
    pub(crate) server_id: ServerId,
    server: ServerFacts,
}

/// A site that is served now.
pub(crate) async fn served_site(conn: &mut PgConnection, site: Uuid) -> Result<Option<ServedSite>, sqlx::Error> {
    let Some(pod) = queries::pod_of_site(conn, site).await? else { return Ok(None) };
    let Some(facts) = pod_queries::facts(conn, pod).await?.filter(|facts| facts.status.is_placed()) else { return Ok(None) };
    let Some(server) = facts.server_id else { return Ok(None) };
    let server = pod_queries::server(conn, server).await?;
    // One that could not be made, or that is deleted, is not served.
    let Some(served) = facts.sites.iter().find(|one| one.id == site) else { return Ok(None) };
    Ok(Some(ServedSite {
        id: site,
        tenant: facts.tenant_id,
        pod,
        pod_name: facts.name.clone(),
        names: served.domains.clone(),
        is_running: (facts.status, facts.desired_state) == (PodStatus::Running, DesiredState::Running) && !served.config.stopped,
        is_moving: facts.moving_to.is_some(),
        address: server.site_address.clone(),
        server_id: server.id,
        server,
    }))
}

/// Asks the site's server for something, in the name of a job's step.
pub(crate) async fn tell_server<C: Call>(cx: &StepContext, site: &ServedSite, part: &str, call: C) -> Result<C::Reply, StepError> {
    remote::ask(cx, &site.server, part, call).await
}

/// Asks the site's server for something, in the name of a reconciler.
pub(crate) async fn ask_server<C: Call>(services: &Services, site: &ServedSite, call: C) -> Result<C::Reply, ReconcileError> {
    reconcile::ask(services, &site.server, call, ASK_MOST).await
}

/// Brings the pod on its server to what it should be now. False when it is on none: it gets everything when it comes back.
pub(crate) async fn apply_site(cx: &StepContext, pod: CloudPodId, part: &str) -> Result<bool, StepError> {
    let (pod, server) = match remote::facts(cx, pod).await? {
        (pod, Some(server)) if pod.status.is_placed() => (pod, server),
        _ => return Ok(false),
    };
    let Some(state) = state(&pod) else { return Err(StepError::fail("The CloudPod is being moved, suspended or brought back.")) };
    let parts = ship::parts(cx, &pod, &server).await?;
    apply(cx, &pod, &server, parts, state, part).await?;
    Ok(true)
}

/// What a pod is to be doing that no other job is about to change.
pub(super) fn state(pod: &PodFacts) -> Option<PodState> {
    match pod.status {
        _ if pod.moving_to.is_some() => None,
        PodStatus::Running => Some(PodState::Running),
        PodStatus::Suspended => Some(PodState::Suspended),
        _ => None,
    }
}

/// Whether a job of the pod goes on.
pub(crate) async fn has_unfinished_job(conn: &mut PgConnection, pod: CloudPodId) -> Result<bool, sqlx::Error> {
    busy::has_unfinished_job(conn, pod).await
}

/// Keeps other jobs of the pod from being started until the transaction ends.
pub(crate) async fn lock_pod(conn: &mut PgConnection, pod: CloudPodId) -> Result<(), sqlx::Error> {
    pod_queries::lock(conn, pod).await
}

/// The pod as what a job is about.
pub(crate) fn pod_subject(pod: CloudPodId, name: &str) -> Subject {
    request::subject(pod, name)
}

/// Has the pod compared with what it should be.
pub(crate) async fn look_after_pod(conn: &mut PgConnection, pod: CloudPodId, now: Time) -> Result<(), sqlx::Error> {
    touch_pod(conn, pod, now).await
}

/// Asks for a look at the certificates of a pod's sites, where certificates are issued at all.
pub(crate) async fn touch_sites(services: &Services, conn: &mut PgConnection, pod: CloudPodId) -> Result<(), sqlx::Error> {
    if services.find::<adapters::acme::Authorities>().is_none() {
        return Ok(());
    }
    for site in queries::sites_of_pod(conn, pod).await? {
        touch(conn, crate::certificates::RECONCILER, site, services.now()).await?;
    }
    Ok(())
}

/// Has the certificate of a site that is deleted forgotten, with its key.
pub(super) async fn forget_certificate(services: &Services, conn: &mut PgConnection, site: WebsiteId) -> Result<(), sqlx::Error> {
    if services.find::<adapters::acme::Authorities>().is_none() {
        return Ok(());
    }
    touch(conn, crate::certificates::RECONCILER, site.0, services.now()).await
}
