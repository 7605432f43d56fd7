//! Everything a use case or a job needs from outside; built once, by the server or by a test.

use crate::{clock::Clock, hosting::artifacts::ArtifactStore, kept::Kept, secrets::MasterKey, settings::Settings};
use adapters::{node::NodeClient, payments::Payments, smtp::Mailer};
use db::Db;
use model::overview::dashboard::DashboardView;
use std::sync::Arc;

/// The parts that mPanel works with.
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
    /// The way to the servers.
    pub nodes: Arc<dyn NodeClient>,
    /// The payment provider.
    pub payments: Arc<dyn Payments>,
    /// The mail server; nothing when mail is kept in the outbox.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Runtimes and applications that are shipped to servers.
    pub artifacts: Arc<ArtifactStore>,
    /// Fetches pages from outside.
    pub http: reqwest::Client,
    /// The dashboard's figures.
    pub figures: Arc<Kept<DashboardView>>,
}

impl Services {
    /// Now.
    pub fn now(&self) -> model::Time {
        self.clock.now()
    }
}
