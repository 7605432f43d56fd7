//! Every way into the database, each with its access check.

use crate::{
    Caller, DbConfig, OwnTx, PlatformTx, Principal, PublicTx, SystemConn, SystemTx, TenantTx, audit::AuditKey, config::LoginUrls,
    job_notifier::JobNotifier, queries, tx::OpenTx, whole::Whole,
};
use model::error::{ApiError, ErrorCode};
use model::ids::{JobId, TenantId, UserId};
use model::permission::Permission;
use sqlx::{
    Connection, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use std::{sync::Arc, time::Duration};

/// A connection that was in use less than this ago is taken for alive.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Why an access check failed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Nobody is signed in. 401.
    #[error("not signed in")]
    NotSignedIn,
    /// A stranger, or no such tenant: both look the same. 404.
    #[error("not found")]
    NotFound,
    /// Known here, but without this permission. 403.
    #[error("{permission} is not among the permissions")]
    Forbidden {
        /// The permission that is missing.
        permission: &'static str,
    },
    /// Allowed, once the password was typed again. 403.
    #[error("password confirmation required for {permission}")]
    StepUp {
        /// The permission that asks for it.
        permission: &'static str,
    },
    /// Allowed, once this member of staff has set up a second step. 403.
    #[error("two-factor authentication required")]
    SecondStep,
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<&AccessError> for ApiError {
    fn from(error: &AccessError) -> Self {
        match error {
            AccessError::NotSignedIn => ApiError::new(ErrorCode::Unauthenticated, "Sign in to continue."),
            AccessError::NotFound => ApiError::new(ErrorCode::NotFound, "Not found."),
            AccessError::Forbidden { .. } => ApiError::new(ErrorCode::Forbidden, "You don't have permission to do this."),
            AccessError::StepUp { .. } => ApiError::new(ErrorCode::StepUp, "Confirm your password to continue."),
            AccessError::SecondStep => ApiError::new(ErrorCode::SecondStep, "Two-factor authentication is required. Set it up first."),
            AccessError::Database(_) => ApiError::new(ErrorCode::Unavailable, "The database is unavailable. Try again in a moment."),
        }
    }
}

/// What the access check says about a login, a scope and a permission, and why.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Decision {
    /// `ok`, `forbidden`, `second_step` or `not_found`.
    pub outcome: String,
    /// The role that decided, where the login has one here.
    pub role: Option<String>,
    /// Whether that is a role of the platform.
    pub platform: Option<bool>,
    /// Why: `member`, `staff`, `role_lacks`, `account_suspended`, `second_step`, `stranger`, `not_staff`, `no_login`, `not_active`, `no_tenant`.
    pub reason: String,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    web: PgPool,
    ops: PgPool,
    jobs: PgPool,
    wakeups: PgPool,
    notifier: JobNotifier,
    key: AuditKey,
}

impl Db {
    /// Connects both login roles. Run [`Db::migrate`] first.
    ///
    /// # Errors
    /// When PostgreSQL does not answer or refuses a login.
    pub async fn connect(config: DbConfig) -> Result<Self, sqlx::Error> {
        let web = pool(&config.web_url, "mpanel web", config.web_connections, &limits("30s")).await?;
        let ops = pool(&config.ops_url, "mpanel ops", config.ops_connections, &limits("120s")).await?;
        let jobs = pool(&config.ops_url, "mpanel jobs", config.jobs_connections, &WORKER_SESSION).await?;
        // A wake-up that a crash brings back or loses does no harm: the job's row knows better, and the sweep finds it.
        let wakeups = pool(&config.ops_url, "mpanel queue", config.wakeup_connections, &[("synchronous_commit", "off")]).await?;
        let notifier = JobNotifier::start(ops.clone());
        Ok(Self { inner: Arc::new(Inner { web, ops, jobs, wakeups, notifier, key: config.audit_key }) })
    }

    /// Brings the schema of this database up to date: ours, the queue's, and the built-in roles and permissions.
    /// Several processes may do so at once.
    ///
    /// # Errors
    /// When a migration fails; the message names it.
    pub async fn migrate(owner_url: &str) -> Result<(), crate::MigrateError> {
        crate::migrate::migrate(owner_url).await
    }

    /// Gives the two login roles their passwords and returns their addresses; for a PostgreSQL of which only the owner's
    /// address is known. The roles belong to the cluster: databases that share it must use the same passwords.
    ///
    /// # Errors
    /// When the owner may not change roles, or PostgreSQL does not answer.
    pub async fn set_login_passwords(owner_url: &str, web: &str, ops: &str) -> Result<LoginUrls, sqlx::Error> {
        crate::migrate::set_login_passwords(owner_url, web, ops).await
    }

