//! Pods are checked again and again: what they use, and whether they are what they should be.

mod converge;
mod observe;
pub(super) mod queries;

pub(super) use converge::Converge;
pub(super) use observe::Observe;

use super::{
    queries::{self as pod_queries, PodFacts, ServerFacts},
    remote::{target, trusted},
};
use adapters::node::{CallOptions, NodeClient};
use core_administration::servers::note_node_error;
use engine::{
    Services,
    reconcile::{ReconcileError, touch},
};
use model::{Time, ids::CloudPodId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::verb::Call;

/// Asks for a look at a pod, in the caller's transaction.
pub(super) async fn touch_pod(conn: &mut PgConnection, pod: CloudPodId, now: Time) -> Result<(), sqlx::Error> {
    use engine::reconcile::Reconciler;
    touch(&mut *conn, Observe::NAME, pod.0, now).await?;
    touch(conn, Converge::NAME, pod.0, now).await
}

/// A pod on a server, running or suspended, with that server. Nothing for one that is being created or deleted: its job checks it.
pub(super) async fn placed(services: &Services, key: Uuid) -> Result<Option<(PodFacts, ServerFacts)>, ReconcileError> {
    let mut tx = services.db.system_read("reconciler").await?;
    let pod = pod_queries::facts(tx.conn(), CloudPodId(key)).await?.filter(|pod| pod.status.is_placed());
    let found = match pod.as_ref().and_then(|pod| pod.server_id) {
        Some(server) => Some(pod_queries::server(tx.conn(), server).await?),
        None => None,
    };
    tx.finish().await?;
    Ok(pod.zip(found))
}

/// Asks the pod's server.
pub(super) async fn ask<C: Call>(services: &Services, server: &ServerFacts, call: C, deadline: Duration) -> Result<C::Reply, ReconcileError> {
    trusted(server)?;
    // Each question is its own intention: an answer of an earlier one would be old.
    let options = CallOptions { deadline, key: format!("reconcile/{}", Uuid::now_v7()), lines: None };
    match services.part::<dyn NodeClient>().call(&target(server), call.into(), options).await {
        Ok(reply) => C::read(reply).ok_or_else(|| ReconcileError(format!("Unexpected reply from {}.", server.name))),
        Err(error) => {
            note_node_error(services, server.id, &error).await?;
            Err(error.into())
        }
    }
}
