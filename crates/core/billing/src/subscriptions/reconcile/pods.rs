//! CloudPods follow what is paid for, and domains.

use super::super::{domains, queries::Plan};
use core_hosting::{cloudpods, suspensions};
use db::SystemTx;
use engine::{Result, Services};
use model::billing::{products::ProductType, subscriptions::SubscriptionStatus};

/// CloudPods of a suspended subscription have that reason to be suspended, and those of any other have not. Answers with what could not be done
/// yet, for people.
pub(super) async fn follow(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<Vec<String>> {
    if plan.kind == ProductType::Domain {
        return domains::follow(services, tx, plan).await;
    }
    let wanted = plan.status == SubscriptionStatus::Suspended;
    let left = suspensions::follow_payment(services, tx, plan.id, wanted).await?;
    let word = if wanted { "suspended" } else { "brought back" };
    Ok(left.into_iter().map(|name| format!("{name} can't be {word} in its present state.")).collect())
}

/// CloudPods of a subscription that has ended are deleted. Answers with those that cannot be yet, for people.
pub(super) async fn end(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<Vec<String>> {
    if plan.kind == ProductType::Domain {
        return domains::end(services, tx, plan).await;
    }
    let left = cloudpods::delete_of_subscription(services, tx, plan.id, plan.cancel_at.unwrap_or(services.now())).await?;
    Ok(left.into_iter().map(|name| format!("{name} can't be deleted in its present state.")).collect())
}
