//! Tests of access, with a real database.

mod invitations;
mod members;
mod users;
mod why;

use db::Caller;
use engine::{Error, testing::TestServices};
use model::{
    actor::{Actor, Origin},
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    ids::TenantId,
};

/// An account with one member of each role: owner, admin, developer, billing, user.
struct House {
    t: TestServices,
    tenant: TenantId,
    owner: Caller,
    admin: Caller,
    developer: Caller,
}

async fn house() -> House {
    let t = TestServices::new().await;
    let tenant = t.db.tenant("acme").await;
    let member = async |email: &str, role: &str| {
        let caller = t.db.user(email, None).await;
        t.db.member(tenant, &caller, role).await;
        caller
    };
    let owner = member("owner@acme.example", "TENANT_OWNER").await;
    let admin = member("admin@acme.example", "TENANT_ADMIN").await;
    let developer = member("dev@acme.example", "TENANT_DEVELOPER").await;
    House { owner, admin, developer, tenant, t }
}

/// A visitor.
fn visitor() -> Caller {
    Caller::new(Actor::Visitor, Origin { ip: Some("192.0.2.1".to_owned()), country: None, request_id: None })
}

/// Roles by address, as the table has them.
async fn roles(t: &TestServices) -> Vec<(String, String)> {
    sqlx::query_as("select u.email, m.role from tenant_users m join users u on u.id = m.user_id order by u.email")
        .fetch_all(&mut t.db.owner().await)
        .await
        .unwrap()
}

async fn recorded(t: &TestServices, action: AuditAction) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where action = $1").bind(action.as_str()).fetch_one(&mut t.db.owner().await).await.unwrap()
}

fn api<T: std::fmt::Debug>(result: Result<T, Error>) -> ApiError {
    match result {
        Err(error) => error.into_api(),
        Ok(other) => panic!("no error: {other:?}"),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    api(result).code
}

fn fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    api(result).fields.into_iter().map(|field| field.field).collect()
}
