//! Staff are told about pods that differ from their plan: one letter for all of them, so that a mistake on a whole server is one letter too.

use super::{
    super::reconcile::Converge,
    letters::{Drifted, Line},
    queries,
};
use chrono::TimeDelta;
use core_administration::outbox;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::permission::ServersManage;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// What is over by then was a service that restarted.
const HOLDS_FOR: TimeDelta = TimeDelta::minutes(2);
/// Pods that one letter names.
const NAMED: usize = 20;
/// Differences of a pod that it names.
const SHOWN: usize = 3;

/// Tells staff about each pod once, until it is as planned again.
pub(in crate::cloudpods) struct Alerts;

impl Reconciler for Alerts {
    const NAME: &'static str = "cloudpod_drift";
    const TITLE: &'static str = "Staff know of CloudPods that differ from their plan";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok(Object::installation(after))
    }

    async fn reconcile(services: &Services, _: Uuid) -> Result<Outcome, ReconcileError> {
        let (now, default) = (services.now(), services.settings.drift_policy);
        let mut tx = services.db.system("reconciler").await?;
        queries::forget_settled(tx.conn(), Converge::NAME, default).await?;
        let untold = queries::untold(tx.conn(), Converge::NAME, now - HOLDS_FOR, default).await?;
        if !untold.is_empty() {
            queries::note_told(tx.conn(), &untold.iter().map(|pod| pod.id).collect::<Vec<_>>(), now).await?;
            let line = |pod: &queries::Drifted| Line {
                name: pod.name.clone(),
                what: pod.differences.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; "),
                link: format!("{}/admin/cloudpods/{}", services.settings.public_url, pod.id),
            };
            let letter =
                Drifted { count: untold.len(), pods: untold.iter().take(NAMED).map(line).collect(), more: untold.len().saturating_sub(NAMED) };
            outbox::queue_for_staff::<ServersManage, _>(services, &mut tx, &letter).await?;
        }
        tx.commit_progress().await?;
        Ok(Outcome::ok("CloudPods that differ"))
    }
}
