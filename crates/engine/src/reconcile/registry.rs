//! Which reconcilers there are.

use super::{Failure, Object, Outcome, Reconciler};
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
    pub(super) longest_pause: Duration,
    pub(super) objects: for<'a> fn(&'a mut PgConnection) -> BoxFuture<'a, Result<Vec<Object>, sqlx::Error>>,
    pub(super) reconcile: for<'a> fn(&'a Services, Uuid) -> BoxFuture<'a, Result<Outcome, Failure>>,
}

impl Registry {
    /// Adds this reconciler.
    pub fn add<R: Reconciler>(&mut self) {
        let entry = Entry {
            title: R::TITLE,
            every: R::EVERY,
            deadline: R::DEADLINE,
            longest_pause: R::LONGEST_PAUSE,
            objects: |conn| Box::pin(R::objects(conn)),
            reconcile: |services, key| Box::pin(R::reconcile(services, key)),
        };
        self.reconcilers.insert(R::NAME, entry);
    }

    /// With this reconciler.
    #[must_use]
    pub fn with<R: Reconciler>(mut self) -> Self {
        self.add::<R>();
        self
    }

    /// What the reconciler of this name sees to, for people; its name where this program has none such.
    pub fn title<'a>(&self, name: &'a str) -> &'a str {
        self.reconcilers.get(name).map_or(name, |entry| entry.title)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.reconcilers.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Entry)> {
        self.reconcilers.iter().map(|(name, entry)| (*name, entry))
    }
}
