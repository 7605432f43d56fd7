//! What is done about pods that differ from their plan: alert, adopt, or heal.

mod adopt;
mod alert;
mod letters;
mod queries;

pub(super) use adopt::adopt;
pub(super) use alert::Alerts;
pub(super) use queries::policy;

use super::{
    queries::{self as pods, PodFacts},
    reconcile::touch_pod,
};
use db::{AuditEvent, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    hosting::cloudpods::{DriftPolicy, PodStatus},
    ids::CloudPodId,
    permission::ServersManage,
};
use serde_json::json;
use wire::spec::HandEdits;

/// Chooses what is done when this pod differs from its plan; nothing for the installation's default.
///
/// # Errors
/// Not found; a conflict when the pod was deleted.
pub async fn set_drift_policy(services: &Services, mut tx: PlatformTx<ServersManage>, pod: CloudPodId, policy: Option<DriftPolicy>) -> Result<()> {
    pods::lock(tx.conn(), pod).await?;
    let facts = pods::facts(tx.conn(), pod).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    if facts.status == PodStatus::Deleted {
        return Err(Error::conflict("This CloudPod was deleted."));
    }
    queries::set_policy(tx.conn(), pod, policy).await?;
    if facts.status.is_placed() {
        touch_pod(tx.conn(), pod, services.now()).await?;
    }
    let event = AuditEvent::new(AuditAction::CloudpodDriftPolicySet, "cloud_pod", pod, facts.name).in_tenant(facts.tenant_id);
    Ok(tx.commit(event.before(json!({ "policy": facts.drift_policy })).after(json!({ "policy": policy }))).await?)
}

/// What is done about this pod.
pub(super) fn policy_of(services: &Services, pod: &PodFacts) -> DriftPolicy {
    pod.drift_policy.unwrap_or(services.settings.drift_policy)
}

/// What becomes of changes that were made by hand on its server.
pub(super) fn hand_edits(services: &Services, pod: &PodFacts) -> HandEdits {
    match policy_of(services, pod) {
        DriftPolicy::Alert | DriftPolicy::Adopt => HandEdits::Keep,
        DriftPolicy::Heal => HandEdits::Replace,
    }
}
