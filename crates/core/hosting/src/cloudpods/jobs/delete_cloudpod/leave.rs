//! From here there is no way back: files that are gone stay gone.

use super::{super::leave_zones::leave_zones, DeleteCloudpod};
use crate::cloudpods::{deploys, participants, queries, remote};
use db::AuditEvent;
use engine::{
    reconcile,
    saga::{Step, StepContext, StepError},
};
use model::{administration::provisioning::EventLevel, audit_action::AuditAction, hosting::cloudpods::PodStatus};

/// Billing's reconciler of subscriptions, which stands above this area.
const SUBSCRIPTION: &str = "subscription";

/// Has no record lead to the pod any more, removes everything of it from its server, and looks whether it is gone. It is one step because deletions
/// wait for weeks, and go on with the steps that they began with.
pub(super) struct PurgeServer;

impl Step for PurgeServer {
    type Saga = DeleteCloudpod;
    type Output = ();
    const NAME: &'static str = "purge_server";
    const TITLE: &'static str = "Delete all data from the server";
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &DeleteCloudpod) -> Result<(), StepError> {
        let (pod, server) = remote::facts(cx, saga.pod).await?;
        let others = participants::others_of_job(cx.services(), &saga.participants)?;
        if let Some(server) = &server {
            // First, so that no record leads to where something else can be; and before what is asked next, which is then asked once.
            let names: Vec<String> = pod.sites.iter().flat_map(|site| site.domains.iter().cloned()).collect();
            leave_zones(cx, &pod, server, &names).await?;
        }
        for one in others {
            one.before_purge(cx, &pod.bound()).await?;
        }
        if let Some(server) = server {
            remote::purge(cx, &pod, &server, "purge").await?;
            cx.log(EventLevel::Info, format!("Deleted all data of {} from {}.", pod.name, server.name));
        }
        Ok(())
    }

    async fn undo(_: &StepContext, _: &DeleteCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Deleted data can't be restored."))
    }
}

/// Gives the place back and ends what was paid for it.
pub(super) struct GiveBack;

impl Step for GiveBack {
    type Saga = DeleteCloudpod;
    type Output = ();
    const NAME: &'static str = "give_back";
    const TITLE: &'static str = "Release capacity and the subscription";

    async fn run(cx: &StepContext, saga: &DeleteCloudpod) -> Result<(), StepError> {
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        queries::lock(tx.conn(), saga.pod).await?;
        let Some(pod) = queries::facts(tx.conn(), saga.pod).await?.filter(|pod| pod.status != PodStatus::Deleted) else {
            return Ok(());
        };
        queries::set_deleted(tx.conn(), pod.id, now).await?;
        deploys::queries::forget_pod(tx.conn(), pod.id).await?;
        // What was paid for it ends with it: billing sees to that.
        reconcile::touch(tx.conn(), SUBSCRIPTION, pod.subscription_id.0, now).await?;
        let event = AuditEvent::new(AuditAction::CloudpodDeleted, "cloud_pod", pod.id, &*pod.name)
            .in_tenant(pod.tenant_id)
            .before(serde_json::json!({ "status": pod.status }))
            .after(serde_json::json!({ "status": PodStatus::Deleted }));
        tx.commit(event).await?;
        Ok(())
    }

    async fn undo(_: &StepContext, _: &DeleteCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Deleted data can't be restored."))
    }
}
