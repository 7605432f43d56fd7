//! CloudPods: ordered, placed, made, seen from outside, taken away.
//!
//! What a pod should be (`desired_state`) and what it was last seen to be on its server (`observed_state`, with its time) are two columns. The
//! specification's one `status` is the way between them: `REQUESTED` and `PROVISIONING` while `CREATE_CLOUDPOD` brings it to run, `RUNNING` once
//! its page was seen from outside, `FAILED` when that was undone; `SUSPENDING` while its reconciler's job closes it, `SUSPENDED` once it was seen
//! closed, `UNSUSPENDING` on the way back; `DELETING` while it should be off and was not seen off yet, `HELD` once it
//! was, `DELETED` once nothing of it is left. A job moves it when it has seen the state that the word stands for, never before. What happens
//! to a running pod afterwards changes `observed_state` alone, and how it differs from what was ordered stands with its reconciler.

mod delete;
pub mod deploys;
mod drift;
mod facts;
mod give_way;
mod jobs;
mod list;
mod migrate;
pub(crate) mod names;
mod outside;
mod participants;
mod place;
mod plans;
pub mod previews;
mod queries;
mod reconcile;
mod relay;
mod remote;
mod request;
mod restart;
mod rules;
mod scale;
mod secrets;
mod sites;
mod spec;
mod take_back;
pub mod websites;

#[cfg(test)]
mod tests;

pub use delete::{delete, delete_of_subscription};
pub use drift::set_drift_policy;
pub use list::{get, get_own, list, list_own, of_tenant, on_server};
pub use migrate::{cancel_planned_migration, drain_pods, migrate, migration_targets, plan_migration, planned_migration, preview_migration};
pub use participants::{BoundPod, Participant, Participants};
pub use plans::{preview_deletion, preview_restart};
pub use request::{NewPod, RequestedPod, give_own_name, request};
pub use restart::{restart, restart_own};
pub use scale::{has_room_for_more, release_limits, reserve_limits, set_limits, usage_above, usage_seen_above};
pub(crate) use secrets::{open_site_key, place_of_certificate, seal_site_key};
pub(crate) use sites::{ServedSite, apply_site, ask_server, has_unfinished_job, lock_pod, look_after_pod, pod_subject, served_site, tell_server};
pub use take_back::{HeldPods, held_of_subscription, held_until, keep_held, take_back};

use engine::{Error, Result, Services};
use model::{
    Time,
    hosting::cloudpods::{DesiredState, PodStatus},
    ids::{CloudPodId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.sagas.add::<jobs::CreateCloudpod>();
    modules.sagas.add::<jobs::CreateSite>();
    modules.sagas.add::<jobs::DeleteCloudpod>();
    modules.sagas.add::<jobs::DeleteSite>();
    modules.sagas.add::<jobs::DrainServer>();
    modules.sagas.add::<jobs::HealCloudpod>();
    modules.sagas.add::<jobs::MigrateCloudpod>();
    modules.sagas.add::<jobs::RestartCloudpod>();
    modules.sagas.add::<jobs::ScaleCloudpod>();
    modules.sagas.add::<jobs::SuspendCloudpod>();
    modules.sagas.add::<jobs::UnsuspendCloudpod>();
    modules.sagas.add::<jobs::UpdateDomains>();
    modules.sagas.add::<jobs::UpdateSite>();
    deploys::register(modules);
    previews::register(modules);
    modules.reconcilers.add::<reconcile::Observe>();
    modules.reconcilers.add::<reconcile::Converge>();
    modules.reconcilers.add::<migrate::Remains>();
    modules.reconcilers.add::<migrate::PlannedMoves>();
    modules.reconcilers.add::<drift::Alerts>();
    modules.reconcilers.add::<websites::CronJobResults>();
    modules.sealed.push(("CloudPods", |services| Box::pin(secrets::reseal(services))));
    modules.sealed.push(("environment variables", |services| Box::pin(secrets::reseal_environments(services))));
}

/// The CloudPods of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodCounts {
    /// All that it ever had.
    pub total: i64,
    /// Those that are not deleted.
    pub existing: i64,
    /// Those of them that neither failed nor are on their way out.
    pub in_place: i64,
}

/// How many CloudPods a subscription has.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn count_of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<PodCounts> {
    let (total, existing, in_place) = queries::count_of_subscription(conn, subscription).await?;
    Ok(PodCounts { total, existing, in_place })
}

/// A CloudPod of a subscription, as suspensions need it.
pub(crate) struct SubscribedPod {
    pub(crate) id: CloudPodId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    /// Whether it can be suspended and brought back as it is.
    pub(crate) can_change: bool,
    /// Whether it is still being provisioned.
    pub(crate) is_on_its_way: bool,
}

/// Locks the CloudPods of a subscription that are not deleted.
pub(crate) async fn lock_of_subscription(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<Vec<SubscribedPod>> {
    Ok(subscribed(queries::lock_of_subscription(conn, subscription).await?))
}

/// The same of an account.
pub(crate) async fn lock_of_tenant(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<SubscribedPod>> {
    Ok(subscribed(queries::lock_of_tenant(conn, tenant).await?))
}

fn subscribed(found: Vec<(CloudPodId, TenantId, String, PodStatus)>) -> Vec<SubscribedPod> {
    found
        .into_iter()
        .map(|(id, tenant, name, status)| SubscribedPod {
            id,
            tenant,
            name,
            can_change: rules::why_not_suspend(status).is_none(),
            is_on_its_way: matches!(status, PodStatus::Requested | PodStatus::Provisioning),
        })
        .collect()
}

/// A pod that may be suspended or brought back.
pub(crate) struct Suspendable {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) domain: String,
}

/// Locks a pod whose reasons of suspension are to change.
///
/// # Errors
/// Not found; a conflict when it is in no state for that.
pub(crate) async fn lock_for_suspension(conn: &mut PgConnection, pod: CloudPodId) -> Result<Suspendable> {
    queries::lock(conn, pod).await?;
    let facts = queries::facts(conn, pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if let Some(reason) = rules::why_not_suspend(facts.status) {
        return Err(Error::conflict(reason));
    }
    Ok(Suspendable { tenant: facts.tenant_id, name: facts.name, domain: facts.primary_domain })
}

/// What suspending a pod would close, or the end of its suspension would open again, by its server's own plan and that of everything else which
/// a suspension binds.
///
/// # Errors
/// Not found; a conflict when the pod is on no server, or it refuses; unavailable when it is not reached.
pub(crate) async fn plan_of_suspension(services: &Services, pod: CloudPodId, is_suspended: bool) -> Result<Vec<String>> {
    participants::plan(services, pod, is_suspended).await
}

/// What the pod should be from now on; its reconciler brings it there.
///
/// # Errors
/// When PostgreSQL does not answer.
pub(crate) async fn set_suspension_desired(conn: &mut PgConnection, pod: CloudPodId, suspended: bool, now: Time) -> Result<()> {
    let desired = if suspended { DesiredState::Suspended } else { DesiredState::Running };
    queries::set_desired_state(conn, pod, desired).await?;
    Ok(reconcile::touch_pod(conn, pod, now).await?)
}
