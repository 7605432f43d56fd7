//! A subscription is for as many CloudPods as it has.

use crate::{
    ledger,
    subscriptions::{
        cancel::{CANCELLED, credit_ahead},
        ending, queries,
        transition::{Transition, transition},
    },
};
use core_hosting::cloudpods;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{
    billing::{products::ProductType, subscriptions::SubscriptionStatus},
    ids::SubscriptionId,
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// A CloudPod that is deleted is paid for no longer: its subscription is for one less, and ends with the last one.
pub(in crate::subscriptions) struct SubscriptionQuantity;

impl Reconciler for SubscriptionQuantity {
    /// Hosting asks for it by this name when a CloudPod is deleted.
    const NAME: &'static str = "subscription";
    const TITLE: &'static str = "Subscriptions match their CloudPods";
    const INTERVAL: Duration = Duration::from_secs(6 * 3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::plans_that_go_on(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = SubscriptionId(key);
        let mut tx = services.db.system("subscriptions").await?;
        let Some(plan) =
            queries::lock_plan(tx.conn(), id).await?.filter(|plan| plan.status != SubscriptionStatus::Cancelled && plan.kind != ProductType::Domain)
        else {
            return Ok(Outcome::Removed);
        };
        ledger::lock(tx.conn(), plan.tenant_id).await?;
        let pods = cloudpods::count_of_subscription(tx.conn(), id).await?;
        let existing = i32::try_from(pods.existing).unwrap_or(i32::MAX);
        let has_deleted = pods.total > pods.existing;
        let mut differences = Vec::new();
        match existing {
            _ if existing == plan.quantity => {}
            0 if has_deleted => {
                credit_ahead(services, &mut tx, &plan, CANCELLED).await?;
                transition(&mut tx, id, Transition::Cancel, services.now()).await?;
                ending::tell_without_pods(services, &mut tx, &plan).await?;
            }
            1.. if has_deleted && existing < plan.quantity => {
                // Issued anew for the quantity that is left.
                credit_ahead(services, &mut tx, &plan, "The quantity changed before this period.").await?;
                transition(&mut tx, id, Transition::Quantity(existing), services.now()).await?;
            }
            // Nobody has deleted any: sold, and not made, or made too often.
            _ => differences.push(format!("Quantity {}, CloudPods {existing}.", plan.quantity)),
        }
        tx.commit_progress().await?;
        Ok(if existing == 0 && has_deleted { Outcome::Removed } else { Outcome::Checked { subject: plan.product_name, server: None, differences } })
    }
}
