//! Disputes that the bank decides for the cardholder.

use super::{
    charge_changed, dispute_changed,
    stripe_tests::{deliver, life},
};
use crate::{checkout::Outcome, invoices, ledger, subscriptions::tests::life::Life};
use adapters::payments::{Charge, Dispute};
use model::{
    billing::{
        payments::{DisputeStatus, LostDispute},
        subscriptions::SubscriptionStatus,
    },
    money::{Currency, Money},
    permission::BillingManage,
};
use stripe_simulator::{Card, Delivery, Faults, Simulator};

fn newest_payment(simulator: &Simulator) -> String {
    simulator.objects("payment_intent")[0]["id"].as_str().unwrap().to_owned()
}

/// The newest payment is disputed, and lost. Each message comes twice.
async fn lose(life: &Life, simulator: &Simulator) {
    simulator.set_faults(Faults { delivery: Delivery::Doubled, ..Faults::default() });
    let dispute = simulator.dispute(&newest_payment(simulator)).unwrap();
    deliver(&life.shop, simulator).await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"], "nothing is booked before it is decided");
    simulator.decide_dispute(&dispute, false);
    assert!(!deliver(&life.shop, simulator).await.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))));
    simulator.set_faults(Faults::default());
}

async fn payments(life: &Life) -> String {
    life.shop.text("select string_agg(status, ' ' order by created_at, id) from payments").await
}

#[tokio::test]
async fn a_payment_that_is_lost_to_a_dispute_is_taken_back_once_and_written_off() {
    let (life, simulator) = life(Card::Good).await;
    lose(&life, &simulator).await;
    assert_eq!((life.invoices().await, payments(&life).await.as_str()), (vec!["INV1 WRITTEN_OFF 1071".to_owned()], "RETURNED"));
    assert_eq!(life.shop.number("select sum(amount)::bigint from ledger_entries").await, 0, "nothing is owed and nothing is credit");
    let entries = "select string_agg(kind || ' ' || amount, ', ' order by kind) from ledger_entries";
    assert_eq!(life.shop.text(entries).await, "CHARGE 1071, PAYMENT -1071, RETURN 1071, WRITE_OFF -1071");
    let told = "select string_agg(action, ' ' order by action) from audit_events
                 where action in ('DISPUTE_OPENED', 'DISPUTE_CLOSED', 'PAYMENT_RETURNED', 'INVOICE_WRITTEN_OFF')";
    assert_eq!(life.shop.text(told).await, "DISPUTE_CLOSED DISPUTE_OPENED INVOICE_WRITTEN_OFF PAYMENT_RETURNED");
    life.check_books().await;
    life.until("2027-04-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    assert_eq!(life.invoices().await, ["INV1 WRITTEN_OFF 1071", "INV2 PAID 1071"], "the subscription goes on, and the lost one is not charged again");
    assert_eq!(life.status().await, SubscriptionStatus::Active);
    life.check_books().await;
}

#[tokio::test]
async fn credit_that_was_given_for_a_lost_payment_is_used_before_anything_is_written_off() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    simulator.set_faults(Faults { delivery: Delivery::Doubled, ..Faults::default() });
    let dispute = simulator.dispute(&newest_payment(&simulator)).unwrap();
    let manager = services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    invoices::credit(services, manager, life.latest_invoice().await, "4.00", "A day offline.").await.unwrap();
    simulator.decide_dispute(&dispute, false);
    deliver(&life.shop, &simulator).await;
    assert_eq!(life.shop.number("select amount from ledger_entries where kind = 'WRITE_OFF'").await, -595, "10.71 less 4.76");
    let credit = ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap();
    assert_eq!(credit, []);
    life.check_books().await;
}

#[tokio::test]
async fn a_lost_payment_is_charged_again_where_the_operator_wants_that() {
    let (mut life, simulator) = life(Card::Good).await;
    life.shop.change(|settings| settings.lost_dispute = LostDispute::Reopen);
    lose(&life, &simulator).await;
    assert_eq!((life.invoices().await, payments(&life).await.as_str()), (vec!["INV1 OPEN 1071".to_owned()], "RETURNED"));
    life.check_books().await;
    life.until("2027-03-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    assert_eq!((life.invoices().await, payments(&life).await.as_str()), (vec!["INV1 PAID 1071".to_owned()], "RETURNED SUCCEEDED"));
    life.check_books().await;
}

/// The charge of a renewal, whose messages come in whatever order.
#[tokio::test]
async fn a_message_that_a_lost_payment_was_received_comes_too_late() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    life.until("2027-04-02T08:00:00Z").await;
    deliver(&life.shop, &simulator).await;
    let payment = newest_payment(&simulator);
    let dispute = simulator.dispute(&payment).unwrap();
    simulator.decide_dispute(&dispute, false);
    deliver(&life.shop, &simulator).await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 WRITTEN_OFF 1071"]);
    let key = format!("{}-1", life.latest_invoice().await);
    let mut tx = services.db.system("test").await.unwrap();
    charge_changed(services, &mut tx, "stripe", &key, Charge::Succeeded { provider_ref: payment }, None).await.unwrap().unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(payments(&life).await, "SUCCEEDED RETURNED");
    life.check_books().await;
}

/// Nobody can say which part of the invoice it was.
#[tokio::test]
async fn a_part_of_a_payment_that_is_lost_is_left_to_staff() {
    let (life, simulator) = life(Card::Good).await;
    let services = &life.shop.t.services;
    let dispute = Dispute {
        provider_ref: "dp_part".to_owned(),
        payment_ref: newest_payment(&simulator),
        amount: Money::new(500, Currency::Eur),
        reason: "fraudulent".to_owned(),
        status: DisputeStatus::Lost,
        respond_by: None,
    };
    let mut tx = services.db.system("test").await.unwrap();
    let why = dispute_changed(services, &mut tx, "stripe", &dispute).await.unwrap().unwrap_err();
    tx.commit_progress().await.unwrap();
    assert!(why.contains("dp_part") && why.contains("not booked"), "{why}");
    assert_eq!((life.invoices().await, payments(&life).await.as_str()), (vec!["INV1 PAID 1071".to_owned()], "SUCCEEDED"));
    assert_eq!(life.shop.text("select status from disputes").await, "LOST");
    life.check_books().await;
}
