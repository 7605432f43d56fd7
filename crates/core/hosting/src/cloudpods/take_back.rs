//! Bringing the CloudPods of a subscription back during their grace period.

use super::{
    jobs::DeleteCloudpod,
    queries,
    reconcile::queries::{self as jobs, LastJob},
};
use db::SystemTx;
use engine::{
    error::Result,
    saga::{self, Saga},
    services::Services,
};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::cloudpods::PodStatus,
    ids::{JobId, SubscriptionId},
};
use sqlx::PgConnection;

/// The CloudPods of a subscription that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldPods {
    /// Those that are offline with all their data, and can come back.
    pub count: i32,
    /// Until when they can.
    pub until: Option<Time>,
    /// Why one that is left can't come back now, for people.
    pub obstacles: Vec<String>,
}

/// Which CloudPods of a subscription can come back. One of which nothing is left is not counted.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn held_of_subscription(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> Result<HeldPods> {
    let mut held = HeldPods::default();
    for (pod, name, status, held_until) in queries::left_of_subscription(&mut *conn, subscription).await? {
        let deletion = jobs::last_job(&mut *conn, pod, &[DeleteCloudpod::KIND]).await?;
        let is_waiting = matches!(&deletion, Some(LastJob { status: JobStatus::Queued | JobStatus::Running, .. }));
        match (status, held_until) {
            (PodStatus::Failed, _) => {}
            (PodStatus::Held, Some(until)) if until > now && is_waiting => {
                held.count += 1;
                held.until = Some(held.until.map_or(until, |other| other.min(until)));
            }
            (PodStatus::Held, Some(until)) if until <= now => held.obstacles.push(format!("The data of {name} is being deleted.")),
            (PodStatus::Held, _) => held.obstacles.push(format!("The deletion of {name} needs attention. Contact support.")),
            (PodStatus::Deleting, _) => held.obstacles.push(format!("{name} is being taken offline. Try again in a minute.")),
            _ => held.obstacles.push(format!("{name} is not offline yet. Try again in a minute.")),
        }
    }
    Ok(held)
}

/// Until when all CloudPods of a subscription that are offline can come back.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn held_until(conn: &mut PgConnection, subscription: SubscriptionId, now: Time) -> Result<Option<Time>> {
    Ok(queries::held_until(conn, subscription, now).await?)
}

/// Keeps the data of CloudPods that can come back at least until then: whether they do is being decided.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn keep_held(conn: &mut PgConnection, subscription: SubscriptionId, until: Time, now: Time) -> Result<()> {
    Ok(queries::keep_held(conn, subscription, until, now).await?)
}

/// Brings back the CloudPods of a subscription that can come back: their deletion is rolled back, which starts everything of them again, or
/// leaves them suspended where they have another reason for that. Answers with their names; the transaction is the caller's.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn take_back(services: &Services, tx: &mut SystemTx, subscription: SubscriptionId) -> Result<Vec<String>> {
    let mut back = Vec::new();
    for (pod, _, name, status) in queries::lock_of_subscription(tx.conn(), subscription).await? {
        if status != PodStatus::Held {
            continue;
        }
        let Some(job) = jobs::unfinished_job(tx.conn(), pod, DeleteCloudpod::KIND).await?.map(JobId) else { continue };
        if saga::cancel_in(services, tx, job).await?.is_ok() {
            back.push(name);
        }
    }
    Ok(back)
}
