//! A customer's life with Stripe, against the stand-in: the clock of both is moved by hand, and so are the messages.

use super::*;
use crate::{
    checkout::{
        self, Outcome,
        tests::{Shop, anna},
    },
    invoices,
    subscriptions::tests::life::Life,
};
use adapters::payments::{signature, stripe::Stripe};
use engine::testing::WEBHOOK_SECRET;
use model::{
    actor::Actor,
    billing::{
        invoices::{InvoiceStatus, InvoiceView},
        payments::{PaymentStatus, RefundStatus},
        subscriptions::SubscriptionStatus,
    },
    permission::{BillingManage, BillingRead},
};
use std::sync::Arc;
use stripe_simulator::{Card, Delivery, Faults, Simulator, SimulatorConfig};

const KEY: &str = "sk_test_simulated";

/// A shop whose payments Stripe takes.
async fn shop() -> (Shop, Simulator) {
    let mut shop = Shop::open().await;
    let clock = shop.t.services.clock.clone();
    let config = SimulatorConfig {
        key: KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_vec(),
        webhook_url: None,
        clock: Arc::new(move || clock.now().timestamp()),
        suffix: String::new(),
    };
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), config).await.unwrap();
    let stripe = Stripe::new(reqwest::Client::new(), simulator.url(), KEY, WEBHOOK_SECRET.to_vec());
    shop.t.services = shop.t.services.with::<dyn Payments>(Arc::new(stripe));
    (shop, simulator)
}

/// Orders, and pays on Stripe's page with this card. The messages about it are still to be delivered.
async fn order_and_pay(shop: &Shop, simulator: &Simulator, card: Card) {
    let services = &shop.t.services;
    let session = checkout::start(services, services.db.public(Actor::Visitor).await.unwrap(), anna()).await.unwrap();
    pay(simulator, &session.payment_url, card);
}

fn pay(simulator: &Simulator, url: &str, card: Card) {
    let next = simulator.pay(url.rsplit('/').next().unwrap(), card).unwrap();
    if let Some((_, intent)) = next.split_once("/3ds/") {
        assert!(simulator.answer_bank(intent, true));
    }
}

/// Delivers what the simulator sends, as it sends it.
pub(super) async fn deliver(shop: &Shop, simulator: &Simulator) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (signature, body) in simulator.take_events() {
        let received = checkout::receive(&shop.t.services, body.as_bytes(), Some(&signature)).await.unwrap();
        outcomes.push(checkout::process(&shop.t.services, &received.event_id).await.unwrap());
    }
    outcomes
}

/// A customer who has bought on the first of March with this card.
pub(super) async fn life(card: Card) -> (Life, Simulator) {
    let (mut shop, simulator) = shop().await;
    let admin = Life::open(&mut shop, "2027-03-01T08:00:00Z").await;
    order_and_pay(&shop, &simulator, card).await;
    deliver(&shop, &simulator).await;
    (Life::of_buyer(shop, admin).await, simulator)
}

async fn view(life: &Life) -> InvoiceView {
    let mut tx = life.shop.t.services.db.system("test").await.unwrap();
    invoices::get(&mut tx, life.latest_invoice().await).await.unwrap()
}

/// Our books and Stripe's say the same.
async fn check_books(life: &Life, simulator: &Simulator) {
    life.check_books().await;
    let intents = simulator.objects("payment_intent");
    let theirs: i64 = intents.iter().map(|intent| intent["amount_received"].as_i64().unwrap()).sum();
    assert_eq!(life.shop.number("select coalesce(sum(amount), 0)::bigint from payments where status = 'SUCCEEDED'").await, theirs);
}

