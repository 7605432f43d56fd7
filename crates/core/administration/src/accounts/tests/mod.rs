//! Tests of accounts, with a real database and a clock that is moved by hand.

mod device;
mod limits;
mod links;
mod own;
mod passwords;
mod reset;
mod second_step;
mod sessions;
mod set_up;
mod sign_in;
mod step_up;

use super::{ACTIVATION_LIFETIME, Entry, SignedIn, activate, make_or_reuse, new_link, viewer};
use db::{AuditEvent, Caller};
use engine::{Error, Services, testing::TestServices};
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
    Caller::new(Actor::Visitor, Origin { ip: Some(ip.to_owned()), country: None, request_id: None })
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

/// Signs in with the password alone.
async fn sign_in(services: &Services, caller: &Caller, user_agent: Option<&str>, email: &str, password: &str) -> Result<SignedIn, Error> {
    match super::sign_in(services, caller, user_agent, email, password).await? {
        Entry::In(signed) => Ok(*signed),
        Entry::Code(_) => panic!("this login has no second step"),
    }
}

/// Who is behind a session.
async fn behind(t: &TestServices, token: &str) -> Caller {
    viewer(&t.services, from("192.0.2.1").origin, token).await.unwrap().expect("the session lives").0
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
