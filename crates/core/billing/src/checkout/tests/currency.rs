//! Products in several currencies, accounts in one.

use super::*;
use crate::subscriptions::{self, WantedChange, tests::life::Life};
use db::{Caller, PlatformTx};
use model::{
    actor::Origin,
    billing::products::{BillingCycle, CurrencyPriceInput, ProductView},
    money::Currency,
    permission::{ProductsRead, ProductsWrite, SubscriptionsRead, SubscriptionsWrite},
};

fn price(currency: &str, monthly: &str, yearly: &str, setup_fee: &str) -> CurrencyPriceInput {
    CurrencyPriceInput {
        currency: currency.to_owned(),
        monthly_price: monthly.to_owned(),
        yearly_price: yearly.to_owned(),
        setup_price: setup_fee.to_owned(),
    }
}

async fn staff(shop: &Shop) -> Caller {
    shop.t.db.user(&format!("staff{}@hosting.example", uuid::Uuid::now_v7().simple()), Some("SUPER_ADMIN")).await
}

/// A product costs this in another currency.
async fn try_sell(shop: &Shop, code: &str, input: CurrencyPriceInput) -> engine::Result<ProductView> {
    let tx: PlatformTx<ProductsWrite> = shop.t.services.db.platform(&staff(shop).await).await.unwrap();
    products::set_price(&shop.t.services, tx, code, &input).await
}

async fn sell(shop: &Shop, code: &str, currency: &str, monthly: &str, yearly: &str) {
    try_sell(shop, code, price(currency, monthly, yearly, "")).await.unwrap();
}

fn in_currency(currency: &str, input: CheckoutInput) -> CheckoutInput {
    CheckoutInput { currency: Some(currency.to_owned()), ..input }
}

async fn refused(shop: &Shop, input: CheckoutInput) -> String {
    let faults = faults(shop.try_start(input).await);
    faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join(" | ")
}

#[tokio::test]
async fn an_order_in_another_currency_costs_what_was_set_for_it_and_renews_so() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "JPY", "1500", "15000").await;
    sell(&shop, "disk-10", "JPY", "300", "").await;
    let input = CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..in_currency("jpy", anna()) };
    let life = Life::begin_with(shop, "2027-03-01T08:00:00Z", "good", input).await;
    let sums =
        "select string_agg(currency || ' ' || net || ' ' || tax || ' ' || total, ', ' order by issued_at) from invoices where kind = 'INVOICE'";
    assert_eq!(life.shop.text(sums).await, "JPY 1800 342 2142");
    // A new price in euros is nothing to it.
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.shop.text(sums).await, "JPY 1800 342 2142, JPY 1800 342 2142");
    assert_eq!(life.detail().await.subscription.price.to_string(), "¥1,500");
    life.check_books().await;
}

#[tokio::test]
async fn an_order_names_a_currency_that_everything_in_it_is_sold_in() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "USD", "10.00", "").await;
    assert_eq!(shop.quote(&in_currency("usd", anna())).await.unwrap().net.to_string(), "$10.00");
    assert_eq!(shop.quote(&anna()).await.unwrap().net.to_string(), "€9.00", "its own where none is named");
    assert_eq!(refused(&shop, in_currency("GBP", anna())).await, "currency: WordPress is not sold in GBP. Select another currency.");
    assert_eq!(refused(&shop, in_currency("XYZ", anna())).await, "currency: Select a currency.");
    let yearly = CheckoutInput { billing_cycle: "YEARLY".to_owned(), ..in_currency("USD", anna()) };
    assert_eq!(refused(&shop, yearly).await, "billingCycle: This plan has no yearly billing.");
    let with_disk = CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..in_currency("USD", anna()) };
    assert_eq!(refused(&shop, with_disk).await, "addOns: 10 GB extra disk is not sold in USD.");
    assert_eq!(shop.number("select count(*) from checkout_sessions").await, 0);
}

#[tokio::test]
async fn a_set_up_fee_is_that_of_the_currency() {
    let shop = Shop::open().await;
    try_sell(&shop, "wordpress", price("CHF", "8.00", "", "5.00")).await.unwrap();
    let quote = shop.quote(&in_currency("CHF", anna())).await.unwrap();
    assert_eq!(quote.lines.iter().map(|line| line.net).collect::<Vec<_>>(), [800, 500]);
    assert_eq!(shop.quote(&anna()).await.unwrap().lines.len(), 1, "none in euros");
}

