//! Every server in service is asked now and then whether it is there.

use super::{health, queries, rules};
use adapters::node::{CallOptions, NodeClient};
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::ids::ServerId;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::verb::PodList;

/// Asks servers in service. One that shows another host key is quarantined; one that does not answer keeps the time of its last answer.
pub(super) struct CheckServer;

impl Reconciler for CheckServer {
    const NAME: &'static str = "server";
    const TITLE: &'static str = "Servers respond";
    const INTERVAL: Duration = Duration::from_secs(20);
    const TIMEOUT: Duration = Duration::from_secs(25);
    const MAX_BACKOFF: Duration = Duration::from_secs(30);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::in_service(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = ServerId(key);
        let mut tx = services.db.system_read("servers").await?;
        let server = queries::whole(tx.conn(), id).await?.filter(|server| rules::in_service(server.status));
        tx.finish().await?;
        let Some(server) = server else { return Ok(Outcome::Removed) };
        let target = health::target_of(id, &server)?;
        let options = CallOptions { deadline: Duration::from_secs(10), key: format!("servers/watch/{}", Uuid::now_v7()), lines: None };
        match services.part::<dyn NodeClient>().call(&target, PodList {}.into(), options).await {
            Ok(_) => health::seen(services, id).await?,
            Err(error) => {
                health::note_node_error(services, id, &error).await?;
                return Err(error.into());
            }
        }
        Ok(Outcome::Checked { subject: server.name, server: Some(id), differences: Vec::new() })
    }
}
