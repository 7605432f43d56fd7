//! `SET_HSTS`: for how long browsers insist on HTTPS.

use super::main_name;
use crate::{
    certificates::queries,
    cloudpods::{ServedSite, apply_site, served_site},
};
use adapters::visitor::Visitor;
use db::AuditEvent;
use engine::saga::{Saga, Step, StepContext, StepError, Steps};
use model::{administration::provisioning::EventLevel, audit_action::AuditAction, ids::CertificateId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Changes for how long browsers insist on HTTPS.
#[derive(Serialize, Deserialize)]
pub(in crate::certificates) struct SetHsts {
    pub(in crate::certificates) site: Uuid,
    pub(in crate::certificates) certificate: CertificateId,
    /// What they are told before, in seconds; none where they were never told.
    pub(in crate::certificates) from: Option<i32>,
    /// What they are to be told; 0 has them forget it.
    pub(in crate::certificates) to: i32,
    /// How many times this was begun for the pod, this one included.
    pub(in crate::certificates) round: i64,
}

impl Saga for SetHsts {
    const KIND: &'static str = "SET_HSTS";
    const TITLE: &'static str = "Change HSTS";

    fn key(&self) -> String {
        format!("set_hsts:{}:{}", self.site, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<ApplyHeader>().then::<VerifyHeader>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::minutes(15)
    }
}

async fn site(cx: &StepContext, saga: &SetHsts) -> Result<Option<ServedSite>, StepError> {
    let mut tx = cx.begin_read().await?;
    let site = served_site(tx.conn(), saga.site).await?;
    tx.finish().await?;
    Ok(site)
}

async fn set(cx: &StepContext, saga: &SetHsts, site: &ServedSite, before: Option<i32>, after: Option<i32>) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    if queries::set_hsts(tx.conn(), saga.certificate, after).await? {
        let event = AuditEvent::new(AuditAction::HstsChanged, "certificate", saga.certificate, main_name(site)).in_tenant(site.tenant);
        tx.record(event.before(serde_json::json!({ "seconds": before })).after(serde_json::json!({ "seconds": after })));
    }
    Ok(tx.commit_progress().await?)
}

/// Has the server send the header.
pub(in crate::certificates) struct ApplyHeader;

impl Step for ApplyHeader {
    type Saga = SetHsts;
    type Output = ();
    const NAME: &'static str = "apply_header";
    const TITLE: &'static str = "Change the HSTS header";

    async fn run(cx: &StepContext, saga: &SetHsts) -> Result<(), StepError> {
        let site = site(cx, saga).await?.ok_or_else(|| StepError::fail("The CloudPod is not online."))?;
        set(cx, saga, &site, saga.from, Some(saga.to)).await?;
        apply_site(cx, site.pod, "tell").await.map(drop)
    }

    async fn undo(cx: &StepContext, saga: &SetHsts, _: Option<&()>) -> Result<(), StepError> {
        let Some(site) = site(cx, saga).await? else { return Ok(()) };
        // Some browsers may have been told already: where there was nothing before, they are told to forget it.
        set(cx, saga, &site, Some(saga.to), Some(saga.from.unwrap_or(0))).await?;
        apply_site(cx, site.pod, "tell-as-before").await.map(drop)
    }
}

/// Looks from outside whether visitors get it.
pub(in crate::certificates) struct VerifyHeader;

impl Step for VerifyHeader {
    type Saga = SetHsts;
    type Output = ();
    const NAME: &'static str = "verify_header";
    const TITLE: &'static str = "Verify the header from outside";

    async fn run(cx: &StepContext, saga: &SetHsts) -> Result<(), StepError> {
        let site = site(cx, saga).await?.ok_or_else(|| StepError::fail("The CloudPod is not online."))?;
        let wanted = format!("max-age={}", saga.to);
        for name in &site.names {
            let shown = cx.services().part::<dyn Visitor>().https(name).await;
            let shown = shown.map_err(|error| StepError::retry(format!("HTTPS does not work from outside: {error}.")))?;
            match shown.hsts {
                Some(header) if header == wanted => {}
                Some(header) if header.starts_with("max-age=") => {
                    return Err(StepError::retry(format!("https://{name} still sends \"{header}\". If the site sends it, change it there.")));
                }
                _ => return Err(StepError::retry(format!("https://{name} does not send the header yet."))),
            }
        }
        cx.log(EventLevel::Info, format!("Visitors get \"Strict-Transport-Security: {wanted}\"."));
        Ok(())
    }

    async fn undo(_: &StepContext, _: &SetHsts, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
