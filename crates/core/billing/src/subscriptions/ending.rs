//! What the customer is told about the end of a subscription, and until when the data is kept.

use super::{letters::EndNotice, queries::Plan};
use crate::letters;
use db::SystemTx;
use engine::{Result, Services, text::day};
use model::{
    Time,
    billing::products::ProductType,
    ids::{SubscriptionId, TenantId},
};

/// Until when the data of the CloudPods is kept if the subscription ends at `end`; none for a domain.
pub(super) fn data_kept_until(services: &Services, kind: ProductType, end: Time) -> Option<Time> {
    (kind != ProductType::Domain).then(|| end + services.settings.grace)
}

/// Mails that the subscription was cancelled and ends at `end`.
pub(super) async fn tell_scheduled(services: &Services, tx: &mut SystemTx, plan: &Plan, end: Time) -> Result<()> {
    let product = &plan.product_name;
    let rest = match data_kept_until(services, plan.kind, end) {
        Some(until) => format!("Then its CloudPods go offline. Their data is kept until {} and deleted afterwards.", day(until)),
        None => "The domain is then not renewed.".to_owned(),
    };
    let text = format!("{product} was cancelled and ends on {}. Until then everything keeps running, and you can undo this. {rest}", day(end));
    tell(services, tx, plan.tenant_id, plan.id, format!("{product} ends on {}", day(end)), text).await
}

/// Mails that the cancellation was undone.
pub(super) async fn tell_kept(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<()> {
    let product = &plan.product_name;
    let text = format!("The cancellation of {product} was undone. The next period begins on {}.", day(plan.renews_at));
    tell(services, tx, plan.tenant_id, plan.id, format!("{product} was not cancelled"), text).await
}

/// Mails that the subscription has ended.
pub(super) async fn tell_ended(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<()> {
    let product = &plan.product_name;
    let rest = match data_kept_until(services, plan.kind, services.now()) {
        Some(until) => format!(
            "Its CloudPods are being taken offline. Their data is kept until {} and deleted afterwards. Until then you can reactivate the subscription.",
            day(until)
        ),
        None => "The domain is no longer renewed.".to_owned(),
    };
    tell(services, tx, plan.tenant_id, plan.id, format!("{product} has ended"), format!("{product} has ended. {rest}")).await
}

/// Mails that the subscription has ended because its last CloudPod was deleted.
pub(super) async fn tell_without_pods(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<()> {
    let product = &plan.product_name;
    let text = format!("The last CloudPod of {product} was deleted, so the subscription has ended. Nothing more is charged for it.");
    tell(services, tx, plan.tenant_id, plan.id, format!("{product} has ended"), text).await
}

async fn tell(services: &Services, tx: &mut SystemTx, tenant: TenantId, id: SubscriptionId, title: String, text: String) -> Result<()> {
    letters::send(services, tx, tenant, |portal| EndNotice { title, text, link: format!("{portal}/subscriptions/{id}") }).await
}
