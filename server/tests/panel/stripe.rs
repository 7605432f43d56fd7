//! A purchase that is paid at Stripe, or rather at its stand-in, from outside.

use crate::{
    client::Visitor,
    panel::{Installation, eventually},
    seed::{after, order, text},
};
use serde_json::json;

#[tokio::test]
async fn a_purchase_is_paid_on_stripes_page_and_its_webhook_carries_the_order_out() {
    let mut installation = Installation::new();
    installation.unset("MPANEL_PAYMENTS__PROVIDER");
    let mut process = installation.start(&["demo", "--payments", "stripe-simulator"]);
    let visitor = Visitor::new(installation.port);
    eventually("the demo is ready", async || {
        process.assert_runs();
        visitor.request("GET", "/readyz").send().await.ok().filter(|answer| answer.status() == 200).map(drop)
    })
    .await;
    let session = visitor.must("/api/public/checkout/session", order("wordpress", "anna@example.com")).await;
    let (page, id) = (text(&session["paymentUrl"]), text(&session["checkoutSessionId"]));
    assert!(page.contains("/c/pay/cs_test_"), "{page}");
    let shown = visitor.send(reqwest::Client::new().get(&page)).await;
    assert!(shown.status == 200 && shown.text.contains("€10.89"), "{shown:?}");
    let paid = visitor.send(no_redirect().post(&page).form(&[("card", "4242424242424242")])).await;
    assert_eq!(paid.status, 303);
    let token = after(paid.header("location"), "follow=");
    eventually("the order is paid", async || {
        let view = visitor.must("/api/public/checkout/result", json!({ "id": id, "token": token })).await;
        (view["status"] == "PAID").then_some(())
    })
    .await;
    assert!(process.stop().await.success());
}

fn no_redirect() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}
