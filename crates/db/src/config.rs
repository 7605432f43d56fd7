//! How mPanel reaches its PostgreSQL.

use crate::AuditKey;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

/// Addresses, key and sizes of the pools.
#[derive(Clone)]
pub struct DbConfig {
    /// Logs in as `mpanel_web`: requests.
    pub web_url: String,
    /// Logs in as `mpanel_ops`: the platform's transactions, workers, listeners.
    pub ops_url: String,
    /// Key of the audit chains.
    pub audit_key: AuditKey,
    /// Most connections for requests.
    pub web_connections: u32,
    /// Most connections for the platform's transactions and workers.
    pub ops_connections: u32,
    /// Most connections for what workers write about their jobs.
    pub jobs_connections: u32,
    /// Most connections for the queue; each worker listens on one more.
    pub wakeup_connections: u32,
}

impl DbConfig {
    /// The usual sizes: 12 for requests, 10 for work, 4 for what workers write, 4 for the queue.
    pub fn new(logins: LoginUrls, audit_key: AuditKey) -> Self {
        Self {
            web_url: logins.web,
            ops_url: logins.ops,
            audit_key,
            web_connections: 12,
            ops_connections: 10,
            jobs_connections: 4,
            wakeup_connections: 4,
        }
    }
}

/// Addresses of the two login roles in one database.
#[derive(Clone)]
pub struct LoginUrls {
    /// For `mpanel_web`.
    pub web: String,
    /// For `mpanel_ops`.
    pub ops: String,
}

impl LoginUrls {
    /// Takes the owner's address and puts the two logins in place of the owner.
    ///
    /// For a PostgreSQL that was given by its owner's address alone; `crate::Db::set_login_passwords` makes the passwords true.
    ///
    /// # Errors
    /// When the address is not one of PostgreSQL.
    pub fn from_owner(owner_url: &str, web_password: &str, ops_password: &str) -> Result<Self, sqlx::Error> {
        let owner: PgConnectOptions = owner_url.parse()?;
        let login = |role: &str, password: &str| owner.clone().username(role).password(password).to_url_lossy().to_string();
        Ok(Self { web: login("mpanel_web", web_password), ops: login("mpanel_ops", ops_password) })
    }
}
