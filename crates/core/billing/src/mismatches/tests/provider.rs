//! Payments at the provider of which no message came.

use super::*;
use crate::payments::tests::shaky_shop;
use adapters::payments::{PaymentReference, Payments, sandbox::SandboxPayment};
use db::Caller;
use model::{billing::checkout::SandboxChoice, ids::PaymentSessionId};

/// Paid on the sandbox's page. Its webhook reaches nobody here: the message is lost.
async fn pay(shop: &Shop, reference: PaymentReference, total: Money) {
    let provider = shop.t.services.part::<dyn Payments>();
    let lost = provider.sandbox().unwrap().decide(&SandboxPayment { reference, total }, SandboxChoice::Approve).await;
    assert!(lost.is_err(), "nobody was told");
}

/// Books a payment, as staff who may.
async fn book(shop: &Shop, staff: &Caller, payment_ref: &str, invoice_number: &str) -> Result<()> {
    book_payment(&shop.t.services, shop.t.services.db.platform(staff).await.unwrap(), payment_ref, invoice_number).await
}

#[tokio::test]
async fn an_order_that_was_paid_and_never_told_of_is_found_and_booked() {
    let shop = Shop::open().await;
    let staff = shop.t.db.user("books@hosting.example", Some("PLATFORM_BILLING")).await;
    let order = shop.start(anna()).await;
    let total = Money::new(shop.number("select total from checkout_sessions").await, Currency::Eur);
    pay(&shop, PaymentReference::Checkout(order.id), total).await;
    pass(&shop).await;
    assert_eq!(listed(&shop).await, [], "its message may be on its way");
    let row = only(within_five_minutes(&shop).await, MismatchKind::PaymentWithoutInvoice);
    assert_eq!((row.amount, row.tenant, row.cycle), (total, None, None));
    assert_eq!(sum_up(&shop).await.unmatched.money, [total]);
    book(&shop, &staff, &row.subject, "").await.unwrap();
    assert_eq!((listed(&shop).await, shop.number("select count(*) from invoices where status = 'PAID'").await), (vec![], 1));
    assert!(book(&shop, &staff, &row.subject, "").await.is_err(), "once");
    assert_eq!(within_five_minutes(&shop).await, [], "it is on its invoice, and the pod is being provisioned");
}

#[tokio::test]
async fn a_payment_of_an_invoice_goes_to_it_or_to_the_invoice_that_is_named() {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    // The sandbox has a clock of its own.
    sqlx::query("update mismatch_scans set payments_at = now() - interval '1 day'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    let services = &life.shop.t.services;
    let invoice = life.latest_invoice().await;
    let tx = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    let url = crate::payments::open_payment_page(services, tx, invoice).await.unwrap();
    let page: PaymentSessionId = url.split("/pay/invoice/").nth(1).unwrap().split('?').next().unwrap().parse().unwrap();
    pay(&life.shop, PaymentReference::Invoice(page), Money::new(1071, Currency::Eur)).await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaymentWithoutInvoice);
    assert_eq!((row.tenant, row.invoice), (Some(life.tenant), Some(invoice)));
    let unknown = book(&life.shop, &life.admin, &row.subject, "INV-1").await.unwrap_err();
    assert!(format!("{unknown:?}").contains("No invoice has this number."), "{unknown:?}");
    book(&life.shop, &life.admin, &row.subject, "").await.unwrap();
    assert_eq!(life.invoices().await.last().map(String::as_str), Some("INV2 PAID 1071"));
    // A stranger's payment belongs to nothing until somebody says to what.
    let stranger = PaymentReference::Invoice(PaymentSessionId(Uuid::now_v7()));
    sqlx::query("update mismatch_scans set payments_at = now() - interval '1 day'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    pay(&life.shop, stranger, Money::new(500, Currency::Eur)).await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaymentWithoutInvoice);
    assert!(book(&life.shop, &life.admin, &row.subject, "").await.is_err(), "its page is not ours");
    let number = life.shop.text("select number from invoices order by issued_at desc, id desc limit 1").await;
    book(&life.shop, &life.admin, &row.subject, &number).await.unwrap();
    assert_eq!(listed(&life.shop).await, []);
    assert_eq!(
        life.shop.number("select -sum(amount)::bigint from ledger_entries where kind = 'PAYMENT'").await,
        2 * 1071 + 500,
        "too much is credit"
    );
    life.check_books().await;
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_is_settled_when_it_is_booked_and_the_subscription_goes_on() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, DAY, "good").await;
    life.until("2027-03-31T08:00:00Z").await;
    *shaky.lost.lock().unwrap() = usize::MAX;
    life.until("2027-04-01T08:00:00Z").await;
    let statuses = "select string_agg(status, ' ' order by created_at) from payments";
    assert_eq!(life.shop.text(statuses).await, "SUCCEEDED PENDING");
    look_back(&life).await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaymentWithoutInvoice);
    let first = life.shop.text("select number from invoices order by id limit 1").await;
    assert!(book(&life.shop, &life.admin, &row.subject, &first).await.is_err(), "it was charged for the other one");
    let number = life.shop.text("select number from invoices order by id desc limit 1").await;
    book(&life.shop, &life.admin, &row.subject, &number).await.unwrap();
    assert_eq!((life.shop.text(statuses).await.as_str(), listed(&life.shop).await), ("SUCCEEDED SUCCEEDED", vec![]));
    *shaky.lost.lock().unwrap() = 0;
    life.until("2027-05-02T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"]);
    life.check_books().await;
}

/// The sandbox has a clock of its own: what it has taken is looked at again.
async fn look_back(life: &Life) {
    sqlx::query("update mismatch_scans set payments_at = now() - interval '1 day'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
}

#[tokio::test]
async fn what_was_refunded_at_the_provider_is_neither_listed_nor_booked() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    let number = life.shop.text("select number from invoices order by id desc limit 1").await;
    let stranger = async |minor| {
        let payment =
            SandboxPayment { reference: PaymentReference::Invoice(PaymentSessionId(Uuid::now_v7())), total: Money::new(minor, Currency::Eur) };
        shaky.sandbox.decide(&payment, SandboxChoice::Approve).await.expect_err("nobody was told");
        look_back(&life).await;
    };
    let refunded = |minor| *shaky.refunded.lock().unwrap() = minor;
    stranger(500).await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaymentWithoutInvoice);
    refunded(500);
    let refused = book(&life.shop, &life.admin, &row.subject, &number).await.unwrap_err();
    assert!(refused.to_string().contains("was refunded"), "{refused}");
    look_back(&life).await;
    assert_eq!(within_five_minutes(&life.shop).await, [], "nor is it found again");
    stranger(700).await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaymentWithoutInvoice);
    refunded(700);
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, [], "it was given back since");
    refunded(300);
    look_back(&life).await;
    let rows = within_five_minutes(&life.shop).await;
    assert!(rows.iter().any(|found| found.subject == row.subject), "a part is left");
    book(&life.shop, &life.admin, &row.subject, &number).await.unwrap();
    assert_eq!(life.shop.number("select -sum(amount)::bigint from ledger_entries where kind = 'PAYMENT'").await, 1071 + 400);
    life.check_books().await;
}
