use super::*;

#[tokio::test]
async fn all_faults_come_at_once_each_on_its_field() {
    let shop = Shop::open().await;
    let input = CheckoutInput {
        plan_code: "nonsense".to_owned(),
        billing_cycle: "DAILY".to_owned(),
        email: "anna".to_owned(),
        country: "XX".to_owned(),
        domain: Some("no dots".to_owned()),
        site_title: Some("a\nb".to_owned()),
        is_word_press_plan: None,
        add_ons: vec!["nonsense".to_owned()],
        coupon_code: None,
        currency: None,
        address: None,
        company_name: Some("a\nb".to_owned()),
        vat_number: Some("DE1".to_owned()),
    };
    let faults = faults(shop.try_start(input).await);
    assert_eq!(fields(&faults), ["companyName", "billingCycle", "planCode", "addOns", "email", "country", "siteTitle", "domain"]);
    assert!(faults.iter().all(|fault| fault.message.len() > 10), "{faults:?}");
    assert_eq!(shop.number("select count(*) from checkout_sessions").await, 0);
}

#[tokio::test]
async fn only_products_that_are_sold_can_be_bought() {
    let shop = Shop::open().await;
    sqlx::query("update products set active = false where code = 'php'").execute(&mut shop.t.db.owner().await).await.unwrap();
    sqlx::query("update products set yearly_price = null where code in ('node', 'disk-10')").execute(&mut shop.t.db.owner().await).await.unwrap();
    let refused = async |change: &dyn Fn(&mut CheckoutInput)| {
        let mut input = anna();
        change(&mut input);
        fields(&faults(shop.try_start(input).await)).join(",")
    };
    assert_eq!(refused(&|input| input.plan_code = "php".to_owned()).await, "planCode");
    assert_eq!(refused(&|input| input.plan_code = "disk-10".to_owned()).await, "planCode");
    assert_eq!(refused(&|input| (input.plan_code, input.billing_cycle) = ("node".to_owned(), "YEARLY".to_owned())).await, "billingCycle");
    assert_eq!(refused(&|input| (input.add_ons, input.billing_cycle) = (vec!["disk-10".to_owned()], "YEARLY".to_owned())).await, "addOns");
    assert_eq!(refused(&|input| input.add_ons = vec!["wordpress".to_owned()]).await, "addOns");
    assert_eq!(refused(&|input| input.add_ons = vec!["disk-10".to_owned(), "disk-10".to_owned()]).await, "addOns");
    assert_eq!(refused(&|input| (input.plan_code, input.is_word_press_plan) = ("node".to_owned(), Some(true))).await, "isWordPressPlan");
}

#[tokio::test]
async fn a_domain_must_be_a_free_one_and_not_ours() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    for (domain, says) in [
        ("bakery.example", "not available"),
        ("BAKERY.example", "not available"),
        ("bäckerei.example", "xn--"),
        ("sites.example", "reserved"),
        ("panel.example", "reserved"),
        ("admin.sites.example", "reserved"),
        ("a.b.sites.example", "reserved"),
        ("login.panel.example", "reserved"),
        ("192.0.2.7", "numbers"),
        ("a.example/../x", "only a to z"),
    ] {
        let faults = faults(shop.try_start(order("bob@example.com", domain)).await);
        assert_eq!(fields(&faults), ["domain"], "{domain}");
        assert!(faults[0].message.contains(says), "{domain}: {}", faults[0].message);
    }
    let near = shop.start(order("bob@example.com", "mysites.example")).await;
    assert_eq!(shop.number("select count(*) from checkout_sessions where domain = 'mysites.example'").await, 1, "{}", near.id);
    let punycode = shop.start(order("bob@example.com", "XN--bckerei-5wa.example")).await;
    let stored: String = sqlx::query_scalar("select domain from checkout_sessions where id = $1")
        .bind(punycode.id)
        .fetch_one(&mut shop.t.db.owner().await)
        .await
        .unwrap();
    assert_eq!(stored, "xn--bckerei-5wa.example");
}