#[tokio::test]
async fn a_purchase_saves_the_card_and_the_renewal_charges_it_once() {
    let (life, simulator) = life(Card::Good).await;
    assert_eq!(life.detail().await.method.map(|method| method.label()).as_deref(), Some("Visa ending 4242"));
    life.until("2027-04-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let customers = simulator.objects("payment_intent").iter().map(|intent| intent["customer"].clone()).collect::<Vec<_>>();
    assert_eq!((customers.len(), &customers[0]), (2, &customers[1]), "one customer at Stripe");
    let renewal = &simulator.objects("payment_intent")[0];
    let labels = ["tenant", "invoice", "subscription"].map(|label| renewal["metadata"][label].as_str().unwrap_or_default().to_owned());
    assert_eq!(labels, [life.tenant.to_string(), "INV-2027-00002".to_owned(), life.subscription.to_string()], "found there by our names");
    assert_eq!(renewal["description"], "Invoice INV-2027-00002");
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_charge_that_the_bank_wants_confirmed_waits_for_the_customer_and_is_paid_when_confirmed() {
    let (life, simulator) = life(Card::Challenge).await;
    let services = &life.shop.t.services;
    life.until("2027-04-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    let waits = view(&life).await;
    assert_eq!((waits.invoice.status, waits.payments[0].status), (InvoiceStatus::Open, PaymentStatus::ActionRequired));
    assert_eq!(life.status().await, SubscriptionStatus::Active, "it has not failed");
    assert_eq!(life.shop.number("select count(*) from outgoing_mail where template = 'payment_confirmation'").await, 1);
    assert_eq!(life.shop.number("select count(*) from dunning_notices").await, 0);

    let url = confirm_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), waits.invoice.id).await.unwrap();
    assert!(simulator.answer_bank(url.split("/3ds/").nth(1).unwrap(), true));
    deliver(&life.shop, &simulator).await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let again = confirm_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), waits.invoice.id).await;
    assert!(again.is_err(), "nothing is left to confirm");
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_charge_that_nobody_confirms_is_given_up_for_the_next_attempt_and_ends_in_a_suspension() {
    let (life, simulator) = life(Card::Challenge).await;
    life.until("2027-04-04T09:00:00Z").await;
    let statuses = || async { life.shop.text("select string_agg(status, ' ' order by created_at) from payments").await };
    assert_eq!(statuses().await, "SUCCEEDED FAILED ACTION_REQUIRED", "the next attempt, three days later");
    life.until("2027-04-12T09:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Suspended);
    assert_eq!(statuses().await, "SUCCEEDED FAILED FAILED FAILED FAILED");
    let open = simulator.objects("payment_intent").iter().filter(|intent| intent["status"] == "requires_payment_method").count();
    assert_eq!(open, 0, "none of them can be paid any more");
    let invoice = life.latest_invoice().await;
    let services = &life.shop.t.services;
    let url = open_payment_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), invoice).await.unwrap();
    pay(&simulator, &url, Card::Good);
    deliver(&life.shop, &simulator).await;
    life.look().await;
    assert_eq!(life.status().await, SubscriptionStatus::Active);
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_payment_that_is_on_its_way_is_neither_repeated_nor_punished() {
    let (life, simulator) = life(Card::Good).await;
    life.until("2027-03-26T08:00:00Z").await;
    let services = &life.shop.t.services;
    let url = open_payment_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.latest_invoice().await).await.unwrap();
    pay(&simulator, &url, Card::Slow);
    simulator.settle(true);
    deliver(&life.shop, &simulator).await;
    life.until("2027-05-20T08:00:00Z").await;
    let waits = view(&life).await;
    assert_eq!((waits.invoice.status, waits.payments.len(), waits.payments[0].status), (InvoiceStatus::Open, 1, PaymentStatus::Processing));
    assert_eq!(life.status().await, SubscriptionStatus::Active, "nineteen days after it was due");
    assert!(life.detail().await.upcoming.iter().all(|(_, what)| !format!("{what:?}").contains("Suspension")));
    simulator.settle(true);
    deliver(&life.shop, &simulator).await;
    assert_eq!(view(&life).await.invoice.status, InvoiceStatus::Paid);
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_soft_decline_is_tried_again_and_a_hard_one_is_not() {
    let (soft, _) = life(Card::Empty).await;
    soft.until("2027-04-05T08:00:00Z").await;
    let tried = view(&soft).await.payments;
    assert_eq!((tried.len(), tried[0].decline_code.as_deref()), (2, Some("insufficient_funds")));
    let (hard, simulator) = life(Card::Lost).await;
    hard.until("2027-04-05T08:00:00Z").await;
    let tried = view(&hard).await.payments;
    assert_eq!((tried.len(), tried[0].decline_code.as_deref()), (1, Some("lost_card")));
    assert_eq!(hard.status().await, SubscriptionStatus::PastDue);
    let services = &hard.shop.t.services;
    let mut tx = services.db.tenant::<BillingRead>(&hard.owner, hard.tenant).await.unwrap();
    let told = invoices::get_of_tenant(&mut tx, hard.latest_invoice().await).await.unwrap().payments;
    assert_eq!(told[0].decline_code.as_deref(), Some("card_declined"), "the customer may be the thief");
    drop(tx);
    check_books(&hard, &simulator).await;
}

