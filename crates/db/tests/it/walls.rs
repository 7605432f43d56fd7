//! What the roles can and cannot do when somebody tries.

use model::ids::TenantId;
use model::permission::{CloudpodsRead, SubscriptionsRead};
use mpanel_db::testing::TestDb;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|db| db.code()).map(|code| code.into_owned()).unwrap_or_else(|| error.to_string())
}

const DENIED: &str = "42501";

async fn refused(conn: &mut PgConnection, statement: &'static str) -> String {
    match sqlx::raw_sql(statement).execute(conn).await {
        Ok(_) => panic!("{statement} was allowed"),
        Err(error) => code(&error),
    }
}

/// A subscription and a pod, made past every rule.
pub(crate) async fn pod(t: &TestDb, tenant: TenantId, domain: &str) -> (Uuid, Uuid) {
    let (product, subscription, pod) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut owner = t.owner().await;
    sqlx::query("insert into products (id, code, name, type, base_price, currency) values ($1, $2, 'Plan', 'CLOUDPOD', 100, 'EUR')")
        .bind(product)
        .bind(format!("plan-{}", product.simple()))
        .execute(&mut owner)
        .await
        .expect("a product");
    sqlx::query(
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, renews_at, billing_provider)
         values ($1, $2, $3, 'MONTHLY', 100, 'EUR', now(), 'sandbox')",
    )
    .bind(subscription)
    .bind(tenant)
    .bind(product)
    .execute(&mut owner)
    .await
    .expect("a subscription");
    sqlx::query(INSERT_POD).bind(pod).bind(tenant).bind(subscription).bind(domain).execute(&mut owner).await.expect("a pod");
    (subscription, pod)
}

const INSERT_POD: &str = "
    insert into cloud_pods (id, tenant_id, subscription_id, name, plan_code, region, primary_domain, stack)
    values ($1, $2, $3, 'pod', 'plan', 'here', $4, 'STATIC')";

#[tokio::test]
async fn a_login_without_an_access_check_sees_nothing() {
    let t = TestDb::new().await;
    mpanel_db::Db::migrate(&t.owner_url).await.expect("sets the rights of this copy");
    for url in [&t.config.web_url, &t.config.ops_url] {
        let mut conn = PgConnection::connect(url).await.expect("logs in");
        for statement in [
            "select * from users",
            "select * from cloud_pods",
            "select * from audit_events",
            "select * from sign_in_lookup('a@b.c')",
            "create table mine (id int)",
            "create temporary table mine (id int)",
            "create schema mine",
            "select set_login_password('mpanel_web', 'x')",
        ] {
            assert_eq!(refused(&mut conn, statement).await, DENIED, "{statement}");
        }
    }
}

