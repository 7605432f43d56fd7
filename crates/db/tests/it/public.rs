//! What visitors leave behind, and what they get to see again.

use model::actor::Actor;
use model::permission::UsersRead;
use mpanel_db::{PublicTx, testing::TestDb};
use uuid::Uuid;

async fn visitor(t: &TestDb) -> PublicTx {
    t.db.public(Actor::Visitor).await.expect("opens")
}

#[tokio::test]
async fn the_inbox_takes_a_message_once_and_shows_none() {
    let t = TestDb::new().await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        let mut tx = visitor(&t).await;
        let done = sqlx::query(
            "insert into payment_events (id, provider, event_id, kind, body) values ($1, 'sandbox', 'evt_1', 'paid', '{}') on conflict do nothing",
        )
        .bind(Uuid::now_v7())
        .execute(tx.conn())
        .await
        .expect("taken in, or known");
        taken.push(done.rows_affected());
        tx.commit_bookkeeping().await.expect("kept");
    }
    assert_eq!(taken, [1, 0, 0]);
    let mut tx = visitor(&t).await;
    assert!(sqlx::query("select body from payment_events").execute(tx.conn()).await.is_err());
}

const START: &str = "
    insert into checkout_sessions (id, plan_code, billing_cycle, email, country, domain, currency, net, tax, tax_treatment, tax_rate_bp, total,
                                   lines, provider, follow_hash, expires_at, tenant_id)
    values ($1, 'wp', 'MONTHLY', 'ann@acme.example', 'DE', 'acme.example', 'EUR', 100, 19, 'DOMESTIC', 1900, 119, '[]', 'sandbox', $2, now(), $3)";

#[tokio::test]
async fn a_buyer_follows_the_purchase_by_its_token_and_by_nothing_else() {
    let t = TestDb::new().await;
    let (id, hash) = (Uuid::now_v7(), [5_u8; 32]);
    let mut tx = visitor(&t).await;
    sqlx::query(START).bind(id).bind(hash.as_slice()).bind(None::<Uuid>).execute(tx.conn()).await.expect("started");
    tx.commit_bookkeeping().await.expect("kept");

    for (token, seen) in [(hash, 1), ([6; 32], 0)] {
        let mut tx = visitor(&t).await;
        let found: i64 = sqlx::query_scalar("select count(*) from checkout_lookup($1, $2)")
            .bind(id)
            .bind(token.as_slice())
            .fetch_one(tx.conn())
            .await
            .expect("answers");
        let result: i64 = sqlx::query_scalar("select count(*) from checkout_result_lookup($1, $2)")
            .bind(id)
            .bind(token.as_slice())
            .fetch_one(tx.conn())
            .await
            .expect("answers");
        let told: bool = sqlx::query_scalar("select checkout_provider_ref($1, $2, 'ref')")
            .bind(id)
            .bind(token.as_slice())
            .fetch_one(tx.conn())
            .await
            .expect("answers");
        assert_eq!((found, result, told), (seen, seen, seen == 1));
    }
}

#[tokio::test]
async fn a_visitor_cannot_start_a_checkout_in_a_tenants_name() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let mut tx = visitor(&t).await;
    let refused = sqlx::query(START).bind(Uuid::now_v7()).bind([5_u8; 32].as_slice()).bind(acme).execute(tx.conn()).await;
    let error = refused.expect_err("refused");
    assert_eq!(error.as_database_error().and_then(|db| db.code()).as_deref(), Some("42501"));
}

#[tokio::test]
async fn a_session_is_found_by_its_token_and_ended_by_its_owner() {
    let t = TestDb::new().await;
    let ann = t.user("ann@acme.example", None).await;
    let mut tx = visitor(&t).await;
    tx.scope_to(ann.user_id().expect("a login")).await.expect("scoped");
    sqlx::query("insert into sessions (id, token_hash, user_id, expires_at) values ($1, $2, $3, now() + interval '1 day')")
        .bind(Uuid::now_v7())
        .bind([9_u8; 32].as_slice())
        .bind(ann.user_id())
        .execute(tx.conn())
        .await
        .expect("signed in");
    sqlx::query("update users set last_login_at = now() where id = $1").bind(ann.user_id()).execute(tx.conn()).await.expect("noted");
    tx.commit(crate::record::event("signed in").by(ann.actor.clone())).await.expect("kept");

    let mut tx = visitor(&t).await;
    let email: String =
        sqlx::query_scalar("select email from session_lookup($1)").bind([9_u8; 32].as_slice()).fetch_one(tx.conn()).await.expect("found");
    assert_eq!(email, "ann@acme.example");
    let ended = sqlx::query("delete from sessions").execute(tx.conn()).await.expect("runs");
    assert_eq!(ended.rows_affected(), 0, "not before the transaction is about its owner");
    tx.scope_to(ann.user_id().expect("a login")).await.expect("scoped");
    let ended = sqlx::query("delete from sessions").execute(tx.conn()).await.expect("runs");
    assert_eq!(ended.rows_affected(), 1);
}

#[tokio::test]
async fn attempts_are_counted_by_address_and_by_peer() {
    let t = TestDb::new().await;
    let mut tx = visitor(&t).await;
    for (email, ip) in
        [("ann@acme.example", "192.0.2.1"), ("ann@acme.example", "192.0.2.2"), ("ben@acme.example", "192.0.2.1"), ("eve@acme.example", "192.0.2.3")]
    {
        sqlx::query("insert into login_attempts (id, email, ip, succeeded, reason) values ($1, $2, $3, false, 'password')")
            .bind(Uuid::now_v7())
            .bind(email)
            .bind(ip)
            .execute(tx.conn())
            .await
            .expect("noted");
    }
    let mut seen: Vec<(String, String)> =
        sqlx::query_as("select email, ip from login_attempts_lookup('Ann@acme.example', '192.0.2.1', now() - interval '1 hour')")
            .fetch_all(tx.conn())
            .await
            .expect("answers");
    seen.sort();
    let expected = [("ann@acme.example", "192.0.2.1"), ("ann@acme.example", "192.0.2.2"), ("ben@acme.example", "192.0.2.1")];
    assert_eq!(seen, expected.map(|(email, ip)| (email.to_owned(), ip.to_owned())));
}

#[tokio::test]
async fn a_reset_mail_can_be_sent_and_not_read() {
    let t = TestDb::new().await;
    let mut tx = visitor(&t).await;
    let send =
        "insert into outgoing_mail (id, template, recipient, subject, body_text, body_html) values ($1, 'reset', 'a@b.example', 's', 't', 'h')";
    sqlx::query(send).bind(Uuid::now_v7()).execute(tx.conn()).await.expect("queued");
    assert!(sqlx::query("select * from outgoing_mail").execute(tx.conn()).await.is_err());
}

#[tokio::test]
async fn members_of_a_tenant_are_seen_with_their_names() {
    let t = TestDb::new().await;
    let acme = t.tenant("acme").await;
    let (ann, _) = (t.user("ann@acme.example", None).await, t.user("stranger@else.example", None).await);
    t.member(acme, &ann, "TENANT_ADMIN").await;
    let mut tx = t.db.tenant::<UsersRead>(&ann, acme).await.expect("opens");
    let members: Vec<String> =
        sqlx::query_scalar("select u.email from tenant_users m join users u on u.id = m.user_id").fetch_all(tx.conn()).await.expect("reads");
    assert_eq!(members, ["ann@acme.example"]);
}
