//! One place per server for its connection.

use super::session::Session;
use crate::node::{NodeError, ServerTarget};
use model::ids::ServerId;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::time::Instant;

/// The places of all servers.
#[derive(Default)]
pub struct ConnectionPool(Mutex<HashMap<ServerId, Arc<PooledConnection>>>);

/// The place of one server. Its lock is held while a connection is made.
#[derive(Default)]
pub struct PooledConnection(tokio::sync::Mutex<Place>);

#[derive(Default)]
struct Place {
    session: Option<Arc<Session>>,
    /// The last attempt that failed; those who waited for it do not try again one after the other.
    failed: Option<(Instant, CachedFailure)>,
}

/// A failure that can be told more than once.
enum CachedFailure {
    Unreachable(String),
    HostKeyChanged(String),
}

/// What a connection depends on: another address or another pin needs another connection.
pub fn connection_key(target: &ServerTarget) -> (String, String) {
    (target.address.clone(), target.host_key.clone().unwrap_or_default())
}

impl ConnectionPool {
    /// The place of a server.
    pub fn of(&self, server: ServerId) -> Arc<PooledConnection> {
        // Only insertions and removals happen under the lock, so a panic elsewhere leaves the map whole.
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(server).or_default())
    }

    /// Ends the connection of a server; its running requests learn that it was lost.
    pub async fn forget(&self, server: ServerId) {
        let connection = self.of(server);
        let session = connection.0.lock().await.session.take();
        if let Some(session) = session {
            session.end("connection closed by mPanel");
        }
    }
}

impl PooledConnection {
    /// The living connection, or the one that `connect` makes.
    pub async fn session<F>(&self, target: &ServerTarget, connect: impl FnOnce() -> F) -> Result<Arc<Session>, NodeError>
    where
        F: Future<Output = Result<Arc<Session>, NodeError>>,
    {
        let came = Instant::now();
        let mut place = self.0.lock().await;
        if let Some(session) = &place.session
            && !session.is_over()
            && session.connection_key == connection_key(target)
        {
            return Ok(Arc::clone(session));
        }
        if let Some((at, again)) = &place.failed
            && *at > came
        {
            return Err(again.error());
        }
        match connect().await {
            Ok(session) => {
                *place = Place { session: Some(Arc::clone(&session)), failed: None };
                Ok(session)
            }
            Err(error) => {
                place.failed = CachedFailure::of(&error).map(|again| (Instant::now(), again));
                Err(error)
            }
        }
    }

    /// Puts a connection into the place that was made in another way.
    pub async fn put(&self, session: Arc<Session>) {
        *self.0.lock().await = Place { session: Some(session), failed: None };
    }
}

impl CachedFailure {
    fn of(error: &NodeError) -> Option<Self> {
        match error {
            NodeError::Unreachable(why) => Some(Self::Unreachable(why.clone())),
            NodeError::HostKeyChanged { shown } => Some(Self::HostKeyChanged(shown.clone())),
            _ => None,
        }
    }

    fn error(&self) -> NodeError {
        match self {
            Self::Unreachable(why) => NodeError::Unreachable(why.clone()),
            Self::HostKeyChanged(shown) => NodeError::HostKeyChanged { shown: shown.clone() },
        }
    }
}