#[tokio::test]
async fn a_login_takes_on_its_own_groups_only() {
    let t = TestDb::new().await;
    let mut web = PgConnection::connect(&t.config.web_url).await.expect("logs in");
    for statement in ["set role mpanel_platform", "set role mpanel_ops", "set role mpanel", "set session authorization mpanel"] {
        assert_eq!(refused(&mut web, statement).await, DENIED, "{statement}");
    }
    let mut ops = PgConnection::connect(&t.config.ops_url).await.expect("logs in");
    for statement in ["set role mpanel_tenant", "set role mpanel_public", "set role mpanel_web", "set role mpanel", "select open_public(null)"] {
        assert_eq!(refused(&mut ops, statement).await, DENIED, "{statement}");
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_no_others() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let (_, own_pod) = pod(&t, acme, "acme.example").await;
    pod(&t, other, "other.example").await;
    let owner = t.user("owner@acme.example", None).await;
    t.member(acme, &owner, "TENANT_OWNER").await;
    t.member(other, &t.user("owner@other.example", None).await, "TENANT_OWNER").await;

    let mut tx = t.db.tenant::<CloudpodsRead>(&owner, acme).await.expect("opens");
    let pods: Vec<Uuid> = sqlx::query_scalar("select id from cloud_pods").fetch_all(tx.conn()).await.expect("reads");
    assert_eq!(pods, [own_pod]);
    let emails: Vec<String> = sqlx::query_scalar("select email from users").fetch_all(tx.conn()).await.expect("reads");
    assert_eq!(emails, ["owner@acme.example"]);
    let tenants: Vec<String> = sqlx::query_scalar("select slug from tenants").fetch_all(tx.conn()).await.expect("reads");
    assert_eq!(tenants, ["acme"]);
    for statement in ["select password_hash from users", "select sealed_secrets from cloud_pods", "select * from servers", "select * from sessions"] {
        let mut tx = t.db.tenant::<SubscriptionsRead>(&owner, acme).await.expect("opens");
        assert_eq!(refused(tx.conn(), statement).await, DENIED, "{statement}");
    }
}

#[tokio::test]
async fn the_next_request_on_a_connection_starts_with_no_tenant() {
    let mut t = TestDb::new().await;
    t.config.web_connections = 1;
    let db = mpanel_db::Db::connect(t.config.clone()).await.expect("connects");
    let acme = t.tenant("acme").await;
    let owner = t.user("owner@acme.example", None).await;
    t.member(acme, &owner, "TENANT_OWNER").await;
    db.tenant::<CloudpodsRead>(&owner, acme).await.expect("opens").finish().await.expect("ends");
    let mut tx = db.public(model::actor::Actor::Visitor).await.expect("opens");
    let role: String = sqlx::query_scalar("select current_user::text").fetch_one(tx.conn()).await.expect("reads");
    assert_eq!(role, "mpanel_public");
    let seen: (i64, i64) =
        sqlx::query_as("select (select count(*) from users), (select count(*) from tenants)").fetch_one(tx.conn()).await.expect("reads");
    assert_eq!(seen, (0, 0));
}

#[tokio::test]
async fn a_tenant_cannot_write_into_another() {
    let t = TestDb::new().await;
    let (acme, other) = (t.tenant("acme").await, t.tenant("other").await);
    let (foreign_subscription, foreign_pod) = pod(&t, other, "other.example").await;
    let mut conn = PgConnection::connect(&t.config.web_url).await.expect("logs in");
    // A read-write tenant transaction as PostgreSQL sees it.
    let enter = "select enter_door('mpanel_tenant', $1, null, true)";

    let mut tx = conn.begin().await.expect("begins");
    sqlx::query(enter).bind(acme).execute(&mut *tx).await.expect("enters");
    let insert = sqlx::query(INSERT_POD).bind(Uuid::now_v7()).bind(other).bind(foreign_subscription).bind("x.example").execute(&mut *tx).await;
    assert_eq!(code(&insert.expect_err("refused")), DENIED);
    tx.rollback().await.expect("ends");

    // Foreign keys do not look at row level security: the tenant in the key is what refuses this.
    let mut tx = conn.begin().await.expect("begins");
    sqlx::query(enter).bind(acme).execute(&mut *tx).await.expect("enters");
    let insert = sqlx::query(INSERT_POD).bind(Uuid::now_v7()).bind(acme).bind(foreign_subscription).bind("x.example").execute(&mut *tx).await;
    let error = insert.expect_err("refused");
    assert_eq!(error.as_database_error().and_then(|db| db.constraint()), Some("cloud_pods_subscription_fkey"));
    tx.rollback().await.expect("ends");

    let mut tx = conn.begin().await.expect("begins");
    sqlx::query(enter).bind(acme).execute(&mut *tx).await.expect("enters");
    let update = sqlx::query("update cloud_pods set name = 'stolen' where id = $1").bind(foreign_pod).execute(&mut *tx).await.expect("runs");
    assert_eq!(update.rows_affected(), 0);
}

#[tokio::test]
async fn a_line_of_a_job_belongs_to_the_tenant_of_its_job() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let job = Uuid::now_v7();
    let mut owner = t.owner().await;
    sqlx::query("insert into jobs (id, tenant_id, kind, title, idempotency_key, payload, actor, deadline_at) values ($1, $2, 'CREATE_CLOUDPOD', 'Create CloudPod', 'k', '{}', '{}', now())")
        .bind(job)
        .bind(acme)
        .execute(&mut owner)
        .await
        .expect("a job");
    let tenant: Option<Uuid> = sqlx::query_scalar("insert into job_events (job_id, level, message) values ($1, 'info', 'hello') returning tenant_id")
        .bind(job)
        .fetch_one(&mut owner)
        .await
        .expect("a line");
    assert_eq!(tenant, Some(acme.0));
}

#[tokio::test]
async fn the_public_transaction_sees_one_login_at_a_time() {
    let t = TestDb::new().await;
    let (ann, ben) = (t.user("ann@acme.example", None).await, t.user("ben@acme.example", None).await);
    let mut tx = t.db.public(model::actor::Actor::Visitor).await.expect("opens");
    let found: (Uuid, String) =
        sqlx::query_as("select user_id, email from sign_in_lookup($1)").bind("Ann@Acme.example").fetch_one(tx.conn()).await.expect("found");
    assert_eq!(Some(found.0), ann.user_id().map(|id| id.0));
    tx.scope_to(model::ids::UserId(found.0)).await.expect("scoped");
    let emails: Vec<String> = sqlx::query_scalar("select email from users").fetch_all(tx.conn()).await.expect("reads");
    assert_eq!(emails, ["ann@acme.example"]);
    let stolen = sqlx::query("insert into sessions (id, token_hash, user_id, expires_at) values ($1, $2, $3, now())")
        .bind(Uuid::now_v7())
        .bind([1_u8; 32].as_slice())
        .bind(ben.user_id())
        .execute(tx.conn())
        .await;
    assert_eq!(code(&stolen.expect_err("refused")), DENIED);
    for statement in [
        "update users set platform_role = 'SUPER_ADMIN'",
        "select * from payment_events",
        "select * from checkout_sessions",
        "select * from jobs",
        "insert into users (id) values (null)",
    ] {
        let mut tx = t.db.public(&ann).await.expect("opens");
        assert_eq!(refused(tx.conn(), statement).await, DENIED, "{statement}");
    }
}
