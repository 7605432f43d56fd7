//! While the pod serves: its place, what it runs on, and a copy of it.

use super::{MigrateCloudpod, Way};
use crate::cloudpods::{
    jobs::ship,
    migrate::{Remains, queries},
    outside::{self, Seen},
    place, remote,
    spec::{self, Parts},
};
use engine::{
    reconcile::{Reconciler, touch},
    saga::{Step, StepContext, StepError},
};
use model::administration::provisioning::EventLevel;
use std::time::Duration;
use wire::{
    spec::PodState,
    verb::{MovePart, PodAdopt, PodApply, PodPlan, PodVisitors},
};

/// Longest that copying a whole pod may take.
const COPY_MOST: Duration = Duration::from_secs(4 * 3600);

/// Keeps room on the new server, beside what the pod has on the old one. Its outcome is what the pod runs on there.
pub(super) struct ReservePlace;

impl Step for ReservePlace {
    type Saga = MigrateCloudpod;
    type Output = Parts;
    const NAME: &'static str = "reserve_place";
    const TITLE: &'static str = "Reserve capacity on the new server";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Parts, StepError> {
        let way = Way::of(cx, saga).await?;
        if way.pod.moving_to == Some(saga.to) {
            return Ok(way.pod.parts());
        }
        if way.pod.server_id != Some(saga.from) {
            return Err(StepError::fail("The CloudPod is on another server now."));
        }
        let mut tx = cx.begin().await?;
        if !place::has_room_for(tx.conn(), saga.to, way.pod.limits()).await? {
            return Err(StepError::fail(format!("{} has no room for {}, or takes no CloudPods any more.", way.target.name, way.pod.name)));
        }
        // Of a move that was taken back; what was left of it is replaced.
        queries::drop_remains(tx.conn(), saga.pod, saga.to, cx.services().now()).await?;
        queries::set_moving_to(tx.conn(), saga.pod, Some(saga.to)).await?;
        tx.commit_progress().await?;
        Ok(way.pod.parts())
    }

    async fn undo(cx: &StepContext, saga: &MigrateCloudpod, _: Option<&Parts>) -> Result<(), StepError> {
        let mut tx = cx.begin().await?;
        queries::set_moving_to(tx.conn(), saga.pod, None).await?;
        crate::cloudpods::reconcile::touch_pod(tx.conn(), saga.pod, cx.services().now()).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// Brings runtime and application to the new server.
pub(super) struct ShipParts;

impl Step for ShipParts {
    type Saga = MigrateCloudpod;
    type Output = Parts;
    const NAME: &'static str = "ship_parts";
    const TITLE: &'static str = "Upload runtime and application";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Parts, StepError> {
        let way = Way::of(cx, saga).await?;
        ship::ship(cx, &way.pod, &way.target).await
    }

    /// What was shipped is shared by all pods of the server and stays.
    async fn undo(_: &StepContext, _: &MigrateCloudpod, _: Option<&Parts>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Copies everything while the pod goes on. Its outcome is how many bytes that were.
pub(super) struct CopyWhole;

impl Step for CopyWhole {
    type Saga = MigrateCloudpod;
    type Output = u64;
    const NAME: &'static str = "copy_whole";
    const TITLE: &'static str = "Copy all data while the site is online";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<u64, StepError> {
        let way = Way::of(cx, saga).await?;
        let bytes = way.copy(cx, MovePart::Whole, COPY_MOST).await?;
        cx.log(EventLevel::Info, format!("Copied {} MB to {}.", bytes.div_ceil(1 << 20), way.target.name));
        Ok(bytes)
    }

    async fn undo(cx: &StepContext, saga: &MigrateCloudpod, _: Option<&u64>) -> Result<(), StepError> {
        let way = Way::of(cx, saga).await?;
        clear(cx, &way).await?;
        way.end_copies(cx, &way.source, "undo").await
    }
}

/// Makes everything of the pod on the new server, closed. Its outcome is what visitors see of it where it is.
pub(super) struct PrepareServer;

impl Step for PrepareServer {
    type Saga = MigrateCloudpod;
    type Output = Option<u16>;
    const NAME: &'static str = "prepare_server";
    const TITLE: &'static str = "Prepare the CloudPod on the new server";

    async fn run(cx: &StepContext, saga: &MigrateCloudpod) -> Result<Option<u16>, StepError> {
        let way = Way::of(cx, saga).await?;
        let spec = way.spec_there(cx, PodState::Suspended)?;
        remote::ask(cx, &way.target, "adopt", PodAdopt { spec: spec.clone(), part: MovePart::Whole }).await?;
        remote::ask(cx, &way.target, "prepare", PodApply { spec }).await?;
        // The old server sends visitors there, at first from where they wait: their addresses are to be theirs.
        let visitors = PodVisitors { pod: way.name()?, from: remote::address(&way.source)?, believe: true };
        remote::ask(cx, &way.target, "visitors", visitors).await?;
        warn_of_edits(cx, &way).await?;
        if way.state() == PodState::Running {
            catch_up(cx, &way).await?;
        }
        Ok(match outside::look(cx.services(), &way.pod, &way.source).await {
            Seen::Page { status, .. } => Some(status),
            Seen::Nothing(_) => None,
        })
    }

    async fn undo(cx: &StepContext, saga: &MigrateCloudpod, _: Option<&Option<u16>>) -> Result<(), StepError> {
        clear(cx, &Way::of(cx, saga).await?).await
    }
}

/// Copies what has changed during the first copy, which may have taken hours: visitors wait for what changes from now on only.
async fn catch_up(cx: &StepContext, way: &Way) -> Result<(), StepError> {
    let bytes = way.copy(cx, MovePart::More, COPY_MOST).await?;
    cx.log(EventLevel::Info, format!("Copied {} MB that had changed meanwhile.", bytes.div_ceil(1 << 20)));
    Ok(())
}

/// Files of the server are not the pod's own: what was changed there by hand stays behind, and is named while it is still there.
async fn warn_of_edits(cx: &StepContext, way: &Way) -> Result<(), StepError> {
    let spec = spec::pod_spec(cx.services(), &way.pod, way.pod.parts(), way.state())?;
    let plan = remote::ask(cx, &way.source, "edits", PodPlan { spec }).await?;
    for edit in plan.edits {
        cx.log(EventLevel::Warn, format!("{} was changed by hand on {}. The change does not move.", edit.path, way.source.name));
    }
    Ok(())
}

/// Removes what came to the new server. It may be the reason for the way back: what cannot be removed now is noted, and removed later.
async fn clear(cx: &StepContext, way: &Way) -> Result<(), StepError> {
    if remote::purge(cx, &way.pod, &way.target, "clear").await.is_ok() {
        return Ok(());
    }
    cx.log(EventLevel::Warn, format!("The copy on {} could not be removed now. It is removed when the server responds.", way.target.name));
    let now = cx.services().now();
    let mut tx = cx.begin().await?;
    let place = (way.pod.tenant_id, way.pod.id, way.target.id);
    let key = queries::add_remains(tx.conn(), place, "COPY", now, now).await?;
    touch(tx.conn(), Remains::NAME, key, now).await?;
    Ok(tx.commit_progress().await?)
}