#[tokio::test]
async fn messages_that_come_twice_and_in_the_wrong_order_end_the_same() {
    for delivery in [Delivery::Doubled, Delivery::Reordered] {
        let (mut shop, simulator) = shop().await;
        let admin = Life::open(&mut shop, "2027-03-01T08:00:00Z").await;
        simulator.set_faults(Faults { delivery, ..Faults::default() });
        order_and_pay(&shop, &simulator, Card::Good).await;
        let outcomes = deliver(&shop, &simulator).await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Processed).count(), 1, "{delivery:?}: {outcomes:?}");
        let life = Life::of_buyer(shop, admin).await;
        life.until("2027-04-02T08:00:00Z").await;
        deliver(&life.shop, &simulator).await;
        assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
        check_books(&life, &simulator).await;
    }
}

#[tokio::test]
async fn a_payment_whose_messages_were_lost_is_found_in_the_providers_list() {
    let (mut shop, simulator) = shop().await;
    let admin = Life::open(&mut shop, "2027-03-01T08:00:00Z").await;
    simulator.set_faults(Faults { delivery: Delivery::Lost, ..Faults::default() });
    order_and_pay(&shop, &simulator, Card::Good).await;
    assert!(deliver(&shop, &simulator).await.is_empty());
    for _ in 0..3 {
        shop.t.clock.advance(chrono::Duration::minutes(5));
        engine::reconcile::run_due(&shop.t.services).await.unwrap();
    }
    assert_eq!(shop.text("select status from checkout_sessions").await, "PAID");
    let life = Life::of_buyer(shop, admin).await;
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn while_the_provider_is_down_nothing_is_lost_and_nothing_is_taken_twice() {
    let (life, simulator) = life(Card::Good).await;
    life.until("2027-03-31T08:00:00Z").await;
    simulator.set_faults(Faults { is_down: true, ..Faults::default() });
    life.until("2027-04-02T20:00:00Z").await;
    assert_eq!(view(&life).await.payments[0].status, PaymentStatus::Pending);
    assert_eq!(life.status().await, SubscriptionStatus::Active, "nobody is called overdue for it");
    // Then the money is taken, and the answer is lost.
    simulator.set_faults(Faults { lost_answers: 1, ..Faults::default() });
    life.until("2027-04-04T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    assert_eq!(simulator.objects("payment_intent").len(), 2);
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_message_is_not_believed_but_asked_about() {
    let (shop, simulator) = shop().await;
    let services = &shop.t.services;
    let session = checkout::start(services, services.db.public(Actor::Visitor).await.unwrap(), anna()).await.unwrap();
    let id = session.payment_url.rsplit('/').next().unwrap();
    let say = async |event: &str, id: &str| {
        let body = serde_json::json!({"id": event, "object": "event", "type": "checkout.session.completed", "livemode": false, "data": {"object": {
            "id": id, "object": "checkout.session", "payment_status": "paid", "status": "complete", "client_reference_id": "whatever"}}});
        let body = body.to_string().into_bytes();
        let header = signature::sign(WEBHOOK_SECRET, &body, services.now().timestamp());
        checkout::receive(services, &body, Some(&header)).await.unwrap();
        checkout::process(services, event).await.unwrap()
    };
    assert!(matches!(say("evt_not_paid", id).await, Outcome::Ignored(_)), "the page is not paid");
    assert!(matches!(say("evt_unknown", "cs_test_made_up").await, Outcome::Refused(_)), "there is no such page");
    assert_eq!(shop.text("select status from checkout_sessions").await, "OPEN");
    pay(&simulator, &session.payment_url, Card::Good);
    assert_eq!(say("evt_paid", id).await, Outcome::Processed);
}

#[tokio::test]
async fn staff_refund_a_credit_note_to_the_card_once_and_what_comes_back_is_credit_again() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    let platform = async || services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    let shown = async |note| {
        let mut tx = services.db.system("test").await.unwrap();
        refunds(services, &mut tx, note).await.unwrap()
    };
    let credit = async || ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap();
    let note = invoices::credit(services, platform().await, life.latest_invoice().await, "4.00", "A day offline.").await.unwrap();
    let before = shown(note).await;
    assert_eq!((before.refundable.map(|money| money.minor), credit().await[0].minor), (Some(476), 476));
    let wrong = refund(services, platform().await, note, "CN-1").await.unwrap_err().into_api();
    assert_eq!(wrong.fields[0].field, "confirm_name");
    refund(services, platform().await, note, &before.number).await.unwrap();
    assert!(refund(services, platform().await, note, &before.number).await.is_err(), "nothing is left");
    let after = shown(note).await;
    assert_eq!((after.refundable, after.refunds[0].status, after.refunds[0].amount.minor), (None, RefundStatus::Succeeded, 476));
    assert!(credit().await.is_empty(), "not on the account, too");
    let theirs = simulator.objects("refund");
    assert_eq!((theirs.len(), &theirs[0]["amount"]), (1, &serde_json::json!(476)));
    let mail = "select recipient || ' ' || subject from outgoing_mail where template = 'refund_succeeded'";
    assert!(life.shop.text(mail).await.starts_with("anna@bakery.example ") && life.shop.text(mail).await.contains("€4.76"));
    life.check_books().await;

    simulator.fail_refund(theirs[0]["id"].as_str().unwrap());
    deliver(&life.shop, &simulator).await;
    deliver(&life.shop, &simulator).await;
    assert_eq!((shown(note).await.refunds[0].status, credit().await[0].minor), (RefundStatus::Failed, 476));
    assert_eq!(life.shop.number("select count(*) from ledger_entries where kind = 'REFUND'").await, 2);
    let mail = "select string_agg(recipient || ' ' || body_text, '') from outgoing_mail where template = 'refund_failed'";
    let told = life.shop.text(mail).await;
    assert!(told.starts_with("admin@hosting.example ") && told.contains("expired or canceled card") && told.contains("/admin/invoices/"), "{told}");
    life.check_books().await;

    // It can be tried again, with the credit that came back.
    assert_eq!(shown(note).await.refundable.map(|money| money.minor), Some(476));
    refund(services, platform().await, note, &before.number).await.unwrap();
    let again = shown(note).await;
    assert_eq!((again.refundable, again.refunds[0].status, again.refunds.len()), (None, RefundStatus::Succeeded, 2));
    assert!(credit().await.is_empty(), "not on the account, too");
    life.check_books().await;
}

#[tokio::test]
async fn what_stripe_does_not_take_is_carried_and_charged_with_the_next_invoice() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    life.until("2027-03-26T08:00:00Z").await;
    let (small, platform) = (life.latest_invoice().await, services.db.platform::<BillingManage>(&life.admin).await.unwrap());
    invoices::credit(services, platform, small, "8.75", "Nearly all of it.").await.unwrap();
    assert_eq!(view(&life).await.invoice.open.minor, 30);
    let page = open_payment_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), small).await;
    assert!(page.unwrap_err().to_string().contains("too small"));
    life.until("2027-04-20T08:00:00Z").await;
    assert_eq!((simulator.objects("payment_intent").len(), life.status().await), (1, SubscriptionStatus::Active), "nobody is overdue for it");
    life.until("2027-05-02T08:00:00Z").await;
    assert_eq!(simulator.objects("payment_intent")[0]["amount"], 1071 + 30);
    assert_eq!(life.shop.number("select count(*) from invoices where status = 'OPEN'").await, 0);
    assert_eq!(life.shop.number("select coalesce(sum(excess), 0)::bigint from payments").await, 0, "it was no payment too many");
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn a_dispute_suspends_nothing_is_not_refunded_as_well_and_is_told_to_staff() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    let payment = simulator.objects("payment_intent")[0]["id"].as_str().unwrap().to_owned();
    let dispute = simulator.dispute(&payment).unwrap();
    simulator.set_faults(Faults { delivery: Delivery::Doubled, ..Faults::default() });
    deliver(&life.shop, &simulator).await;
    let told = "select string_agg(d.status || ' ' || d.reason || ' ' || i.number, ', ') from disputes d
                  join payments p on p.id = d.payment_id join invoices i on i.id = p.invoice_id";
    assert!(life.shop.text(told).await.starts_with("OPEN fraudulent INV-2027-"));
    assert_eq!(life.status().await, SubscriptionStatus::Active);
    let platform = services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    let note = invoices::credit(services, platform, life.latest_invoice().await, "4.00", "A day offline.").await.unwrap();
    let mut tx = services.db.system("test").await.unwrap();
    assert_eq!(refunds(services, &mut tx, note).await.unwrap().refundable, None, "the bank takes it back already");
    drop(tx);
    simulator.decide_dispute(&dispute, false);
    deliver(&life.shop, &simulator).await;
    assert!(life.shop.text(told).await.starts_with("LOST fraudulent"));
    let audit = "select string_agg(action, ' ' order by id) from audit_events where action like 'DISPUTE%'";
    assert_eq!(life.shop.text(audit).await, "DISPUTE_OPENED DISPUTE_CLOSED");
}

