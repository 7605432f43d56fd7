//! More CloudPods for a plan that is sold more than once.

use super::queries;
use crate::{products, subscriptions::queries::Plan};
use core_hosting::cloudpods;
use db::SystemTx;
use engine::{Result, Services};
use model::hosting::cloudpods::Limits;

/// Orders the CloudPods that a plan has too few of. Each gets a domain of ours, and the region and the title of the first one.
pub(super) async fn order_missing(services: &Services, tx: &mut SystemTx, plan: &Plan, plan_code: &str, limits: Limits, quantity: i32) -> Result<()> {
    let existing = cloudpods::count_of_subscription(tx.conn(), plan.id).await?.existing;
    let product = products::queries::by_code(tx.conn(), plan_code).await?;
    let product = product.ok_or_else(|| anyhow::anyhow!("plan {plan_code} not found"))?.view()?;
    let stack = product.stack.ok_or_else(|| anyhow::anyhow!("{plan_code} is not a plan"))?;
    let like = queries::first_pod(tx.conn(), plan.id).await?;
    for _ in existing..i64::from(quantity) {
        let new = cloudpods::NewPod {
            tenant: plan.tenant_id,
            subscription: plan.id,
            plan_code: plan_code.to_owned(),
            stack,
            runtime: product.runtime,
            limits,
            domain: None,
            site_title: like.site_title.clone(),
            region: Some(like.region.clone()),
            admin_email: like.admin_email.clone(),
        };
        cloudpods::request(services, tx, new).await?;
    }
    Ok(())
}
