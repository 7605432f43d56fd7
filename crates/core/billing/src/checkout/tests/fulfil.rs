use super::*;
use engine::reconcile::run_due;

#[tokio::test]
async fn a_payment_makes_everything_and_the_record_says_so() {
    let shop = Shop::open().await;
    shop.buy(CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..anna() }).await;
    assert_eq!(shop.made().await, Made { subscriptions: 2, ..ONE });
    assert_eq!(
        shop.text("select name || '|' || slug || '|' || country || '|' || billing_email from tenants").await,
        "Anna's Bakery|anna-s-bakery|DE|anna@bakery.example"
    );
    assert_eq!(shop.text("select email || '|' || status from users").await, "anna@bakery.example|INVITED");
    // 9.00 + 2.00, 19 % of it, one invoice with both lines.
    assert_eq!(
        shop.text("select status || '|' || net || '|' || tax || '|' || total || '|' || currency from invoices").await,
        "PAID|1100|209|1309|EUR"
    );
    let lines = "select string_agg(description || '=' || net, ', ' order by position) from invoice_lines";
    assert_eq!(shop.text(lines).await, "WordPress, paid monthly=900, 10 GB extra disk, paid monthly=200");
    assert_eq!(
        shop.text("select seller ->> 'name' || '|' || (buyer ->> 'name') || '|' || (buyer ->> 'email') from invoices").await,
        "Hosting Example GmbH|Anna's Bakery|anna@bakery.example"
    );
    // The pod has the plan's limits and the add-on's.
    assert_eq!(shop.text("select disk_mb || '|' || memory_mb from cloud_pod_quotas").await, "15360|512");
    assert_eq!(
        shop.text("select primary_domain || '|' || site_title || '|' || stack from cloud_pods").await,
        "bakery.example|Anna's Bakery|WORDPRESS"
    );
    // The add-on hangs on the plan; both run for a month.
    assert_eq!(shop.number("select count(*) from subscriptions s join subscriptions p on p.id = s.parent_id").await, 1);
    assert_eq!(shop.number("select count(*) from subscriptions where renews_at = started_at + interval '1 month'").await, 2);
    assert_eq!(
        shop.number("select count(*) from checkout_sessions where status = 'PAID' and cloud_pod_id is not null and job_id is not null").await,
        1
    );
    for action in [
        "CHECKOUT_STARTED",
        "WEBHOOK_RECEIVED",
        "USER_CREATED",
        "TENANT_CREATED",
        "TENANT_USER_ADDED",
        "SUBSCRIPTION_CREATED",
        "CLOUDPOD_REQUESTED",
        "JOB_ENQUEUED",
        "INVOICE_ISSUED",
        "MAIL_QUEUED",
        "CHECKOUT_PAID",
    ] {
        let count: i64 = sqlx::query_scalar("select count(*) from audit_events where action = $1")
            .bind(action)
            .fetch_one(&mut shop.t.db.owner().await)
            .await
            .unwrap();
        assert_eq!(count, if action == "SUBSCRIPTION_CREATED" { 2 } else { 1 }, "{action}");
    }
}

#[tokio::test]
async fn the_welcome_mail_carries_a_link_that_works_for_a_week() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let text = shop.text("select body_text from outgoing_mail where template = 'welcome' and recipient = 'anna@bakery.example'").await;
    let link = text.lines().find(|line| line.starts_with("http://panel.example/activate")).expect("a link");
    let token = link.rsplit(['=', '/']).next().unwrap();
    let days: i32 =
        sqlx::query_scalar("select extract(day from expires_at - created_at)::int from access_links where token_hash = $1 and purpose = 'ACTIVATE'")
            .bind(engine::secrets::token_hash(token))
            .fetch_one(&mut shop.t.db.owner().await)
            .await
            .unwrap();
    assert_eq!(days, 7);
    let everything = shop.text("select string_agg(coalesce(before::text, '') || coalesce(after::text, ''), ' ') from audit_events").await;
    assert!(!everything.contains(token), "a link in the record would sign anybody in who reads it");
}

#[tokio::test]
async fn who_has_an_account_gets_the_pod_there_and_no_link() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    sqlx::query("update users set status = 'ACTIVE', password_hash = '-'").execute(&mut shop.t.db.owner().await).await.unwrap();
    shop.buy(order("Anna@Bakery.example", "second.example")).await;
    assert_eq!(shop.made().await, Made { users: 1, tenants: 1, owners: 1, subscriptions: 2, invoices: 2, pods: 2, jobs: 2, mails: 2 });
    let text = shop.text("select body_text from outgoing_mail where template = 'new_pod'").await;
    assert!(text.contains("second.example") && !text.contains("activate"), "{text}");
    assert_eq!(shop.number("select count(*) from access_links").await, 1);
}

