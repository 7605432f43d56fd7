//! A renewal that is not paid, from outside: page, payment, webhook, and back in order.

use crate::{
    panel::eventually,
    seed::{after, text, used_with},
};
use serde_json::json;

#[tokio::test]
async fn an_overdue_invoice_is_paid_on_the_payment_page_and_the_subscription_is_in_order_again() {
    let used = used_with(&[], |installation| {
        installation.set("MPANEL_SELLER__BANK__HOLDER", "Example Hosting");
        installation.set("MPANEL_SELLER__BANK__IBAN", "nl91 abna 0417 1643 00");
    })
    .await;
    let (customer, anna) = (&used.seed.anna, used.anna());
    let mine = json!({ "slug": customer.slug, "id": customer.subscription });
    let subscription = async || anna.must("/api/tenant/billing/subscriptions/get", mine.clone()).await;
    anna.must("/api/tenant/billing/payment_methods/remove", json!({ "slug": customer.slug, "id": customer.card })).await;
    // A month later.
    used.sql("update subscriptions set anchor = anchor - interval '31 days', period_start = period_start - interval '31 days', renews_at = now() - interval '1 minute'").await;
    used.sql("update reconciliations set due_at = now() where name = 'subscription_billing' and worker is null").await;
    let overdue = eventually("it is overdue", async || {
        let found = subscription().await;
        (found["subscription"]["status"] == "PAST_DUE").then_some(found)
    })
    .await;
    let invoice = text(&overdue["invoices"][0]["id"]);
    assert_eq!((&overdue["invoices"][0]["status"], &overdue["invoices"][0]["open"]["minor"]), (&json!("OPEN"), &json!(1089)));
    let page = anna.get(&format!("/t/{}/subscriptions/{}", customer.slug, customer.subscription)).await;
    assert!(page.status == 200 && page.text.contains("is overdue") && page.text.contains("Open invoice"), "{page:?}");

    let document = async || anna.get(&format!("/t/{}/invoices/{invoice}", customer.slug)).await.text;
    let shown = document().await;
    assert!(shown.contains("Pay by bank transfer") && shown.contains("NL91 ABNA 0417 1643 00"), "{shown}");

    let url = text(&anna.must("/api/tenant/billing/invoices/pay", json!({ "slug": customer.slug, "id": invoice })).await);
    let (id, token) = (after(&url, "/pay/invoice/"), after(&url, "token="));
    let stranger = used.stranger();
    let page = stranger.get(&format!("/pay/invoice/{id}?token={token}")).await;
    assert!(page.status == 200 && page.text.contains("Pay €10.89"), "{page:?}");
    let without = stranger.call("/api/public/payments/page", &json!({ "id": id, "token": "made up" })).await;
    assert_eq!(without.status, 404, "the token is the key");
    let decide = json!({ "id": id, "token": token, "choice": "approve" });
    assert_eq!(stranger.must("/api/public/payments/sandbox_decide", decide.clone()).await, json!(format!("/t/{}/invoices/{invoice}", customer.slug)));
    let settled = eventually("it is paid", async || {
        let found = subscription().await;
        (found["subscription"]["status"] == "ACTIVE").then_some(found)
    })
    .await;
    assert_eq!(settled["invoices"][0]["status"], "PAID");
    assert!(!document().await.contains("Pay by bank transfer"), "nothing is to be transferred");
    assert_eq!(stranger.call("/api/public/payments/sandbox_decide", &decide).await.status, 409, "a page is paid once");
    eventually("the card is saved", async || {
        let found = anna.must("/api/tenant/billing/payment_methods/list", json!({ "slug": customer.slug })).await;
        (found["methods"][0]["last4"] == "4242").then_some(())
    })
    .await;
}
