//! Whether a running pod is what was ordered: its server says what it would change.

use super::{ask, running};
use crate::cloudpods::{queries, spec};
use engine::{
    Services,
    reconcile::{Failure, Object, Outcome, Reconciler},
};
use model::hosting::cloudpods::DesiredState;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::verb::PodPlan;

/// Compares pods with what was ordered.
pub(in crate::cloudpods) struct Drift;

impl Reconciler for Drift {
    const NAME: &'static str = "cloudpod";
    const TITLE: &'static str = "CloudPods are as ordered";
    const EVERY: Duration = Duration::from_secs(300);
    const DEADLINE: Duration = Duration::from_secs(60);

    async fn objects(conn: &mut PgConnection) -> Result<Vec<Object>, sqlx::Error> {
        queries::running(conn).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, Failure> {
        let Some((pod, server)) = running(services, key).await? else { return Ok(Outcome::Gone) };
        if pod.desired_state != DesiredState::Running {
            return Ok(Outcome::Gone);
        }
        let spec = spec::pod_spec(services, &pod, pod.parts())?;
        let plan = ask(services, &server, PodPlan { spec }, Duration::from_secs(50)).await?;
        let differences = plan.differences().map(|change| format!("{} {}: {}", change.op.label(), change.what, change.detail)).collect();
        Ok(Outcome::Checked { subject: pod.name, server: Some(server.id), differences })
    }
}
