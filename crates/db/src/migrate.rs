//! Bringing a database up to date: our schema, the queue's, and the built-in roles and permissions.

use crate::{config::LoginUrls, queries};
use apalis_postgres::PostgresStorage;
use model::{administration::access::ROLES, permission};
use sqlx::{PgPool, migrate::Migrator, postgres::PgPoolOptions};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// One of our migrations failed.
    #[error("migration failed: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The queue's own migrations failed.
    #[error("failed to create the queue's tables: {0}")]
    Queue(apalis_postgres::Error),
    /// PostgreSQL did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub(crate) async fn migrate(owner_url: &str) -> Result<(), MigrateError> {
    let pool = PgPoolOptions::new().max_connections(2).connect(owner_url).await?;
    let done = run(&pool).await;
    pool.close().await;
    done
}

async fn run(pool: &PgPool) -> Result<(), MigrateError> {
    MIGRATOR.run(pool).await?;
    PostgresStorage::setup(pool).await.map_err(MigrateError::Queue)?;
    seed(pool).await?;
    Ok(())
}

/// The code's list of permissions is the truth; the rows follow it at every start.
async fn seed(pool: &PgPool) -> Result<(), sqlx::Error> {
    let words: Vec<&str> = permission::all().map(|entry| entry.name).collect();
    let held = || permission::all().flat_map(|entry| entry.roles.iter().map(|role| (*role, entry.name)));
    let (roles, permissions): (Vec<&str>, Vec<&str>) = held().unzip();
    let codes: Vec<&str> = ROLES.iter().map(|role| role.code).collect();
    let scopes: Vec<&str> = ROLES.iter().map(|role| role.scope).collect();
    let names: Vec<&str> = ROLES.iter().map(|role| role.name).collect();

    let mut tx = pool.begin().await?;
    sqlx::query(queries::SEED_LOCK).execute(&mut *tx).await?;
    sqlx::query(queries::RESTRICT_DATABASE).execute(&mut *tx).await?;
    sqlx::raw_sql(queries::QUEUE_GRANTS).execute(&mut *tx).await?;
    sqlx::query(queries::SEED_ROLES).bind(&codes).bind(scopes).bind(names).execute(&mut *tx).await?;
    sqlx::query(queries::SEED_PERMISSIONS).bind(&words).execute(&mut *tx).await?;
    sqlx::query(queries::PRUNE_PERMISSIONS).bind(&words).execute(&mut *tx).await?;
    sqlx::query(queries::SEED_ROLE_PERMISSIONS).bind(&roles).bind(&permissions).execute(&mut *tx).await?;
    sqlx::query(queries::PRUNE_ROLE_PERMISSIONS).bind(&roles).bind(&permissions).bind(&codes).execute(&mut *tx).await?;
    tx.commit().await
}

pub(crate) async fn connections(owner_url: &str) -> Result<i64, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).connect(owner_url).await?;
    let count = sqlx::query_scalar(queries::CONNECTIONS).fetch_one(&pool).await;
    pool.close().await;
    count
}

pub(crate) async fn set_login_passwords(owner_url: &str, web: &str, ops: &str) -> Result<LoginUrls, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).connect(owner_url).await?;
    let mut tx = pool.begin().await?;
    for (role, password) in [("mpanel_web", web), ("mpanel_ops", ops)] {
        sqlx::query(queries::SET_LOGIN_PASSWORD).bind(role).bind(password).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    pool.close().await;
    LoginUrls::from_owner(owner_url, web, ops)
}
