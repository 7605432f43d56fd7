//! The pod starts on the new server, is looked at there, and then the visitors are sent there.

use super::{
    MigrateCloudpod, Way,
    prepare::{PrepareServer, ShipParts},
    travel::{PausePod, REQUEST_MOST, in_time},
};
use crate::{
    cloudpods::{
        jobs::{see_closed, wait_within},
        migrate::{Remains, queries},
        outside::Seen,
        queries as pods,
        reconcile::touch_pod,
        remote,
    },
    dns,
};
use chrono::TimeDelta;
use db::AuditEvent;
use engine::{
    reconcile::{Reconciler, touch},
    saga::{Step, StepContext, StepError},
};
use model::{administration::provisioning::EventLevel, audit_action::AuditAction};
use std::time::Duration;
use wire::{
    spec::PodState,
    verb::{PodApply, PodForward},
};

/// How long the old server sends visitors on: until everybody's records of the domain have been asked for again.
const FORWARD_FOR: TimeDelta = TimeDelta::hours(24);
/// How long the site may take to respond on the new server before the pod goes back.
const RESPOND_MOST: Duration = Duration::from_secs(15);

/// Starts the pod on the new server, and looks whether it responds there as it did before.
pub(super) struct StartThere;

impl Step for StartThere {
    type Saga = MigrateCloudpod;
    type Output = ();
    const NAME: &'static str = "start_there";
    const TITLE: &'static str = "Start on the new server and verify the site";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        let Some(since) = cx.output::<PausePod>()? else { return see_closed(cx, &way.pod, &way.target).await };
        let spec = way.spec_there(cx, PodState::Running)?;
        in_time(cx, since, remote::ask_within(cx, &way.target, "start", PodApply { spec }, REQUEST_MOST).await)?;
        let before = cx.output::<PrepareServer>()?;
        let as_before = |seen: &Seen| match (seen, before) {
            (Seen::Page { status, .. }, Some(before)) => *status == before,
            // It did not respond before; its server says that it runs.
            (seen, None) => seen.is_open(),
            (Seen::Nothing(_), Some(_)) => false,
        };
        match wait_within(cx, &way.pod, &way.target, RESPOND_MOST, as_before).await {
            Ok(_) => Ok(()),
            Err(seen) => {
                Err(StepError::fail(format!("{} does not respond on {} as before: {}.", way.pod.primary_domain, way.target.name, seen.describe())))
            }
        }
    }

    /// What runs there is removed with all that came there, after the pod is back where it was.
    async fn undo(_: &StepContext, _: &MigrateCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// The new server is the pod's from now on, also in the zones that mPanel has of its names; the room on the old one is free.
pub(super) struct SwitchServer;

impl Step for SwitchServer {
    type Saga = MigrateCloudpod;
    type Output = ();
    const NAME: &'static str = "switch_server";
    const TITLE: &'static str = "Switch to the new server";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        let (now, parts) = (cx.services().now(), cx.output::<ShipParts>()?);
        let mut tx = cx.begin().await?;
        let is_moved = queries::set_server(tx.conn(), saga.pod, saga.to, None).await?;
        if is_moved {
            pods::set_parts(tx.conn(), saga.pod, &parts).await?;
            tx.record(
                AuditEvent::new(AuditAction::CloudpodMigrated, "cloud_pod", way.pod.id, &*way.pod.name)
                    .in_tenant(way.pod.tenant_id)
                    .before(serde_json::json!({ "server": way.source.name }))
                    .after(serde_json::json!({ "server": way.target.name })),
            );
        }
        let place = (way.pod.tenant_id, way.pod.id, way.source.id);
        let key = queries::add_remains(tx.conn(), place, "FORWARD", now + FORWARD_FOR, now).await?;
        if is_moved {
            let told = dns::follow_pod(cx.services(), tx.conn(), saga.pod, &way.source.site_address, &way.target.site_address).await?;
            told.into_iter().for_each(|event| tx.record(event));
        }
        touch(tx.conn(), Remains::NAME, key, now + FORWARD_FOR).await?;
        Ok(tx.commit_progress().await?)
    }

    async fn undo(cx: &StepContext, saga: &MigrateCloudpod, _: Option<&()>) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        let is_back = queries::set_server(tx.conn(), saga.pod, saga.from, Some(saga.to)).await?;
        if is_back {
            tx.record(
                AuditEvent::new(AuditAction::CloudpodMigrated, "cloud_pod", way.pod.id, &*way.pod.name)
                    .in_tenant(way.pod.tenant_id)
                    .before(serde_json::json!({ "server": way.target.name }))
                    .after(serde_json::json!({ "server": way.source.name })),
            );
        }
        queries::drop_remains(tx.conn(), saga.pod, saga.from, now).await?;
        if is_back {
            let told = dns::follow_pod(cx.services(), tx.conn(), saga.pod, &way.target.site_address, &way.source.site_address).await?;
            told.into_iter().for_each(|event| tx.record(event));
        }
        Ok(tx.commit_progress().await?)
    }
}

/// Sends the visitors to the new server, those who wait first, and removes what is left of the pod on the old one.
pub(super) struct ForwardVisitors;

impl Step for ForwardVisitors {
    type Saga = MigrateCloudpod;
    type Output = ();
    const NAME: &'static str = "forward_visitors";
    const TITLE: &'static str = "Send visitors to the new server";
    // The new server has visitors now, who change what is on it.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        let to = remote::address(&way.target)?;
        remote::ask(cx, &way.source, "forward", PodForward { pod: way.name()?, to }).await?;
        way.end_copies(cx, &way.target, "end").await?;
        let now = cx.services().now();
        let mut tx = cx.begin().await?;
        touch_pod(tx.conn(), saga.pod, now).await?;
        tx.commit_progress().await?;
        cx.log(EventLevel::Info, format!("{} is on {}; {} sends visitors there for a day.", way.pod.name, way.target.name, way.source.name));
        Ok(())
    }

    async fn undo(_: &StepContext, _: &MigrateCloudpod, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("Visitors are on the new server. Move the CloudPod again to bring it back."))
    }
}