#[tokio::test]
async fn a_card_is_added_on_stripes_page_without_a_payment_and_charged_from_then_on() {
    let (life, simulator) = life(Card::Empty).await;
    let services = &life.shop.t.services;
    let manage = async || services.db.tenant::<BillingManage>(&life.owner, life.tenant).await.unwrap();
    let cards = async || {
        let mut tx = services.db.tenant::<BillingRead>(&life.owner, life.tenant).await.unwrap();
        let found = list(services, &mut tx).await.unwrap();
        assert!(found.can_add);
        found.methods.iter().map(|card| (card.last4.clone(), card.is_default)).collect::<Vec<_>>()
    };
    life.until("2027-04-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    assert_eq!((life.status().await, cards().await), (SubscriptionStatus::PastDue, vec![("0341".to_owned(), true)]));

    let url = open_card_page(services, manage().await).await.unwrap();
    assert!(simulator.pay(url.rsplit('/').next().unwrap(), Card::Refused).is_err());
    deliver(&life.shop, &simulator).await;
    assert_eq!(cards().await.len(), 1, "a card that was declined is not saved");
    let payments = life.shop.number("select count(*) from payments").await;
    // The message arrives twice.
    simulator.set_faults(Faults { delivery: Delivery::Doubled, ..Faults::default() });
    pay(&simulator, &url, Card::Good);
    let outcomes = deliver(&life.shop, &simulator).await;
    simulator.set_faults(Faults::default());
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Processed).count(), 1, "{outcomes:?}");
    assert_eq!(cards().await, [("4242".to_owned(), true), ("0341".to_owned(), false)]);
    assert_eq!(life.shop.number("select count(*) from payments").await, payments, "nothing was paid");
    let customers = simulator.objects("payment_method").iter().map(|method| method["customer"].clone()).collect::<std::collections::HashSet<_>>();
    assert_eq!(customers.len(), 1, "the same customer at Stripe");

    // The attempts go through the cards in turn: the one after the next is for the new card.
    life.until("2027-04-06T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    assert_eq!((life.status().await, life.invoices().await[1].as_str()), (SubscriptionStatus::Active, "INV2 PAID 1071"));

    // Its message is lost, and fetched; the bank wants it confirmed.
    simulator.set_faults(Faults { delivery: Delivery::Lost, ..Faults::default() });
    let url = open_card_page(services, manage().await).await.unwrap();
    pay(&simulator, &url, Card::Challenge);
    assert_eq!(deliver(&life.shop, &simulator).await, []);
    life.until("2027-04-08T08:00:00Z").await;
    assert_eq!(cards().await[0], ("3184".to_owned(), true));
    let events = "select string_agg(action, ' ' order by seq) from audit_events where action like 'PAYMENT_METHOD_%' and tenant_id is not null";
    assert!(life.shop.text(events).await.ends_with("PAYMENT_METHOD_STARTED PAYMENT_METHOD_ADDED"));
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn stripe_is_told_who_an_account_is_and_of_every_change_once() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    let told = || simulator.calls().iter().filter(|(method, path, _)| method == "POST" && path.starts_with("/v1/customers/")).count();
    life.until("2027-03-03T08:00:00Z").await;
    let customer = simulator.objects("customer").remove(0);
    assert_eq!((&customer["name"], &customer["metadata"]["tenant"]), (&"Anna's Bakery".into(), &life.tenant.to_string().into()));
    assert_eq!(told(), 1, "not again while nothing changes");
    let change = model::billing::profiles::ProfileInput {
        name: "Bakery Ltd".to_owned(),
        address: "Main Street 1\n10115 Berlin".to_owned(),
        country: "DE".to_owned(),
        vat_number: String::new(),
        contacts: "books@bakery.example".to_owned(),
    };
    crate::profiles::save_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), &change).await.unwrap();
    simulator.set_faults(Faults { is_down: true, ..Faults::default() });
    life.look().await;
    simulator.set_faults(Faults::default());
    life.until("2027-03-04T08:00:00Z").await;
    let customer = simulator.objects("customer").remove(0);
    assert_eq!((&customer["name"], &customer["email"]), (&"Bakery Ltd".into(), &"books@bakery.example".into()));
    assert_eq!((&customer["address"]["line1"], &customer["address"]["line2"]), (&"Main Street 1".into(), &"10115 Berlin".into()));
    assert_eq!(told(), 2);
}

