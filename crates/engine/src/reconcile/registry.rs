//! Which reconcilers there are.

use super::{Object, Outcome, ReconcileError, Reconciler};
use crate::Services;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// The reconcilers that a worker can run, by name.
#[derive(Clone, Default)]
pub struct Registry {
    reconcilers: BTreeMap<&'static str, Entry>,
}

/// A reconciler, its type forgotten.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) title: &'static str,
    pub(super) every: Duration,
    pub(super) deadline: Duration,
    pub(super) max_backoff: Duration,
    pub(super) objects: for<'a> fn(&'a mut PgConnection, Option<Uuid>) -> BoxFuture<'a, Result<Vec<Object>, sqlx::Error>>,
    pub(super) reconcile: for<'a> fn(&'a Services, Uuid) -> BoxFuture<'a, Result<Outcome, ReconcileError>>,
}

impl Registry {
    /// Adds this reconciler.
    pub fn add<R: Reconciler>(&mut self) {
        let entry = Entry {
            title: R::TITLE,
            every: R::INTERVAL,
            deadline: R::TIMEOUT,
            max_backoff: R::MAX_BACKOFF,
            objects: |conn, after| Box::pin(R::objects(conn, after)),
            reconcile: |services, key| Box::pin(R::reconcile(services, key)),
        };
        self.reconcilers.insert(R::NAME, entry);
    }

    /// What the reconciler of this name keeps true, for people; its name where this program has none such.
    pub fn title<'a>(&self, name: &'a str) -> &'a str {
        self.reconcilers.get(name).map_or(name, |entry| entry.title)
    }

    /// The names of all.
    pub fn names(&self) -> Vec<&'static str> {
        self.reconcilers.keys().copied().collect()
    }

    /// The same with other pauses between two runs for an object that needs nothing; without those for which there is none. A simulation shows with
    /// long ones that whatever has to happen is asked for when it is due.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn with_pauses(mut self, pause: impl Fn(&str, Duration) -> Option<Duration>) -> Self {
        self.reconcilers.retain(|name, entry| match pause(name, entry.every) {
            Some(every) => {
                entry.every = every;
                true
            }
            None => false,
        });
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.reconcilers.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Entry)> {
        self.reconcilers.iter().map(|(name, entry)| (*name, entry))
    }
}
