//! What a use case or a job needs from outside; built once, by the server or by a test.

use crate::{clock::Clock, secrets::MasterKey, settings::Settings};
use db::Db;
use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
};

/// The parts by their type.
#[derive(Clone, Default)]
pub struct Parts(Arc<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// What everything needs, and the parts that only some modules need: those are taken by their type, so that the engine need not know
/// them.
#[derive(Clone)]
pub struct Services {
    /// The only way to PostgreSQL.
    pub db: Db,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the operator decides.
    pub settings: Arc<Settings>,
    /// Seals and derives.
    pub key: MasterKey,
    /// Fetches pages from outside.
    pub http: reqwest::Client,
    /// Everything else, by its type.
    pub parts: Parts,
}

impl Services {
    /// What everything needs; no other part yet.
    pub fn new(db: Db, clock: Arc<dyn Clock>, settings: Arc<Settings>, key: MasterKey, http: reqwest::Client) -> Self {
        Self { db, clock, settings, key, http, parts: Parts::default() }
    }

    /// With this part; replaces an earlier one of its type.
    #[must_use]
    pub fn with<T: ?Sized + Send + Sync + 'static>(mut self, part: Arc<T>) -> Self {
        Arc::make_mut(&mut self.parts.0).insert(TypeId::of::<T>(), Arc::new(part));
        self
    }

    /// The part of this type, where the installation has one.
    pub fn find<T: ?Sized + Send + Sync + 'static>(&self) -> Option<&Arc<T>> {
        self.parts.0.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The part of this type.
    ///
    /// # Panics
    /// When it was not registered: a fault of the program, found by the first test or request that needs the part.
    pub fn part<T: ?Sized + Send + Sync + 'static>(&self) -> &Arc<T> {
        self.find().unwrap_or_else(|| panic!("no {} was registered", type_name::<T>()))
    }

    /// Now.
    pub fn now(&self) -> model::Time {
        self.clock.now()
    }
}