/// A plan that is sold in this currency, to somebody who pays no tax.
async fn order_in(shop: &Shop, currency: &str, monthly: &str, email: &str) -> model::billing::checkout::CheckoutSession {
    let plan = crate::products::static_plan();
    let code = format!("plan-{}", currency.to_lowercase());
    let product = model::billing::products::ProductInput {
        code: code.clone(),
        monthly: monthly.to_owned(),
        yearly: String::new(),
        currency: currency.to_owned(),
        ..plan
    };
    let services = &shop.t.services;
    crate::products::ensure(services, product).await.unwrap();
    let input =
        model::billing::checkout::CheckoutInput { plan_code: code, country: "JP".to_owned(), email: email.to_owned(), domain: None, ..anna() };
    checkout::start(services, services.db.public(Actor::Visitor).await.unwrap(), input).await.unwrap()
}

#[tokio::test]
async fn what_the_provider_cannot_take_of_an_order_is_carried_to_the_next_invoice() {
    // Three decimals: tens only.
    let (mut shop, simulator) = shop().await;
    let admin = Life::open(&mut shop, "2027-03-01T08:00:00Z").await;
    let session = order_in(&shop, "KWD", "1.005", "anna@example.com").await;
    pay(&simulator, &session.payment_url, Card::Good);
    deliver(&shop, &simulator).await;
    let life = Life::of_buyer(shop, admin).await;
    assert_eq!(life.invoices().await, ["INV1 OPEN 1005"], "0.005 is carried");
    life.until("2027-04-01T09:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    // The card is from the EU, so the renewal is taxed there: 1.216 and the 0.005, of which 1.220 are taken.
    assert_eq!(life.invoices().await, ["INV1 OPEN 1005", "INV2 PAID 1216"], "0.001 is carried on");
    assert_eq!(simulator.objects("payment_intent")[0]["amount_received"], 1220);
    assert_eq!(life.status().await, SubscriptionStatus::Active);
    check_books(&life, &simulator).await;
    // Too little for a card: all of it.
    let (mut shop, simulator) = self::shop().await;
    let admin = Life::open(&mut shop, "2027-03-01T08:00:00Z").await;
    let session = order_in(&shop, "JPY", "35", "bob@example.com").await;
    assert!(session.payment_url.contains("/checkout/result/"), "{}", session.payment_url);
    let life = Life::of_buyer(shop, admin).await;
    life.until("2027-03-20T08:00:00Z").await;
    assert_eq!((life.invoices().await, life.status().await), (vec!["INV1 OPEN 35".to_owned()], SubscriptionStatus::Active));
    assert_eq!(simulator.objects("payment_intent").len(), 0);
    check_books(&life, &simulator).await;
}

#[tokio::test]
async fn the_stand_in_answers_late_while_it_is_told_to() {
    let (_shop, simulator) = shop().await;
    let http = reqwest::Client::new();
    let told = async |word: &str| http.post(format!("{}/simulator/{word}", simulator.url())).send().await.unwrap().status().as_u16();
    let asked = || http.get(format!("{}/v1/payment_intents?limit=1", simulator.url())).bearer_auth(KEY).send();
    assert_eq!(told("slow").await, 204);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), asked()).await.is_err());
    assert_eq!(told("quick").await, 204);
    assert!(asked().await.is_ok());
    assert_eq!(told("askew").await, 404);
}