#[tokio::test]
async fn a_price_in_another_currency_is_checked_and_recorded() {
    let shop = Shop::open().await;
    let fault = async |input| {
        let faults = faults(try_sell(&shop, "wordpress", input).await);
        fields(&faults).join(",")
    };
    assert_eq!(fault(price("EUR", "9.00", "", "")).await, "currency");
    assert_eq!(fault(price("XYZ", "9.00", "", "")).await, "currency");
    assert_eq!(fault(price("JPY", "9.00", "x", "-1")).await, "monthly_price,yearly_price,setup_price");
    let sold = try_sell(&shop, "wordpress", price("JPY", "1500", "", "")).await.unwrap();
    assert_eq!(sold.other_prices.iter().map(|price| price.monthly.to_string()).collect::<Vec<_>>(), ["¥1,500"]);
    sell(&shop, "wordpress", "JPY", "1500", "").await;
    sell(&shop, "wordpress", "JPY", "1600", "").await;
    let mut tx: PlatformTx<ProductsRead> = shop.t.services.db.platform(&staff(&shop).await).await.unwrap();
    let versions = products::prices(&mut tx, "wordpress").await.unwrap();
    assert_eq!(versions.iter().map(|price| price.monthly.to_string()).collect::<Vec<_>>(), ["¥1,600", "¥1,500", "€9.00"]);
    let changes = "select count(*) from audit_events where action = 'PRODUCT_UPDATED' and after -> 'other_prices' <> '[]'";
    assert_eq!(shop.number(changes).await, 3);
}

#[tokio::test]
async fn a_currency_is_removed_once_nothing_is_paid_in_it() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "USD", "10.00", "100.00").await;
    let remove = async |currency| {
        let tx: PlatformTx<ProductsWrite> = shop.t.services.db.platform(&staff(&shop).await).await.unwrap();
        products::remove_price(tx, "wordpress", currency).await
    };
    let started = shop.start(in_currency("USD", anna())).await;
    let refused = remove(Currency::Usd).await.unwrap_err().to_string();
    assert!(refused.contains("1 order in USD can still be paid"), "{refused}");
    let event = shop.paid(started.id, "evt_1").await;
    assert_eq!(shop.deliver(&event).await, Outcome::Processed);
    let refused = remove(Currency::Usd).await.unwrap_err().to_string();
    assert!(refused.contains("Still paid in USD: 1 subscription."), "{refused}");
    assert!(remove(Currency::Jpy).await.is_err(), "not sold in it");
    sqlx::query("update subscriptions set status = 'CANCELLED', cancel_at = now()").execute(&mut shop.t.db.owner().await).await.unwrap();
    assert!(remove(Currency::Usd).await.unwrap().other_prices.is_empty());
    assert!(self::refused(&shop, in_currency("USD", anna())).await.starts_with("currency: "));
}

#[tokio::test]
async fn an_account_pays_in_one_currency_and_another_one_opens_a_second_account() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "USD", "10.00", "100.00").await;
    let email = "anna@bakery.example";
    for (domain, currency) in [("one.example", "EUR"), ("two.example", "USD"), ("three.example", "USD"), ("four.example", "EUR")] {
        shop.buy(in_currency(currency, order(email, domain))).await;
    }
    assert_eq!(shop.number("select count(*) from users where email = 'anna@bakery.example'").await, 1);
    let accounts = "select string_agg(currencies || ' ' || pods, ', ' order by id) from (
        select t.id, string_agg(distinct s.currency, '+') as currencies, count(*) as pods
          from tenants t join subscriptions s on s.tenant_id = t.id group by t.id) found";
    assert_eq!(shop.text(accounts).await, "EUR 2, USD 2");
    assert_eq!(shop.number("select count(*) from tenant_users where role = 'TENANT_OWNER'").await, 2);
}

#[tokio::test]
async fn a_change_of_plan_stays_in_the_currency_of_the_subscription() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "USD", "10.00", "100.00").await;
    let larger = products::static_plan();
    let larger = model::billing::products::ProductInput {
        code: "wordpress-l".to_owned(),
        name: "WordPress L".to_owned(),
        stack: "WORDPRESS".to_owned(),
        monthly: "27.00".to_owned(),
        memory_mb: 1024,
        disk_mb: 20_480,
        ..larger
    };
    products::ensure(&shop.t.services, larger).await.unwrap();
    let life = Life::begin_with(shop, "2027-03-01T08:00:00Z", "good", in_currency("USD", anna())).await;
    let services = &life.shop.t.services;
    let options = async || {
        let mut tx: PlatformTx<SubscriptionsRead> = services.db.platform(&life.admin).await.unwrap();
        let options = subscriptions::options(&mut tx, life.subscription).await.unwrap();
        options.plans.iter().map(|plan| format!("{} {}", plan.code, plan.monthly)).collect::<Vec<_>>()
    };
    let preview = async || {
        let tx: PlatformTx<SubscriptionsWrite> = services.db.platform(&life.admin).await.unwrap();
        let wanted =
            WantedChange { plan_code: "wordpress-l".to_owned(), cycle: BillingCycle::Monthly, add_ons: None, quantity: None, at_period_end: false };
        subscriptions::preview(services, tx, life.subscription, &wanted).await
    };
    assert_eq!(options().await, ["wordpress $10.00"]);
    assert_eq!(fields(&faults(preview().await)), ["plan_code"]);
    sell(&life.shop, "wordpress-l", "USD", "30.00", "").await;
    assert_eq!(options().await, ["wordpress $10.00", "wordpress-l $30.00"]);
    life.until("2027-03-16T20:00:00Z").await;
    let shown = preview().await.unwrap();
    assert_eq!(shown.lines.iter().map(|line| line.net.to_string()).collect::<Vec<_>>(), ["-$5.00", "$15.00"]);
}