    /// How many connections processes of mPanel have to this database, this one's own included.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn connections(owner_url: &str) -> Result<i64, sqlx::Error> {
        crate::migrate::connections(owner_url).await
    }

    /// Opens a tenant for a signed-in caller who holds `P` there, as a member or as staff.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] for a stranger, [`AccessError::Forbidden`] for a member without `P`.
    pub async fn tenant<P: Permission>(&self, caller: &Caller, tenant: TenantId) -> Result<TenantTx<P>, AccessError> {
        self.open_tenant(caller, Some(tenant), None).await
    }

    /// The same by the slug that stands in the portal's addresses.
    ///
    /// # Errors
    /// As [`Db::tenant`]; an unknown slug is [`AccessError::NotFound`].
    pub async fn tenant_by_slug<P: Permission>(&self, caller: &Caller, slug: &str) -> Result<TenantTx<P>, AccessError> {
        self.open_tenant(caller, None, Some(slug)).await
    }

    async fn open_tenant<P: Permission>(&self, caller: &Caller, tenant: Option<TenantId>, slug: Option<&str>) -> Result<TenantTx<P>, AccessError> {
        let principal = principal(caller)?;
        let mut tx = begin(&self.inner.web, queries::BEGIN).await?;
        let (outcome, tenant): (String, Option<TenantId>) = sqlx::query_as(queries::OPEN_TENANT)
            .bind(principal.user())
            .bind(tenant)
            .bind(slug)
            .bind(P::NAME)
            .bind(P::WRITE)
            .bind(principal.scopes())
            .bind(principal.acting_for())
            .fetch_one(&mut *tx)
            .await?;
        check_outcome::<P>(caller, &outcome)?;
        let tenant = tenant.ok_or(AccessError::NotFound)?;
        Ok(TenantTx::new(OpenTx::new(tx, caller.clone(), self.inner.key.clone()), tenant))
    }

    /// Opens the platform for a signed-in member of staff who holds `P`.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] for who is not staff, [`AccessError::Forbidden`] for staff without `P`.
    pub async fn platform<P: Permission>(&self, caller: &Caller) -> Result<PlatformTx<P>, AccessError> {
        let principal = principal(caller)?;
        let mut tx = begin(&self.inner.ops, queries::BEGIN).await?;
        let outcome: String = sqlx::query_scalar(queries::OPEN_PLATFORM)
            .bind(principal.user())
            .bind(P::NAME)
            .bind(P::WRITE)
            .bind(principal.scopes())
            .bind(principal.acting_for())
            .fetch_one(&mut *tx)
            .await?;
        check_outcome::<P>(caller, &outcome)?;
        Ok(PlatformTx::new(OpenTx::new(tx, caller.clone(), self.inner.key.clone())))
    }

    /// Opens a transaction on a login's own data, for the signed-in one: it sees and changes its own rows and nobody else's.
    ///
    /// # Errors
    /// [`AccessError::NotSignedIn`]; [`AccessError::Forbidden`] while another user is impersonated, or for an API key without the scope;
    /// [`AccessError::StepUp`] where `P` asks for the password again.
    pub async fn own<P: Permission>(&self, caller: &Caller) -> Result<OwnTx<P>, AccessError> {
        let principal = principal(caller)?;
        check_outcome::<P>(caller, if principal.may_own(P::NAME) { "ok" } else { "forbidden" })?;
        let user = principal.user();
        let mut tx = begin(&self.inner.web, queries::BEGIN).await?;
        sqlx::query(queries::OPEN_OWN).bind(user).bind(P::WRITE).execute(&mut *tx).await?;
        Ok(OwnTx::new(OpenTx::new(tx, caller.clone(), self.inner.key.clone()), user))
    }

    /// Opens a public transaction: sign-in, links, plans, starting and following a checkout, the webhook's inbox.
    /// For a signed-in caller it shows that login's own rows as well: its sessions, its customer accounts.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn public(&self, caller: impl Into<Caller>) -> Result<PublicTx, sqlx::Error> {
        let caller = caller.into();
        let mut tx = begin(&self.inner.web, queries::BEGIN).await?;
        sqlx::query(queries::OPEN_PUBLIC).bind(caller.own_session()).execute(&mut *tx).await?;
        Ok(PublicTx::new(OpenTx::new(tx, caller, self.inner.key.clone())))
    }

    /// Opens a transaction of mPanel itself: workers, paid webhooks, reconcilers, commands. `db.system("outbox")`, or a whole
    /// [`Caller`] where the work is done in somebody's name.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn system(&self, caller: impl Into<Caller>) -> Result<SystemTx, sqlx::Error> {
        let tx = begin(&self.inner.ops, queries::BEGIN_SYSTEM).await?;
        Ok(SystemTx::new(OpenTx::new(tx, caller.into(), self.inner.key.clone())))
    }

    /// The same for reading only: PostgreSQL refuses every change.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn system_read(&self, caller: impl Into<Caller>) -> Result<SystemTx, sqlx::Error> {
        let tx = begin(&self.inner.ops, queries::BEGIN_SYSTEM_LOOK).await?;
        Ok(SystemTx::new(OpenTx::new(tx, caller.into(), self.inner.key.clone())))
    }

    /// The same for what workers write about their jobs: it makes no notices (call [`Db::notify_job`] after the commit), and a row that
    /// somebody else has locked is waited for half a second and not longer.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn worker_tx(&self, caller: impl Into<Caller>) -> Result<SystemTx, sqlx::Error> {
        let tx = begin(&self.inner.jobs, queries::BEGIN).await?;
        Ok(SystemTx::new(OpenTx::new(tx, caller.into(), self.inner.key.clone())))
    }

    /// The same with the usual patience for rows that somebody else has locked, and on another connection, which others do not wait for.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn system_no_notify(&self, caller: impl Into<Caller>) -> Result<SystemTx, sqlx::Error> {
        let tx = begin(&self.inner.ops, queries::BEGIN_QUIETLY).await?;
        Ok(SystemTx::new(OpenTx::new(tx, caller.into(), self.inner.key.clone())))
    }

    /// A connection as in [`Db::worker_tx`], on which each statement is a transaction of its own: a claim, a beat, progress. Each of
    /// these is a record already, as with [`SystemTx::commit_progress`].
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn worker_conn(&self) -> Result<SystemConn, sqlx::Error> {
        Ok(SystemConn::new(self.inner.jobs.acquire().await?))
    }

    /// Tells whoever follows this job that there is news. Returns at once; a notice that is lost is made up for by the follower's next look.
    pub fn notify_job(&self, job: JobId) {
        self.inner.notifier.notify(job);
    }

    /// What the access check would say, and by which role: the same function that decides.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn explain_access(&self, user: UserId, tenant: Option<TenantId>, permission: &str) -> Result<Decision, sqlx::Error> {
        sqlx::query_as(queries::DECISION).bind(user).bind(tenant).bind(permission).fetch_one(&self.inner.ops).await
    }

    /// Do both logins get an answer?
    ///
    /// # Errors
    /// The reason why not; at most after five seconds.
    pub async fn ready(&self) -> Result<(), sqlx::Error> {
        let ask = async {
            sqlx::query(queries::PING).execute(&self.inner.web).await?;
            sqlx::query(queries::PING).execute(&self.inner.ops).await?;
            Ok(())
        };
        tokio::time::timeout(Duration::from_secs(5), ask).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Closes all connections; what is open is finished first.
    pub async fn close(&self) {
        tokio::join!(self.inner.web.close(), self.inner.ops.close(), self.inner.jobs.close(), self.inner.wakeups.close());
    }

    pub(crate) fn ops(&self) -> &PgPool {
        &self.inner.ops
    }

    pub(crate) fn wakeups(&self) -> &PgPool {
        &self.inner.wakeups
    }

    pub(crate) fn audit_key(&self) -> &AuditKey {
        &self.inner.key
    }
}

