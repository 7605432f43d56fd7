//! A subscription is for as many CloudPods as it has.

use super::{
    queries,
    transition::{Transition, transition},
};
use core_hosting::cloudpods;
use engine::{
    Services,
    reconcile::{Failure, Object, Outcome, Reconciler},
};
use model::ids::SubscriptionId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// A CloudPod that is deleted is paid for no longer: its subscription is for one less, and ends with the last one.
pub(super) struct MatchesPods;

impl Reconciler for MatchesPods {
    /// Hosting asks for it by this name when a CloudPod is deleted.
    const NAME: &'static str = "subscription";
    const TITLE: &'static str = "Subscriptions match their CloudPods";
    const EVERY: Duration = Duration::from_secs(6 * 3600);

    async fn objects(conn: &mut PgConnection) -> Result<Vec<Object>, sqlx::Error> {
        queries::active_plans(conn).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, Failure> {
        let id = SubscriptionId(key);
        let mut tx = services.db.system("subscriptions").await?;
        let Some(plan) = queries::lock_active_plan(tx.conn(), id).await? else { return Ok(Outcome::Gone) };
        let (ever, now) = cloudpods::count_of_subscription(tx.conn(), id).await?;
        let now = i32::try_from(now).unwrap_or(i32::MAX);
        let mut differences = Vec::new();
        match now {
            // A subscription without any was not carried out: nobody has deleted anything.
            0 if ever > 0 => transition(&mut tx, id, Transition::Cancel, services.now()).await?,
            _ if now == plan.quantity => {}
            1.. if now < plan.quantity => transition(&mut tx, id, Transition::Quantity(now), services.now()).await?,
            _ => differences.push(format!("Quantity {}, CloudPods {now}.", plan.quantity)),
        }
        tx.commit_progress().await?;
        Ok(if now == 0 && ever > 0 { Outcome::Gone } else { Outcome::Checked { subject: plan.product_name, server: None, differences } })
    }
}