#[tokio::test]
async fn a_move_to_the_present_price_is_shown_and_made_for_each_currency() {
    let shop = Shop::open().await;
    sell(&shop, "wordpress", "USD", "10.00", "100.00").await;
    let life = Life::begin_with(shop, "2027-03-01T08:00:00Z", "good", in_currency("USD", anna())).await;
    life.shop.buy(order("bob@example.com", "bob.example")).await;
    let services = &life.shop.t.services;
    let groups = async || {
        let mut tx: PlatformTx<SubscriptionsRead> = services.db.platform(&life.admin).await.unwrap();
        let preview = subscriptions::preview_price_move(services, &mut tx, "wordpress", 30).await.unwrap();
        preview.groups.iter().map(|group| format!("{} {} {}", group.count, group.before, group.after)).collect::<Vec<_>>()
    };
    assert!(groups().await.is_empty());
    sell(&life.shop, "wordpress", "USD", "12.00", "100.00").await;
    assert_eq!(groups().await, ["1 $10.00 $12.00"], "the price in euros is what it was");
    subscriptions::move_prices(services, services.db.platform(&life.admin).await.unwrap(), "wordpress", 30, 1, 1200).await.unwrap();
    life.look().await;
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'price_change'").await;
    assert!(mail.contains("from $10.00 to $12.00 a month"), "{mail}");
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.detail().await.subscription.price.to_string(), "$12.00");
}

#[tokio::test]
async fn the_country_of_the_network_address_is_evidence_of_the_buyers_place() {
    let shop = Shop::open().await;
    let visitor = Caller::new(Actor::Visitor, Origin { ip: Some("198.51.100.7".to_owned()), country: Some("AT".to_owned()), request_id: None });
    assert_eq!(super::super::shop(&shop.t.services.settings, &visitor, Vec::new()).country, "AT", "the form begins with it");
    let tx = shop.t.services.db.public(visitor).await.unwrap();
    let id = start(&shop.t.services, tx, anna()).await.unwrap().checkout_session_id;
    let event = shop.paid(id, "evt_1").await;
    assert_eq!(shop.deliver(&event).await, Outcome::Processed);
    shop.buy(order("bob@example.com", "bob.example")).await;
    let evidence = "select string_agg(e.kind || ' ' || e.country, ', ' order by e.kind) from tax_evidence e join invoices i on i.id = e.invoice_id
                     where e.kind <> 'CARD' and i.buyer ->> 'email' = ";
    assert_eq!(shop.text(&format!("{evidence} 'anna@bakery.example'")).await, "ADDRESS DE, NETWORK AT");
    assert_eq!(shop.text(&format!("{evidence} 'bob@example.com'")).await, "ADDRESS DE");
}

#[tokio::test]
async fn the_postal_address_of_an_order_is_on_its_invoice_and_in_the_profile_of_a_new_account() {
    let shop = Shop::open().await;
    let input = CheckoutInput { address: Some(" Hauptstr. 1 \n\n 10115 Berlin ".to_owned()), ..anna() };
    shop.buy(input).await;
    let address = "Hauptstr. 1\n10115 Berlin";
    assert_eq!(shop.text("select buyer ->> 'address' from invoices").await, address);
    assert_eq!(shop.text("select name || ': ' || address from billing_profiles").await, format!("Anna's Bakery: {address}"));
    // Whoever orders may not be its member: a later order changes its own invoice only.
    shop.buy(CheckoutInput { address: Some("Elsewhere 2".to_owned()), ..order("anna@bakery.example", "two.example") }).await;
    assert_eq!(
        shop.text("select string_agg(buyer ->> 'address', ' | ' order by issued_at, id) from invoices").await,
        format!("{address} | Elsewhere 2")
    );
    assert_eq!(shop.text("select address from billing_profiles").await, address);
    let too_long = CheckoutInput { address: Some("x".repeat(1001)), ..anna() };
    assert_eq!(fields(&faults(shop.try_start(too_long).await))[0], "address");
}
