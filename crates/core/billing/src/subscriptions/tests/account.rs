//! What the suspension of an account does to its renewals: nothing, whatever the reason. What is overdue keeps a subscription from being renewed.

use super::life::Life;
use core_hosting::suspensions::{suspend_account, unsuspend_account};
use model::{billing::subscriptions::SubscriptionStatus, hosting::suspensions::SuspensionReason};

/// The account is suspended for this reason, and its CloudPod is offline.
async fn suspended(card: &str, reason: SuspensionReason) -> Life {
    let life = Life::begin("2027-03-01T08:00:00Z", card).await;
    let services = &life.shop.t.services;
    suspend_account(services, services.db.platform(&life.admin).await.unwrap(), life.tenant, reason).await.unwrap();
    life.look().await;
    assert_eq!(life.visit().await, 503);
    life
}

#[tokio::test]
async fn a_suspended_account_renews_as_usual() {
    let life = suspended("good", SuspensionReason::Abuse).await;
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let subscription = life.detail().await.subscription;
    assert_eq!((subscription.status, subscription.renews_at.to_rfc3339().as_str()), (SubscriptionStatus::Active, "2027-05-01T08:00:00+00:00"));
    assert_eq!(life.visit().await, 503, "a payment lifts no suspension that staff gave");
    let services = &life.shop.t.services;
    unsuspend_account(services, services.db.platform(&life.admin).await.unwrap(), life.tenant).await.unwrap();
    life.look().await;
    assert_eq!(life.visit().await, 200);
    life.check_books().await;
}

#[tokio::test]
async fn an_account_that_is_suspended_for_non_payment_is_not_renewed_while_an_invoice_is_overdue() {
    let life = suspended("empty", SuspensionReason::NonPayment).await;
    // The second period has ended, and the third would have been invoiced a week before.
    life.until("2027-05-02T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"]);
    let subscription = life.detail().await.subscription;
    assert_eq!((subscription.status, subscription.renews_at.to_rfc3339().as_str()), (SubscriptionStatus::Suspended, "2027-05-01T08:00:00+00:00"));
    // Paid, it goes on, and its CloudPod waits for the account.
    let invoice = life.latest_invoice().await;
    life.pay(invoice, "good").await;
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 503));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"], "the period that began is charged at once");
    life.check_books().await;
}
