//! What moves have left on servers is removed when its time has come.

use super::queries;
use crate::cloudpods::{queries as pods, reconcile::ask, remote::address};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::{
    PodName,
    verb::{PodRemove, PodVisitors, RemoveMode},
};

/// Longest that one request may take.
const ASK_MOST: Duration = Duration::from_secs(25);

/// Removes virtual hosts that forward, once their time is over, and copies that could not be removed at once.
pub(in crate::cloudpods) struct Remains;

impl Reconciler for Remains {
    const NAME: &'static str = "cloudpod_remains";
    const TITLE: &'static str = "Former places of CloudPods are removed";
    const INTERVAL: Duration = Duration::from_secs(600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::all_left(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let mut tx = services.db.system_read("reconciler").await?;
        let Some(left) = queries::left(tx.conn(), key).await? else { return Ok(Outcome::Removed) };
        let server = pods::server(tx.conn(), left.server).await?;
        tx.finish().await?;
        let now = services.now();
        let subject = format!("{} on {}", left.name, server.name);
        if left.is_home {
            return Ok(Outcome::Checked { subject, server: Some(server.id), differences: vec!["The CloudPod itself is there.".to_owned()] });
        }
        if now < left.due_at {
            let mut tx = services.db.system("reconciler").await?;
            touch(tx.conn(), Self::NAME, key, left.due_at).await?;
            tx.commit_progress().await?;
            return Ok(Outcome::Checked { subject, server: Some(server.id), differences: Vec::new() });
        }
        let pod = PodName::new(left.name).map_err(|invalid| ReconcileError(format!("Invalid CloudPod name: {invalid}.")))?;
        ask(services, &server, PodRemove { pod: pod.clone(), mode: RemoveMode::Purge }, ASK_MOST).await?;
        if let Some(home) = left.home.filter(|_| left.is_forward) {
            let mut tx = services.db.system_read("reconciler").await?;
            let home = pods::server(tx.conn(), home).await?;
            tx.finish().await?;
            ask(services, &home, PodVisitors { pod, from: address(&server)?, believe: false }, ASK_MOST).await?;
        }
        let mut tx = services.db.system("reconciler").await?;
        queries::drop_remains(tx.conn(), left.pod, server.id, now).await?;
        tx.commit_progress().await?;
        Ok(Outcome::Removed)
    }
}
