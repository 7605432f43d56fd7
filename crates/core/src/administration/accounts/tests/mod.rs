//! Tests of the room, with a real database and a clock that is moved by hand.

mod limits;
mod links;
mod passwords;
mod reset;
mod sessions;
mod set_up;
mod sign_in;

use super::{ACTIVATION_LIFETIME, SignedIn, activate, make_or_reuse, new_link};
use crate::{Error, testing::TestServices};
use db::{AuditEvent, Caller};
use model::{
    actor::{Actor, Origin},
    administration::accounts::LinkPurpose,
    audit_action::AuditAction,
    error::{ApiError, ErrorCode},
    ids::UserId,
};

const PASSWORD: &str = "correct horse battery";

/// A visitor at this address.
fn from(ip: &str) -> Caller {
    Caller::new(Actor::Visitor, Origin { ip: Some(ip.to_owned()), request_id: None })
}

/// An invited login and its activation token.
async fn invited(t: &TestServices, email: &str) -> (UserId, String) {
    let now = t.services.now();
    let mut tx = t.services.db.system("test").await.unwrap();
    let (user, _) = make_or_reuse(&mut tx, now, email).await.unwrap();
    let token = new_link(&mut tx, now, LinkPurpose::Activate, user, ACTIVATION_LIFETIME).await.unwrap();
    tx.commit(AuditEvent::new(AuditAction::UserCreated, "test", user, email)).await.unwrap();
    (user, token)
}

/// An active login with [`PASSWORD`], signed in once.
async fn active(t: &TestServices, email: &str) -> SignedIn {
    let (_, token) = invited(t, email).await;
    activate(&t.services, &from("198.51.100.1"), Some("browser"), &token, Some("Kim"), PASSWORD).await.unwrap()
}

/// How often this stands in the record.
async fn recorded(t: &TestServices, action: AuditAction) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where action = $1").bind(action.as_str()).fetch_one(&mut t.db.owner().await).await.unwrap()
}

/// One number from the database.
async fn number(t: &TestServices, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut t.db.owner().await).await.unwrap()
}

fn api<T: std::fmt::Debug>(result: Result<T, Error>) -> ApiError {
    match result {
        Err(Error::Api(error)) => error,
        other => panic!("not an answer for people: {other:?}"),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    api(result).code
}

fn fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    api(result).fields.into_iter().map(|field| field.field).collect()
}
