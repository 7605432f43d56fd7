//! Other limits for the CloudPods of a subscription.

pub(super) mod queries;

use super::{place, queries as pods, reconcile::touch_pod, websites::queries as websites};
use engine::{Result, Services};
use model::{
    counted,
    hosting::cloudpods::{Limits, PodObservation, PodStatus, Stack},
    ids::{CloudPodId, SubscriptionId},
};
use sqlx::PgConnection;

const MIB: u64 = 1024 * 1024;

/// Why the CloudPods of a subscription cannot have these limits, for people: what they use now is more, or they have more sites.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn usage_above(conn: &mut PgConnection, subscription: SubscriptionId, to: Limits) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (pod, _, name, _) in pods::lock_of_subscription(&mut *conn, subscription).await? {
        found.extend(use_of(&mut *conn, pod, name).await?.above(to));
    }
    Ok(found)
}

/// [`usage_above`] for several limits at once, for who only looks: nothing is locked, so it may be otherwise a moment later.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn usage_seen_above(conn: &mut PgConnection, subscription: SubscriptionId, to: &[Limits]) -> Result<Vec<Vec<String>>> {
    let mut used = Vec::new();
    for (pod, name, ..) in pods::left_of_subscription(&mut *conn, subscription).await? {
        used.push(use_of(&mut *conn, pod, name).await?);
    }
    Ok(to.iter().map(|to| used.iter().flat_map(|pod| pod.above(*to)).collect()).collect())
}

/// What a CloudPod uses now.
struct Use {
    name: String,
    sites: i64,
    observed: Option<PodObservation>,
}

async fn use_of(conn: &mut PgConnection, pod: CloudPodId, name: String) -> Result<Use> {
    Ok(Use { name, sites: websites::count(&mut *conn, pod).await?, observed: queries::observed(conn, pod).await? })
}

impl Use {
    /// What of it is more than that, for people.
    fn above(&self, to: Limits) -> Vec<String> {
        let (name, mut found) = (&self.name, Vec::new());
        if self.sites > i64::from(to.sites) {
            found.push(format!("{name} has {}; the plan has {}.", counted(self.sites, "site"), to.sites));
        }
        let Some(observed) = &self.observed else { return found };
        let over = |used: Option<u64>, limit: i32| used.filter(|used| *used > u64::try_from(limit).unwrap_or(0) * MIB).map(|used| used.div_ceil(MIB));
        if let Some(used) = over(observed.disk_bytes, to.disk_mb) {
            found.push(format!("{name} uses {used} MB of disk; the plan has {} MB.", to.disk_mb));
        }
        if let Some(used) = over(observed.memory_bytes, to.memory_mb) {
            found.push(format!("{name} uses {used} MB of memory; the plan has {} MB.", to.memory_mb));
        }
        if let Some(used) = observed.tasks.filter(|used| *used > u64::try_from(to.tasks).unwrap_or(0)) {
            found.push(format!("{name} runs {used} processes; the plan has {}.", to.tasks));
        }
        found
    }
}

/// Keeps room on the servers for these limits, in the caller's transaction: nobody else is promised it while they are paid for. Answers with why
/// there is none, for people.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn reserve_limits(conn: &mut PgConnection, subscription: SubscriptionId, to: Limits) -> Result<Result<(), String>> {
    for (pod, _, name, status) in pods::lock_of_subscription(&mut *conn, subscription).await? {
        if matches!(status, PodStatus::Requested | PodStatus::Provisioning) {
            return Ok(Err(format!("{name} is being provisioned. Try again when it is running.")));
        }
        let Some(facts) = pods::facts(&mut *conn, pod).await? else { continue };
        let Some(server) = facts.server_id.filter(|_| status.is_placed()) else { continue };
        let more = facts.limits().max(to);
        if more == facts.limits() {
            continue;
        }
        // One that moves has its room on both servers. All who lock several take them in this order.
        let mut servers = vec![server];
        servers.extend(facts.moving_to);
        servers.sort_unstable();
        for server in servers {
            if !place::has_room(&mut *conn, server, facts.limits(), more).await? {
                return Ok(Err(format!("The server of {name} has no room for this plan. Contact support to move it.")));
            }
        }
        queries::set_reserved(&mut *conn, pod, Some(more)).await?;
    }
    Ok(Ok(()))
}

/// Whether servers in service have room for so many CloudPods more of these limits, where those of the subscription stand. Nothing is kept: they
/// get their places as ordered ones do.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn has_room_for_more(
    services: &Services,
    conn: &mut PgConnection,
    subscription: SubscriptionId,
    stack: Stack,
    limits: Limits,
    more: i32,
) -> Result<bool> {
    let region = queries::region(&mut *conn, subscription).await?;
    Ok(place::count_room(conn, stack, &region, limits, more, services.now()).await? == more)
}

/// Gives up what [`reserve_limits`] kept.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn release_limits(conn: &mut PgConnection, subscription: SubscriptionId) -> Result<()> {
    for (pod, ..) in pods::lock_of_subscription(&mut *conn, subscription).await? {
        queries::set_reserved(&mut *conn, pod, None).await?;
    }
    Ok(())
}

/// What the CloudPods of a subscription may use from now on, by this plan; their reconciler gives it to them.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn set_limits(services: &Services, conn: &mut PgConnection, subscription: SubscriptionId, plan_code: &str, to: Limits) -> Result<()> {
    for (pod, ..) in pods::lock_of_subscription(&mut *conn, subscription).await? {
        queries::set_quota(&mut *conn, pod, to).await?;
        queries::set_plan_code(&mut *conn, pod, plan_code).await?;
        touch_pod(&mut *conn, pod, services.now()).await?;
    }
    Ok(())
}