#[tokio::test]
async fn a_payment_that_is_not_the_orders_makes_nothing_and_says_why() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let mut number = 0;
    let mut refused = async |change: &dyn Fn(&mut Value)| {
        number += 1;
        let mut event = shop.paid(started.id, &format!("evt_{number}")).await;
        change(&mut event["data"]["object"]);
        match shop.deliver(&event).await {
            Outcome::Refused(reason) => reason,
            other => panic!("was not refused: {other:?}"),
        }
    };
    assert_eq!(refused(&|object| object["amount_total"] = json!(1)).await, "paid €0.01, ordered €10.71");
    assert_eq!(refused(&|object| object["amount_total"] = json!(1072)).await, "paid €10.72, ordered €10.71");
    assert_eq!(refused(&|object| object["currency"] = json!("usd")).await, "paid in USD, ordered in EUR");
    assert_eq!(refused(&|object| object["id"] = json!("cs_other")).await, "checkout has a different payment page");
    assert!(refused(&|object| object["client_reference_id"] = json!(uuid::Uuid::now_v7())).await.ends_with("not found"));
    sqlx::query("update checkout_sessions set plan_code = 'gone'").execute(&mut shop.t.db.owner().await).await.unwrap();
    assert_eq!(refused(&|_| {}).await, "plan gone not found");
    assert_eq!(shop.made().await, NOTHING);
    assert_eq!(shop.number("select count(*) from payment_events where status = 'FAILED' and reason is not null").await, 6);
    assert_eq!(shop.number("select count(*) from audit_events where action = 'WEBHOOK_REFUSED'").await, 6);
    assert_eq!(shop.number("select count(*) from invoice_counters").await, 0);
    assert_eq!(shop.number("select count(*) from checkout_sessions where status = 'OPEN'").await, 1);
}

#[tokio::test]
async fn a_checkout_that_has_expired_is_not_carried_out() {
    let shop = Shop::open().await;
    let (late, just) = (shop.start(anna()).await, shop.start(order("bob@example.com", "bob.example")).await);
    let (late, just) = (shop.paid(late.id, "evt_late").await, shop.paid(just.id, "evt_just").await);
    shop.t.clock.advance(Duration::hours(1) + Duration::minutes(10));
    assert_eq!(shop.deliver(&just).await, Outcome::Processed, "paid in the last minute, told a little later");
    shop.t.clock.advance(Duration::minutes(10));
    run_due(&shop.t.services).await.unwrap();
    assert_eq!(shop.number("select count(*) from checkout_sessions where status = 'EXPIRED'").await, 1);
    assert!(matches!(shop.deliver(&late).await, Outcome::Refused(reason) if reason.contains("expired")));
    assert_eq!(shop.made().await, ONE);
}

#[tokio::test]
async fn an_order_that_was_paid_in_time_is_carried_out_however_late_that_is_told() {
    let shop = Shop::open().await;
    let (first, second) = (shop.start(anna()).await, shop.start(order("bob@example.com", "bob.example")).await);
    let (mut first, mut second) = (shop.paid(first.id, "evt_1").await, shop.paid(second.id, "evt_2").await);
    let paid = |after: Duration| json!((shop.t.services.now() + after).timestamp());
    (first["created"], second["created"]) = (paid(Duration::minutes(20)), paid(Duration::hours(2)));
    // We could not be reached for a day.
    shop.t.clock.advance(Duration::days(1));
    run_due(&shop.t.services).await.unwrap();
    assert_eq!(shop.number("select count(*) from checkout_sessions where status = 'EXPIRED'").await, 2);
    assert_eq!(shop.deliver(&first).await, Outcome::Processed);
    assert!(matches!(shop.deliver(&second).await, Outcome::Refused(reason) if reason.contains("expired")), "it was too late");
    assert_eq!(shop.made().await, ONE);
}

#[tokio::test]
async fn a_declined_card_leaves_nothing_behind_and_a_later_payment_counts() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    let mut declined = shop.paid(started.id, "evt_no").await;
    declined["type"] = json!("checkout.session.async_payment_failed");
    assert_eq!(shop.deliver(&declined).await, Outcome::Processed);
    assert_eq!(shop.made().await, NOTHING);
    assert_eq!(shop.text("select status from checkout_sessions").await, "DECLINED");
    assert_eq!(shop.deliver(&shop.paid(started.id, "evt_yes").await).await, Outcome::Processed);
    assert_eq!(shop.made().await, ONE);
    declined["id"] = json!("evt_no_again");
    assert!(matches!(shop.deliver(&declined).await, Outcome::Ignored(_)));
    assert_eq!(shop.text("select status from checkout_sessions").await, "PAID");
}

#[tokio::test]
async fn two_who_paid_for_one_domain_both_get_a_pod() {
    let shop = Shop::open().await;
    let (first, second) = (shop.start(anna()).await, shop.start(order("bob@example.com", "bakery.example")).await);
    let (first, second) = (shop.paid(first.id, "evt_1").await, shop.paid(second.id, "evt_2").await);
    let (one, two) = tokio::join!(shop.deliver(&first), shop.deliver(&second));
    assert_eq!((one, two), (Outcome::Processed, Outcome::Processed));
    assert_eq!(shop.made().await, Made { users: 2, tenants: 2, owners: 2, subscriptions: 2, invoices: 2, pods: 2, jobs: 2, mails: 2 });
    assert_eq!(shop.number("select count(*) from cloud_pods where primary_domain = 'bakery.example'").await, 1);
    assert_eq!(shop.number("select count(*) from cloud_pods where primary_domain like '%.sites.example'").await, 1);
    assert_eq!(shop.number("select count(*) from outgoing_mail where body_text like '%You asked for bakery.example%'").await, 1);
}

#[tokio::test]
async fn a_price_that_changes_after_the_order_changes_nothing_in_it() {
    let shop = Shop::open().await;
    let started = shop.start(anna()).await;
    sqlx::query("update products set base_price = 99900, active = false where code = 'wordpress'")
        .execute(&mut shop.t.db.owner().await)
        .await
        .unwrap();
    assert_eq!(shop.deliver(&shop.paid(started.id, "evt_1").await).await, Outcome::Processed);
    assert_eq!(shop.text("select total || '' from invoices").await, "1071");
    assert_eq!(shop.text("select price || '' from subscriptions").await, "900");
}
