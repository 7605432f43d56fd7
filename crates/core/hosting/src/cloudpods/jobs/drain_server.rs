//! `DRAIN_SERVER`: all CloudPods of a server that takes no new ones go to other servers, a few at a time.

use crate::cloudpods::{
    give_way::{BUSY, Urgent, give_way},
    migrate::{
        self, NotMoved,
        drain::{self, Guest},
    },
    queries as pods,
};
use db::AuditEvent;
use engine::{
    Error,
    saga::{Saga, Step, StepContext, StepError, Steps},
};
use model::{
    Time,
    actor::Actor,
    administration::{provisioning::EventLevel, servers::ServerStatus},
    audit_action::AuditAction,
    ids::ServerId,
};
use serde::{Deserialize, Serialize};

/// How many CloudPods of a server move at the same time.
const AT_ONCE: usize = 2;
/// How often is looked whether one has arrived.
const LOOK_EVERY: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// Moves all CloudPods away from a server.
#[derive(Serialize, Deserialize)]
pub(crate) struct DrainServer {
    /// The server.
    pub(crate) server: ServerId,
    /// How many times this was begun for the server, this one included.
    pub(crate) round: i64,
}

impl Saga for DrainServer {
    const KIND: &'static str = "DRAIN_SERVER";
    const TITLE: &'static str = "Move all CloudPods away";

    fn key(&self) -> String {
        format!("drain_server:{}:{}", self.server, self.round)
    }

    fn steps() -> Steps<Self> {
        Steps::new().then::<Begin>().then::<MovePods>()
    }

    fn deadline(&self) -> chrono::Duration {
        chrono::Duration::hours(1)
    }
}

/// Notes the time: a move that failed before is tried again.
pub(crate) struct Begin;

impl Step for Begin {
    type Saga = DrainServer;
    type Output = Time;
    const NAME: &'static str = "begin";
    const TITLE: &'static str = "List the CloudPods on the server";

    async fn run(cx: &StepContext, _: &DrainServer) -> Result<Time, StepError> {
        Ok(cx.services().now())
    }

    async fn undo(_: &StepContext, _: &DrainServer, _: Option<&Time>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Starts moves until none is left to be started, and waits for them. CloudPods that have moved stay where they are, whatever comes.
pub(crate) struct MovePods;

impl Step for MovePods {
    type Saga = DrainServer;
    type Output = ();
    const NAME: &'static str = "move_pods";
    const TITLE: &'static str = "Move all CloudPods, a few at a time";

    async fn run(cx: &StepContext, saga: &DrainServer) -> Result<(), StepError> {
        let since = cx.output::<Begin>()?;
        let mut tx = cx.begin_read().await?;
        let server = pods::server(tx.conn(), saga.server).await?;
        let guests = drain::guests(tx.conn(), saga.server, since).await?;
        tx.finish().await?;
        if server.status != ServerStatus::Draining {
            return Err(StepError::fail(format!("{} is not draining any more. CloudPods that have moved stay where they are.", server.name)));
        }
        let mut moving = guests.iter().filter(|guest| guest.is_moving).count();
        let (busy, free): (Vec<_>, Vec<_>) = guests.iter().filter(|guest| !guest.is_moving).partition(|guest| guest.is_busy);
        let mut stay = Vec::new();
        for guest in free {
            if guest.is_tried {
                stay.push(format!("{}: its move failed", guest.name));
            } else if moving < AT_ONCE {
                match start(cx, guest, guests.len()).await? {
                    Ok(()) => moving += 1,
                    Err(why) => stay.push(format!("{}: {why}", guest.name)),
                }
            }
        }
        // Whoever is next and busy is waited for; a deploy, which takes its time and is followed by others, gives way.
        for guest in busy.iter().filter(|guest| !guest.is_tried).take(AT_ONCE.saturating_sub(moving)) {
            let mut tx = cx.services().db.system("drain").await?;
            give_way(cx.services(), &mut tx, guest.id, Urgent::Request).await?;
            tx.commit_progress().await?;
        }
        if moving > 0 || !busy.is_empty() {
            return Err(StepError::Wait { until: cx.services().now() + LOOK_EVERY });
        }
        if stay.is_empty() {
            cx.log(EventLevel::Info, format!("No CloudPod is left on {}.", server.name));
            return Ok(());
        }
        Err(StepError::fail(format!("{} CloudPods are left on {}. {}.", stay.len(), server.name, stay.join("; "))))
    }

    async fn undo(_: &StepContext, _: &DrainServer, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

/// Starts the move of one to the emptiest server that can take it; or says why it stays.
async fn start(cx: &StepContext, guest: &Guest, left: usize) -> Result<Result<(), String>, StepError> {
    let mut tx = cx.begin().await?;
    let Some(facts) = pods::facts(tx.conn(), guest.id).await? else { return Ok(Ok(())) };
    let Some(to) = migrate::candidates(tx.conn(), &facts).await?.into_iter().next() else {
        return Ok(Err("no other server has room for it".to_owned()));
    };
    match migrate::request(cx.services(), tx.conn(), guest.id, to.id, Actor::system("drain")).await {
        Ok((_, event)) => {
            tx.commit(event).await?;
            cx.log(EventLevel::Info, format!("{} moves to {}; {left} left.", guest.name, to.name));
            Ok(Ok(()))
        }
        Err(NotMoved::Busy) => Ok(Err(BUSY.to_owned())),
        Err(NotMoved::Refused(Error::Api(error))) => Ok(Err(error.message)),
        Err(NotMoved::Refused(other)) => Err(other.into()),
    }
}

/// The event of a drain that was asked for.
pub(in crate::cloudpods) fn requested(job: model::ids::JobId, name: &str) -> AuditEvent {
    AuditEvent::new(AuditAction::JobEnqueued, "job", job, format!("{} from {name}", DrainServer::TITLE))
}
