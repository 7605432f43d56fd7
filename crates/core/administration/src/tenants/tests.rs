use super::{
    get, list, make,
    make::{name_from, slug_from},
    owned,
};
use crate::accounts;
use db::AuditEvent;
use engine::testing::TestServices;
use model::{audit_action::AuditAction, ids::TenantId, page::PageRequest};

/// What a purchase does.
async fn buy(t: &TestServices, email: &str, hint: &str) -> TenantId {
    let now = t.services.now();
    let mut tx = t.services.db.system("checkout").await.unwrap();
    let (user, _) = accounts::make_or_reuse(&mut tx, now, email).await.unwrap();
    let tenant = match owned(&mut tx, user).await.unwrap().first() {
        Some(tenant) => *tenant,
        None => make(&mut tx, now, user, hint, "DE").await.unwrap(),
    };
    tx.commit(AuditEvent::new(AuditAction::CheckoutPaid, "checkout", "-", email)).await.unwrap();
    tenant
}

async fn slugs(t: &TestServices, state: Option<&str>, search: Option<&str>) -> Vec<String> {
    let mut tx = t.services.db.system("test").await.unwrap();
    let request = PageRequest { cursor: None, state: state.map(str::to_owned), search: search.map(str::to_owned) };
    list(&mut tx, &request).await.unwrap().rows.into_iter().map(|row| row.slug).collect()
}

#[test]
fn slugs_are_made_of_what_addresses_can_carry() {
    for (name, slug) in [
        ("Lumen & Oak", "lumen-oak"),
        ("  Müller GmbH ", "m-ller-gmbh"),
        ("kim@acme.example", "kim-acme-example"),
        ("日本", "account"),
        ("--", "account"),
        ("../../etc", "etc"),
        ("A", "a"),
    ] {
        assert_eq!(slug_from(name), slug, "{name}");
    }
    let long = slug_from(&"abc def ".repeat(20));
    assert!(long.len() <= 40 && !long.ends_with('-'), "{long}");
}

#[test]
fn a_name_is_one_line() {
    assert_eq!(name_from(" Lumen\r\n & \0Oak ", "x@y.example"), "Lumen & Oak");
    assert_eq!(name_from(" ", "x@y.example"), "x@y.example");
    assert_eq!(name_from(&"ö".repeat(500), "x@y.example").chars().count(), 200);
}

#[tokio::test]
async fn the_first_purchase_makes_an_account_and_the_second_reuses_it() {
    let t = TestServices::new().await;
    let first = buy(&t, "kim@acme.example", "Acme").await;
    assert_eq!(buy(&t, "Kim@acme.example", "Another shop").await, first);
    let mut tx = t.services.db.system("test").await.unwrap();
    let view = get(&mut tx, first).await.unwrap();
    assert_eq!((view.customer.id, view.customer.name.as_str(), view.country.as_str()), (first, "Acme", "DE"));
    assert_eq!(
        view.users.iter().map(|user| (user.email.as_str(), user.role.as_deref())).collect::<Vec<_>>(),
        [("kim@acme.example", Some("TENANT_OWNER"))]
    );
    assert!(get(&mut tx, TenantId(uuid::Uuid::now_v7())).await.is_err());
    let chain: Vec<String> =
        sqlx::query_scalar("select action from audit_events where tenant_id = $1 order by seq").bind(first).fetch_all(tx.conn()).await.unwrap();
    assert_eq!(chain, ["TENANT_CREATED", "TENANT_USER_ADDED"]);
}

#[tokio::test]
async fn two_purchases_of_one_buyer_at_once_make_one_account() {
    let t = TestServices::new().await;
    let (one, two) = tokio::join!(buy(&t, "kim@acme.example", "One"), buy(&t, "kim@acme.example", "Two"));
    assert_eq!(one, two);
    assert_eq!(slugs(&t, None, None).await.len(), 1);
}

#[tokio::test]
async fn two_of_one_name_get_two_slugs() {
    let t = TestServices::new().await;
    buy(&t, "kim@acme.example", "Acme").await;
    buy(&t, "lee@acme.example", "ACME").await;
    assert_eq!(slugs(&t, None, None).await, ["acme-2", "acme"]);
}

#[tokio::test]
async fn a_suspended_account_is_not_bought_into() {
    let t = TestServices::new().await;
    let first = buy(&t, "kim@acme.example", "Acme").await;
    sqlx::query("update tenants set status = 'SUSPENDED'").execute(&mut t.db.owner().await).await.unwrap();
    assert_ne!(buy(&t, "kim@acme.example", "Acme").await, first);
    assert_eq!(slugs(&t, Some("SUSPENDED"), None).await, ["acme"]);
}

#[tokio::test]
async fn customers_are_found_by_the_beginning_of_name_slug_or_address() {
    let t = TestServices::new().await;
    buy(&t, "kim@lumen.example", "Lumen & Oak").await;
    buy(&t, "lee@pier.example", "North Pier").await;
    for search in ["lumen & o", "LUMEN-O", "kim@", " Kim@lumen.example "] {
        assert_eq!(slugs(&t, None, Some(search)).await, ["lumen-oak"], "{search}");
    }
    for search in ["%", "_", "oak", "\0x"] {
        assert_eq!(slugs(&t, None, Some(search)).await, [""; 0], "{search}");
    }
    let mut tx = t.services.db.system("test").await.unwrap();
    let request = PageRequest { state: Some("BROKEN".to_owned()), ..PageRequest::default() };
    assert!(list(&mut tx, &request).await.is_err());
}
