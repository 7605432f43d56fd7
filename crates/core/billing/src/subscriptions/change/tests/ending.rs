//! Ending a subscription at once, and the credit for what of it is unused.

use super::{
    coupon::{half, with_coupon},
    *,
};
use crate::subscriptions::{ConfirmedCredit, cancel_now, cancel_now_with_credit, preview_end, preview_reactivation_of_tenant};
use model::billing::subscriptions::EndPreview;

async fn shown(life: &Life) -> EndPreview {
    let services = &life.shop.t.services;
    let mut tx = services.db.platform::<SubscriptionsRead>(&life.admin).await.unwrap();
    preview_end(services, &mut tx, life.subscription).await.unwrap()
}

async fn end_as(life: &Life, preview: &EndPreview) -> Result<()> {
    let services = &life.shop.t.services;
    let credit = Some(ConfirmedCredit { at: preview.at, total: preview.total.minor });
    let tx = services.db.platform(&life.admin).await.unwrap();
    cancel_now_with_credit(services, tx, life.subscription, "WordPress", credit).await
}

fn nets(preview: &EndPreview) -> Vec<i64> {
    preview.lines.iter().map(|line| line.net.minor).collect()
}

fn sums(preview: &EndPreview) -> (i64, i64, i64) {
    (preview.net.minor, preview.tax.minor, preview.total.minor)
}

async fn credit(life: &Life) -> Vec<i64> {
    let mut tx = life.shop.t.services.db.system("test").await.unwrap();
    ledger::credit_of(tx.conn(), life.tenant).await.unwrap().iter().map(|credit| credit.minor).collect()
}

async fn credit_note(life: &Life, net: &str) {
    let services = &life.shop.t.services;
    let tx = services.db.platform(&life.admin).await.unwrap();
    invoices::credit(services, tx, life.latest_invoice().await, net, "As agreed.").await.unwrap();
}

#[tokio::test]
async fn what_is_unused_to_the_second_becomes_credit_when_staff_choose_it() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.until("2027-03-11T10:17:23Z").await;
    let preview = shown(&life).await;
    // 1,806,157 of 2,678,400 seconds are left of 9.00: 6.0691 without tax, and 19 % of 6.07.
    assert_eq!((nets(&preview), sums(&preview)), (vec![-607], (-607, -115, -722)));
    assert_eq!(preview.data_kept_until.map(|until| until.to_rfc3339()).as_deref(), Some("2027-03-18T10:17:23+00:00"));
    end_as(&life, &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "CN-1 PAID -722"]);
    assert_eq!(credit(&life).await, [722]);
    life.look().await;
    assert_eq!((life.status().await, life.visit().await == 200), (SubscriptionStatus::Cancelled, false));
    // What was credited is not served again: it would have to be paid anew.
    let services = &life.shop.t.services;
    let tx = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let again = preview_reactivation_of_tenant(services, tx, life.subscription).await.unwrap();
    assert_eq!((again.total.minor, again.credit_used.minor, again.due.minor), (1071, 722, 349));
    life.check_books().await;
}

#[tokio::test]
async fn nothing_is_credited_unless_staff_choose_it() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-11T10:17:23Z").await;
    cancel_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, "WordPress").await.unwrap();
    life.look().await;
    assert_eq!((life.invoices().await, credit(&life).await), (vec!["INV1 PAID 1071".to_owned()], vec![]));
}

#[tokio::test]
async fn no_more_is_credited_than_was_paid_after_a_coupon_and_credit_notes() {
    let life = with_coupon(half("FOREVER", "")).await;
    life.until("2027-03-16T20:00:00Z").await;
    // 4.50 was paid for March, and half of it is left.
    let preview = shown(&life).await;
    assert_eq!((nets(&preview), sums(&preview)), (vec![-225], (-225, -43, -268)));
    // All but 1.00 was given back already, with 0.67 of 0.86 tax.
    credit_note(&life, "3.50").await;
    let preview = shown(&life).await;
    assert_eq!((nets(&preview), sums(&preview)), (vec![-225, 125], (-100, -19, -119)));
    assert_eq!(preview.lines[1].description, "Not paid or already credited");
    end_as(&life, &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 536", "CN-1 PAID -417", "CN-2 PAID -119"], "together what was paid, to the cent");
    assert_eq!(credit(&life).await, [536]);
    life.check_books().await;
}

#[tokio::test]
async fn what_was_not_paid_is_not_credited() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-03T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue);
    let preview = shown(&life).await;
    assert_eq!(sums(&preview), (0, 0, 0));
    assert_eq!(nets(&preview).iter().sum::<i64>(), 0, "{:?}", preview.lines);
    end_as(&life, &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"], "what was used is owed");
    life.check_books().await;
}

#[tokio::test]
async fn a_period_that_was_paid_ahead_is_credited_whole_with_the_rest_of_the_running_one() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.until("2027-03-28T08:00:00Z").await;
    let ahead = life.latest_invoice().await;
    life.pay(ahead, "good").await;
    life.look().await;
    // 4 of 31 days of March, and April.
    let preview = shown(&life).await;
    assert_eq!((nets(&preview), sums(&preview)), (vec![-116, -900], (-1016, -193, -1209)));
    end_as(&life, &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "CN-1 PAID -1071", "CN-2 PAID -138"]);
    assert_eq!(credit(&life).await, [1209]);
    life.check_books().await;
}

#[tokio::test]
async fn a_preview_of_an_end_that_is_old_or_no_longer_true_is_refused_and_nothing_ends() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let refused = async |preview: &EndPreview| {
        let error = end_as(&life, preview).await.unwrap_err().into_api();
        assert_eq!((error.code, error.message.contains("outdated")), (ErrorCode::Conflict, true), "{}", error.message);
    };
    let preview = shown(&life).await;
    refused(&EndPreview { total: Money::new(-1071, preview.total.currency), ..preview.clone() }).await;
    refused(&EndPreview { at: preview.at + Duration::minutes(1), ..preview.clone() }).await;
    // A minute later it is still the credit of its moment; after ten it is not.
    life.shop.t.clock.advance(Duration::minutes(10) + Duration::seconds(1));
    refused(&preview).await;
    let preview = shown(&life).await;
    credit_note(&life, "8.00").await;
    refused(&preview).await;
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "CN-1 PAID -952"]);
}

/// What is left of March's invoice was paid for the days before the year began.
#[tokio::test]
async fn what_the_bank_may_take_back_is_not_credited_from_an_older_invoice_either() {
    let life = with_larger_plan("good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-16T20:00:00Z").await;
    let yearly = ask(&life, "wordpress", BillingCycle::Yearly).await;
    agree(&life, "wordpress", &yearly).await.unwrap();
    life.until("2027-03-17T20:00:00Z").await;
    assert!(shown(&life).await.net.minor < -8000, "it was paid");
    let payment_ref = life.shop.text("select provider_ref from payments order by created_at desc, id desc limit 1").await;
    let dispute = adapters::payments::Dispute {
        provider_ref: "dp_1".to_owned(),
        payment_ref,
        amount: yearly.due,
        reason: "fraudulent".to_owned(),
        status: DisputeStatus::Open,
        respond_by: None,
    };
    let mut tx = services.db.system("test").await.unwrap();
    crate::payments::dispute_changed(services, &mut tx, "sandbox", &dispute).await.unwrap().unwrap();
    tx.commit_progress().await.unwrap();
    let preview = shown(&life).await;
    assert_eq!((sums(&preview), nets(&preview).iter().sum::<i64>()), ((0, 0, 0), 0), "{:?}", preview.lines);
}