#[tokio::test]
async fn without_a_domain_a_free_one_of_ours_is_given() {
    let shop = Shop::open().await;
    for (title, begins) in [(Some("Lumen & Oak"), "lumen-oak-"), (None, "anna-"), (Some("日本"), "site-")] {
        let started = shop.start(CheckoutInput { domain: None, site_title: title.map(str::to_owned), ..anna() }).await;
        let domain: String = sqlx::query_scalar("select domain from checkout_sessions where id = $1")
            .bind(started.id)
            .fetch_one(&mut shop.t.db.owner().await)
            .await
            .unwrap();
        assert!(domain.starts_with(begins) && domain.ends_with(".sites.example"), "{domain}");
    }
}

#[tokio::test]
async fn the_specifications_shortest_request_is_enough() {
    let shop = Shop::open().await;
    let input: CheckoutInput =
        serde_json::from_value(json!({"planCode": "node", "billingCycle": "MONTHLY", "email": "Bob@Example.com", "addOns": []})).unwrap();
    shop.buy(input).await;
    // Without a country the seller's counts, and with it the tax.
    assert_eq!(shop.text("select country || ' ' || email || ' ' || tax_rate_bp from checkout_sessions").await, "DE bob@example.com 1900");
    assert_eq!(shop.made().await, ONE);
}

#[tokio::test]
async fn billing_cycle_is_case_insensitive() {
    let shop = Shop::open().await;
    for (written, stored) in [("monthly", "MONTHLY"), ("Yearly", "YEARLY")] {
        let started = shop.start(CheckoutInput { billing_cycle: written.to_owned(), ..anna() }).await;
        let cycle: String = sqlx::query_scalar("select billing_cycle from checkout_sessions where id = $1")
            .bind(started.id)
            .fetch_one(&mut shop.t.db.owner().await)
            .await
            .unwrap();
        assert_eq!(cycle, stored);
    }
}

#[tokio::test]
async fn names_above_ours_are_not_free_and_those_below_a_bare_hostname_are() {
    let mut shop = Shop::open().await;
    shop.change(|settings| {
        (settings.base_domain, settings.public_url) = ("sites.hosting.example".to_owned(), "https://panel.hosting.example".to_owned());
    });
    let faults = faults(shop.try_start(order("bob@example.com", "hosting.example")).await);
    assert_eq!(fields(&faults), ["domain"]);
    shop.change(|settings| {
        (settings.base_domain, settings.public_url) = ("sites.localhost".to_owned(), "http://panel.example".to_owned());
    });
    shop.start(order("bob@example.com", "shop.localhost")).await;
}

#[tokio::test]
async fn one_peer_starts_so_many_checkouts_an_hour_and_no_more() {
    let mut shop = Shop::open().await;
    shop.change(|settings| settings.checkouts_per_hour = 3);
    let from = async |ip: &str, input: CheckoutInput| {
        let origin = model::actor::Origin { ip: Some(ip.to_owned()), country: None, request_id: None };
        let tx = shop.t.services.db.public(db::Caller::new(Actor::Visitor, origin)).await.unwrap();
        match start(&shop.t.services, tx, input).await {
            Ok(_) => "started".to_owned(),
            Err(Error::Api(error)) => error.code.to_string(),
            Err(other) => panic!("{other}"),
        }
    };
    // What is not right does not count.
    assert_eq!(from("2001:db8:1:1::1", CheckoutInput { plan_code: "no".to_owned(), ..anna() }).await, "invalid");
    // Many at once are not more than one after the other.
    let orders = ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:1:4::1", "2001:db8:1:5::1"];
    let mut answers = futures::future::join_all(orders.map(|ip| from(ip, anna()))).await;
    answers.sort();
    assert_eq!(answers, ["started", "started", "started", "too_many", "too_many"]);
    assert_eq!(from("2001:db8:2:1::1", anna()).await, "started", "another network");
    shop.t.clock.advance(chrono::Duration::minutes(61));
    assert_eq!(from("2001:db8:1:1::1", anna()).await, "started");
}