fn principal(caller: &Caller) -> Result<Principal, AccessError> {
    caller.principal().ok_or(AccessError::NotSignedIn)
}

/// The one place that turns the outcome of an access check into a result: first the role decides, then whether the password has to be typed again.
fn check_outcome<P: Permission>(caller: &Caller, outcome: &str) -> Result<(), AccessError> {
    match outcome {
        "ok" if P::STEP_UP && !caller.has_recent_password() => Err(AccessError::StepUp { permission: P::NAME }),
        "ok" => Ok(()),
        "second_step" => Err(AccessError::SecondStep),
        "forbidden" => Err(AccessError::Forbidden { permission: P::NAME }),
        _ => Err(AccessError::NotFound),
    }
}

/// Sessions of workers: in the system's role for good, their statements planned once and by the indexes (they find rows by ids, for any
/// number of jobs: planned anew each time it would cost more than doing it, and for many it would read whole tables), without notices, without patience.
const WORKER_SESSION: [(&str, &str); 7] = [
    ("role", "mpanel_platform"),
    ("mpanel.quiet", "on"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("statement_timeout", "120s"),
    ("lock_timeout", "500ms"),
    ("idle_in_transaction_session_timeout", "20s"),
];

/// The time limits are the login's own: a statement that runs away, or a process that was frozen within a transaction, must not hold
/// a request, a lock or a worker for ever.
fn limits(statement: &str) -> [(&str, &str); 3] {
    [("statement_timeout", statement), ("lock_timeout", "20s"), ("idle_in_transaction_session_timeout", "20s")]
}

async fn pool(url: &str, name: &str, connections: u32, settings: &[(&str, &str)]) -> Result<PgPool, sqlx::Error> {
    let options = url.parse::<PgConnectOptions>()?.application_name(name).options(settings.iter().copied());
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(15))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
}

/// Begins a transaction. A connection that PostgreSQL has left meanwhile is found out by that, and another is taken; so none that has
/// just been in use is asked for a sign of life first. A caller who goes away meanwhile leaves no open transaction behind.
async fn begin(pool: &PgPool, statement: &'static str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut others = pool.size();
    loop {
        let pool = pool.clone();
        match Whole::new(async move { pool.begin_with(statement).await }).await {
            Err(error) if others > 0 && is_gone(&error) => others -= 1,
            begun => return begun,
        }
    }
}

/// Whether the connection is at an end: cut, or PostgreSQL has said that it shuts down or crashed.
fn is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}
