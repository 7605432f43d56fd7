use super::*;
use adapters::payments::WebhookRefused;
use engine::reconcile::run_due;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

async fn refused(shop: &Shop, body: &[u8], header: Option<&str>) -> WebhookRefused {
    match receive(&shop.t.services, body, header).await {
        Err(ReceiveError::Refused(reason)) => reason,
        other => panic!("was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_forged_a_stale_and_a_senseless_message_leave_nothing_behind() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let body = shop.paid(started.id, "evt_1").await.to_string().into_bytes();
    let now = shop.t.services.now().timestamp();

    assert_eq!(refused(&shop, &body, None).await, WebhookRefused::Forged);
    assert_eq!(refused(&shop, &body, Some("t=1,v1=00")).await, WebhookRefused::Forged);
    let other_secret = signature::sign(b"guessed", &body, now);
    assert_eq!(refused(&shop, &body, Some(&other_secret)).await, WebhookRefused::Forged);
    let old = signature::sign(WEBHOOK_SECRET, &body, now - 301);
    assert_eq!(refused(&shop, &body, Some(&old)).await, WebhookRefused::Stale(301));
    let early = signature::sign(WEBHOOK_SECRET, &body, now + 301);
    assert_eq!(refused(&shop, &body, Some(&early)).await, WebhookRefused::Stale(-301));

    let huge = vec![b' '; 10 * 1024 * 1024];
    let header = signature::sign(WEBHOOK_SECRET, &huge, now);
    assert!(matches!(refused(&shop, &huge, Some(&header)).await, WebhookRefused::Malformed(why) if why.contains("larger")));
    for senseless in [b"not json".as_slice(), b"", b"\xff\xfe", b"[1,2]", br#"{"id":"evt_1"}"#] {
        let header = signature::sign(WEBHOOK_SECRET, senseless, now);
        assert!(matches!(refused(&shop, senseless, Some(&header)).await, WebhookRefused::Malformed(_)));
    }
    let mut unknown = shop.paid(started.id, "evt_2").await;
    unknown["data"]["object"]["currency"] = json!("xxx");
    assert!(matches!(shop.receive(&unknown).await, Err(ReceiveError::Refused(WebhookRefused::Malformed(why))) if why.contains("currency")));

    assert_eq!(shop.number("select count(*) from payment_events").await, 0);
    assert_eq!(shop.made().await, NOTHING);
}

#[tokio::test]
async fn a_message_is_stored_once_however_often_it_comes() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let event = shop.paid(started.id, "evt_1").await;
    let mut fresh = 0;
    for _ in 0..4 {
        fresh += u32::from(shop.receive(&event).await.unwrap().fresh);
    }
    assert_eq!(fresh, 1);
    assert_eq!(shop.number("select count(*) from payment_events where status = 'RECEIVED'").await, 1);
    assert_eq!(shop.made().await, NOTHING, "storing does nothing else");
}

#[tokio::test]
async fn one_to_five_deliveries_at_once_make_one_of_everything() {
    let shop = Shop::open().await;
    for deliveries in 1..=5 {
        let before = shop.made().await;
        let started = shop.start(order(&format!("buyer{deliveries}@example.com"), &format!("site{deliveries}.example"))).await;
        let event = shop.paid(started.id, &format!("evt_{deliveries}")).await;
        let all = (0..deliveries).map(|_| async {
            let received = shop.receive(&event).await.unwrap();
            process(&shop.t.services, &received.event_id).await.unwrap()
        });
        let outcomes = futures::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Processed).count(), 1, "{outcomes:?}");
        let after = shop.made().await;
        assert_eq!((after.pods - before.pods, after.invoices - before.invoices, after.jobs - before.jobs, after.mails - before.mails), (1, 1, 1, 1));
        assert_eq!((after.users - before.users, after.tenants - before.tenants, after.subscriptions - before.subscriptions), (1, 1, 1));
    }
}

/// Several messages about several checkouts, each several times, in any order and all at once.
#[tokio::test]
async fn any_order_and_any_number_of_messages_end_the_same() {
    let shop = Shop::open().await;
    let mut messages = Vec::new();
    for number in 0..4 {
        // Two buyers, two orders each: the second order of a buyer must not make a second account.
        let started = shop.start(order(&format!("buyer{}@example.com", number % 2), &format!("site{number}.example"))).await;
        let paid = shop.paid(started.id, &format!("evt_paid_{number}")).await;
        let mut later = paid.clone();
        (later["id"], later["type"]) = (json!(format!("evt_later_{number}")), json!("checkout.session.async_payment_succeeded"));
        let mut declined = paid.clone();
        (declined["id"], declined["type"]) = (json!(format!("evt_declined_{number}")), json!("checkout.session.async_payment_failed"));
        let mut other = paid.clone();
        (other["id"], other["type"]) = (json!(format!("evt_other_{number}")), json!("charge.updated"));
        for message in [paid, later, declined, other] {
            messages.extend(std::iter::repeat_n(message, 3));
        }
    }
    let shuffled = proptest::strategy::Just(messages).prop_shuffle().new_tree(&mut TestRunner::default()).unwrap().current();
    // Six at a time, as many as the test's pools carry.
    for part in shuffled.chunks(6) {
        futures::future::join_all(part.iter().map(|message| async {
            let received = shop.receive(message).await.unwrap();
            process(&shop.t.services, &received.event_id).await.unwrap()
        }))
        .await;
    }
    let made = Made { users: 2, tenants: 2, owners: 2, subscriptions: 4, invoices: 4, pods: 4, jobs: 4, mails: 4 };
    assert_eq!(shop.made().await, made);
    assert_eq!(shop.number("select count(*) from checkout_sessions where status = 'PAID'").await, 4);
    assert_eq!(shop.number("select count(*) from payment_events where status = 'RECEIVED'").await, 0);
    assert_eq!(shop.number("select count(*) from payment_events").await, 16);
    let numbers = shop.text("select string_agg(right(number, 5), ' ' order by number) from invoices").await;
    assert_eq!(numbers, "00001 00002 00003 00004");
    let record = shop.t.services.db.verify_audit(&[]).await.unwrap();
    assert!(record.findings.is_empty(), "{:?}", record.findings);
}

#[tokio::test]
async fn a_message_that_was_stored_and_never_acted_on_is_taken_up_later() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    shop.receive(&shop.paid(started.id, "evt_1").await).await.unwrap();
    // The process died here. Fresh messages are left alone for a moment, then they are anybody's.
    run_due(&shop.t.services).await.unwrap();
    assert_eq!(shop.made().await, NOTHING);
    shop.t.clock.advance(Duration::seconds(5));
    run_due(&shop.t.services).await.unwrap();
    assert_eq!(shop.made().await, ONE);
    assert_eq!(shop.number("select count(*) from reconciliations where name = 'payment_event'").await, 0);
}

#[tokio::test]
async fn the_webhook_handler_answers_before_the_work_is_done_and_the_work_is_done() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let body = shop.paid(started.id, "evt_1").await.to_string().into_bytes();
    let header = signature::sign(WEBHOOK_SECRET, &body, shop.t.services.now().timestamp());
    assert!(accept(&shop.t.services, &body, Some(&header)).await.unwrap().fresh);
    assert!(!accept(&shop.t.services, &body, Some(&header)).await.unwrap().fresh);
    let done = async {
        while shop.number("select count(*) from payment_events where status = 'PROCESSED'").await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done).await.expect("the message is acted on");
    assert_eq!(shop.made().await, ONE);
}
