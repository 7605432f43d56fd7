use super::*;
use adapters::payments::{Payments, sandbox::Sandbox};
use model::{
    billing::checkout::{CheckoutStatus, SandboxChoice},
    error::ErrorCode,
};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn code<T: std::fmt::Debug>(result: engine::Result<T>) -> ErrorCode {
    match result {
        Err(Error::Api(error)) => error.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_token_opens_a_checkout() {
    let shop = Shop::open().await;
    let (mine, other) = (shop.start(anna()).await, shop.start(order("bob@example.com", "bob.example")).await);
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let view = payment_page(&shop.t.services, &mut tx, mine.id, &mine.token).await.unwrap();
    assert_eq!((view.status, view.domain.as_str(), view.quote.total.minor), (CheckoutStatus::Open, "bakery.example", 1071));
    for token in ["", "guess", &other.token] {
        assert_eq!(code(payment_page(&shop.t.services, &mut tx, mine.id, token).await), ErrorCode::NotFound);
        assert_eq!(code(result(&shop.t.services, &mut tx, mine.id, token).await), ErrorCode::NotFound);
    }
    assert_eq!(code(sandbox_decide(&shop.t.services, Actor::Visitor, mine.id, "guess", SandboxChoice::Approve).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn the_result_page_shows_the_job_of_the_buyer() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let before = result(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap();
    assert_eq!((before.status, before.invoice_number, before.job.is_none()), (CheckoutStatus::Open, None, true));
    drop(tx);
    shop.deliver(&shop.paid(started.id, "evt_1").await).await;
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let after = result(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap();
    assert_eq!(after.status, CheckoutStatus::Paid);
    assert!(after.invoice_number.unwrap().ends_with("-00001"));
    assert_eq!(after.site_url, None, "the site does not answer yet");
    assert!(!after.job.unwrap().view.steps.is_empty());
}

#[tokio::test]
async fn what_was_not_paid_in_time_can_no_longer_be_paid() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    shop.t.clock.advance(Duration::minutes(61));
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let view = payment_page(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap();
    assert_eq!(view.status, CheckoutStatus::Expired);
    drop(tx);
    let refused = sandbox_decide(&shop.t.services, Actor::Visitor, started.id, &started.token, SandboxChoice::Approve).await;
    assert_eq!(code(refused), ErrorCode::Conflict);
}

/// The whole way over HTTP: the buyer's click, the provider's message to our own webhook, the order carried out.
#[tokio::test]
async fn a_click_on_the_sandboxs_page_carries_the_order_out_even_when_told_thrice() {
    let mut shop = Shop::open().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    shop.t.services =
        shop.t.services.with::<dyn Payments>(Arc::new(Sandbox::new(reqwest::Client::new(), "http://panel.example", url, WEBHOOK_SECRET.to_vec())));
    // The sandbox signs with the machine's clock.
    shop.t.services.clock = Arc::new(engine::clock::SystemClock);
    let services = shop.t.services.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(services.clone(), stream));
        }
    });
    let started = shop.start(anna()).await;
    sandbox_decide(&shop.t.services, Actor::Visitor, started.id, &started.token, SandboxChoice::ApproveThrice).await.unwrap();
    let paid = async {
        while shop.text("select status from checkout_sessions").await != "PAID" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), paid).await.expect("the order is carried out");
    assert_eq!(shop.made().await, ONE);
    let again = sandbox_decide(&shop.t.services, Actor::Visitor, started.id, &started.token, SandboxChoice::Decline).await;
    assert_eq!(code(again), ErrorCode::Conflict);
}

/// As much of the webhook's route as this test needs.
async fn answer(services: engine::Services, mut stream: tokio::net::TcpStream) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.ends_with('}')
        {
            break (head.to_owned(), body.to_owned());
        }
    };
    let signature = head.lines().find_map(|line| line.strip_prefix("stripe-signature: "));
    let status = match accept(&services, body.as_bytes(), signature).await {
        Ok(_) => "200 OK",
        Err(_) => "400 Bad Request",
    };
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(reply.as_bytes()).await.unwrap();
}

/// Where something stands in a view, without what stands there.
fn shape(value: &Value, at: &str, all: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| shape(inner, &format!("{at}/{name}"), all)),
        Value::Array(items) => items.iter().for_each(|inner| shape(inner, &format!("{at}/*"), all)),
        Value::Null => drop(all.insert(format!("{at} is nothing"))),
        _ => drop(all.insert(at.to_owned())),
    }
}

#[tokio::test]
async fn an_order_with_an_address_that_has_an_account_shows_the_buyer_nothing_of_it_and_tells_the_owner() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let mut owner = shop.t.db.owner().await;
    sqlx::query("update users set status = 'ACTIVE', password_hash = '-', name = 'Anna Secret'").execute(&mut owner).await.unwrap();
    sqlx::query("update tenants set name = 'The Secret Kitchen', slug = 'secret-kitchen', address = 'Secret Lane 1'")
        .execute(&mut owner)
        .await
        .unwrap();
    let ids = [shop.text("select id::text from tenants").await, shop.text("select id::text from users").await];
    let foreign = shop.buy(order("Anna@Bakery.example", "second.example")).await;
    let fresh = shop.buy(order("new@person.example", "third.example")).await;
    assert_eq!(shop.number("select count(*) from cloud_pods p join tenants t on t.id = p.tenant_id where t.slug = 'secret-kitchen'").await, 2);
    let shown = async |started: &Started| {
        let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
        let view = result(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap();
        let job = view.job.as_ref().unwrap().view.job.id;
        let live = core_administration::provisioning::live_for_buyer(&mut tx, job, &started.token, 0).await.unwrap().unwrap();
        json!([view, live.view, live.events])
    };
    let (foreign, fresh) = (shown(&foreign).await, shown(&fresh).await);
    for word in ["Secret", "secret", &ids[0], &ids[1]] {
        assert!(!foreign.to_string().contains(word), "{word} in {foreign:#}");
    }
    // Nor does it look otherwise than an order of somebody new.
    let mut shapes = [std::collections::BTreeSet::new(), std::collections::BTreeSet::new()];
    shape(&foreign, "", &mut shapes[0]);
    shape(&fresh, "", &mut shapes[1]);
    assert_eq!(shapes[0], shapes[1]);
    let mail = shop.text("select body_text from outgoing_mail where template = 'new_pod' and recipient = 'anna@bakery.example'").await;
    assert!(mail.contains("second.example") && mail.contains("If you did not place this order"), "{mail}");
}
