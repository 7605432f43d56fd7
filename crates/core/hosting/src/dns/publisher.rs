//! How a zone gets to our name servers, whichever zone it is: who answers for it, the requests to their agents, and whether each answers what it should.

use adapters::{
    dns::{AuthoritativeDns, Dns, NameServer},
    node::{CallOptions, NodeClient, NodeError, ServerTarget},
};
use chrono::TimeDelta;
use core_administration::servers;
use engine::{
    Services,
    reconcile::{ReconcileError, Reconciler},
};
use futures::future::join_all;
use model::{Time, ids::ServerId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use wire::verb::Call;

/// How often the whole content on a server is compared, though its serial is right: a hand may have changed it.
const COMPARE_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// A name server of ours that is to have a zone.
pub(super) struct ZoneNameServer {
    /// Its name as a name server.
    pub(super) name: String,
    /// Name of the zone.
    zone: String,
    pub(super) server: NameServer,
    /// Of the zone on it, for the reconciler that brings it there.
    key: Uuid,
}

impl ZoneNameServer {
    /// A server that serves DNS on this address.
    pub(super) async fn read(
        conn: &mut PgConnection,
        key: Uuid,
        (name, zone): (String, String),
        (id, address): (ServerId, String),
    ) -> engine::Result<Self> {
        let simulated = servers::target(conn, id).await?.simulated;
        Ok(Self { name, zone, server: NameServer { id, address, simulated }, key })
    }
}

/// Whether DNS says that these name servers answer for a zone and nobody else does, and each of them does.
pub(super) async fn is_answered(services: &Services, zone: &str, own: &[ZoneNameServer]) -> bool {
    let is_ours = |server: &String| own.iter().any(|one| one.name == *server);
    match services.part::<dyn Dns>().name_servers(zone).await {
        Ok(found) if !found.is_empty() && found.iter().all(is_ours) => {}
        Ok(_) => return false,
        Err(error) => {
            tracing::info!(%error, zone, "failed to ask DNS for the name servers of a zone");
            return false;
        }
    }
    for one in own {
        if !matches!(services.part::<dyn AuthoritativeDns>().serial(&one.server, zone).await, Ok(Some(_))) {
            return false;
        }
    }
    true
}

/// Has the reconciler of a zone bring it to all of these name servers, and asks each of them for these records: names and texts. Says which one does not
/// have one yet.
pub(super) async fn publish<R: Reconciler>(services: &Services, own: &[ZoneNameServer], answers: &[(String, String)]) -> Option<String> {
    if own.is_empty() {
        return Some("There is no name server.".to_owned());
    }
    for ZoneNameServer { name: label, zone, server, key } in own {
        bring::<R>(services, zone, *key).await;
        for (name, value) in answers {
            match services.part::<dyn AuthoritativeDns>().texts(server, zone, name).await {
                Ok(texts) if texts.contains(value) => {}
                Ok(_) => return Some(format!("{label} does not answer {name} with the new record yet.")),
                Err(error) => return Some(format!("{label}: {error}.")),
            }
        }
    }
    None
}

/// Has the reconciler of a zone bring it to all of these name servers at once, and asks each of them, over the network, for its serial. Returns the
/// names of those that do not return this one: none of them keeps another one waiting.
pub(super) async fn find_behind<R: Reconciler>(services: &Services, own: &[ZoneNameServer], serial: u32) -> Vec<String> {
    let asked = own.iter().map(|ZoneNameServer { name, zone, server, key }| async move {
        bring::<R>(services, zone, *key).await;
        let answer = services.part::<dyn AuthoritativeDns>().serial(server, zone).await;
        (!matches!(answer, Ok(Some(found)) if found == serial)).then(|| name.clone())
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Has the reconciler of a zone bring it to one name server. Why a server does not take it stands with the zone, for staff; what counts here is what it
/// answers.
async fn bring<R: Reconciler>(services: &Services, zone: &str, key: Uuid) {
    if let Err(error) = R::reconcile(services, key).await {
        tracing::info!(%error, zone, "failed to bring a zone to a name server");
    }
}

/// Whether a server that answers with the right serial needs no other look at this time: what it has was compared not long ago.
pub(super) fn is_compared(applied_at: Option<Time>, now: Time) -> bool {
    applied_at.is_some_and(|at| now < at + COMPARE_INTERVAL)
}

/// Asks the agent of a name server; an error is a sentence for staff.
pub(super) async fn call<C: Call>(services: &Services, target: &ServerTarget, deadline: Duration, call: C) -> Result<C::Reply, ReconcileError> {
    let options = CallOptions { deadline, key: format!("dns/{}", Uuid::now_v7()), lines: None };
    let reply = match services.part::<dyn NodeClient>().call(target, call.into(), options).await {
        Ok(reply) => C::read(reply).ok_or_else(|| NodeError::Protocol("unexpected reply".to_owned())),
        Err(error) => Err(error),
    };
    match reply {
        Ok(reply) => Ok(reply),
        Err(error) => {
            servers::note_node_error(services, target.id, &error).await?;
            Err(ReconcileError(format!("{error}.")))
        }
    }
}
