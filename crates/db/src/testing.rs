//! A real PostgreSQL for tests: one throw-away cluster per test process, one fresh database per test.

use crate::{
    AuditKey, Caller, Db, DbConfig, LoginUrls,
    embedded::{Embedded, EmbeddedConfig},
};
use model::actor::{Actor, Origin};
use model::ids::{SessionId, TenantId, UserId};
use sqlx::{Connection, PgConnection};
use std::{
    future::poll_fn,
    path::PathBuf,
    pin::pin,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    task::Poll,
};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The database that every test's database is a copy of.
const TEMPLATE: &str = "mpanel_template";

static CLUSTER: OnceLock<Embedded> = OnceLock::new();
static MIGRATED: OnceCell<()> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A fresh, migrated database and the connections to it.
pub struct TestDb {
    /// The connected database.
    pub db: Db,
    /// How a second mPanel would connect to the same database.
    pub config: DbConfig,
    /// The owner's address: superuser, past every rule. For tampering and for looking from outside.
    pub owner_url: String,
}

impl TestDb {
    /// Makes a database. The first call of a process starts the cluster (seconds), the others take a tenth of one.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started or used.
    pub async fn new() -> Self {
        let cluster = tokio::task::spawn_blocking(cluster).await.expect("the cluster starts");
        MIGRATED
            .get_or_init(|| async {
                let made = tokio::task::spawn_blocking(|| cluster.copy_database(TEMPLATE, "template0"));
                made.await.expect("a thread").expect("the template is made");
                Db::migrate(&cluster.url("mpanel", TEMPLATE)).await.expect("the migrations run");
            })
            .await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let copy = name.clone();
        let made = tokio::task::spawn_blocking(move || cluster.copy_database(&copy, TEMPLATE));
        made.await.expect("a thread").expect("the copy is made");
        let logins = LoginUrls { web: cluster.url("mpanel_web", &name), ops: cluster.url("mpanel_ops", &name) };
        let mut config = DbConfig::new(logins, AuditKey::new([7; 32]));
        (config.web_connections, config.ops_connections, config.jobs_connections, config.wakeup_connections) = (6, 6, 3, 2);
        let db = Db::connect(config.clone()).await.expect("the database connects");
        Self { db, config, owner_url: cluster.url("mpanel", &name) }
    }

    /// A connection as the owner.
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.owner_url).await.expect("the owner connects")
    }

    /// An active login, with a role of the platform or none, that has just typed its password again.
    ///
    /// # Panics
    /// When PostgreSQL refuses.
    pub async fn user(&self, email: &str, platform_role: Option<&str>) -> Caller {
        let id = Uuid::now_v7();
        sqlx::query("insert into users (id, email, name, status, password_hash, platform_role) values ($1, $2, $2, 'ACTIVE', '-', $3)")
            .bind(id)
            .bind(email)
            .bind(platform_role)
            .execute(&mut self.owner().await)
            .await
            .expect("the user is made");
        let actor = Actor::User { id: UserId(id), email: email.to_owned(), session: SessionId(Uuid::now_v7()), acting_for: None };
        Caller::new(actor, Origin { ip: Some("192.0.2.7".to_owned()), country: None, request_id: Some("test".to_owned()) }).with_recent_password()
    }

    /// A customer account.
    ///
    /// # Panics
    /// When PostgreSQL refuses.
    pub async fn tenant(&self, slug: &str) -> TenantId {
        let id = Uuid::now_v7();
        sqlx::query("insert into tenants (id, name, slug, billing_email, country) values ($1, $2, $2, 'billing@example.com', 'DE')")
            .bind(id)
            .bind(slug)
            .execute(&mut self.owner().await)
            .await
            .expect("the tenant is made");
        TenantId(id)
    }

    /// Makes the login a member.
    ///
    /// # Panics
    /// When PostgreSQL refuses.
    pub async fn member(&self, tenant: TenantId, caller: &Caller, role: &str) {
        sqlx::query("insert into tenant_users (tenant_id, user_id, role) values ($1, $2, $3)")
            .bind(tenant)
            .bind(caller.user_id())
            .bind(role)
            .execute(&mut self.owner().await)
            .await
            .expect("the member is made");
    }
}

/// The work, dropped after it was polled so often, as if its process were gone. Whether it came to its end.
pub async fn killed_after<T>(polls: u64, work: impl Future<Output = T>) -> bool {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Ends every session that mPanel has with the database at this owner's address, whatever it is doing: as when PostgreSQL is restarted. The other
/// databases of the cluster go on.
///
/// # Panics
/// When PostgreSQL does not answer.
pub async fn cut_sessions(owner_url: &str) {
    let mut owner = PgConnection::connect(owner_url).await.expect("the owner connects");
    // It answers when each of them has ended.
    sqlx::query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and usename like 'mpanel\\_%'")
        .execute(&mut owner)
        .await
        .expect("the sessions are ended");
}

/// The cluster of this process. It dies with the process; what earlier ones have left is swept away.
fn cluster() -> &'static Embedded {
    CLUSTER.get_or_init(|| {
        let home = std::env::temp_dir().join(format!("mpanel-test-pg-{}", rustix::process::geteuid().as_raw()));
        std::fs::create_dir_all(&home).expect("a folder for test clusters");
        let data_dir = home.join(std::process::id().to_string());
        let _ = std::fs::remove_dir_all(&data_dir); // of an earlier process with this number
        // Beside: hundreds of databases take a busy disk minutes to forget. What is left at the end, the next process finds.
        std::thread::spawn(move || sweep(&home));
        let config = EmbeddedConfig { data_dir, durable: false, die_with_parent: true };
        Embedded::start(&config).expect("PostgreSQL starts")
    })
}

/// Removes the folders of processes that are no more.
fn sweep(home: &PathBuf) {
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        if pid.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path()); // another test process may be sweeping too
        }
    }
}
