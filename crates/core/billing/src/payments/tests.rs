use super::*;
use crate::{
    checkout::{Outcome, tests::Shop},
    invoices,
    subscriptions::tests::life::Life,
};
use adapters::payments::{
    Charge, ChargeRequest, EventUnread, PaymentPage, PaymentRequest, Payments, PaymentsUnavailable, ProviderEvent, Refund, RefundRequest,
    SavedMethod, SentEvents, TakenPayments, WebhookRefused, sandbox::Sandbox,
};
use engine::testing::WEBHOOK_SECRET;
use model::{
    billing::{
        invoices::{InvoiceStatus, InvoiceView},
        payments::PaymentMethodStatus,
        subscriptions::SubscriptionStatus,
    },
    permission::BillingManage,
};
use std::sync::{Arc, Mutex};

/// The sandbox behind a line that fails: some answers to charges are lost, although the money was taken.
pub(crate) struct Shaky {
    pub sandbox: Sandbox,
    /// Charges whose answers are still to be lost.
    pub lost: Mutex<usize>,
    /// Keys of all charges that arrived.
    pub keys: Mutex<Vec<String>>,
    /// What was given back of each payment, in the provider's own pages.
    pub refunded: Mutex<i64>,
}

#[async_trait::async_trait]
impl Payments for Shaky {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn open_page(&self, request: &PaymentRequest) -> Result<PaymentPage, PaymentsUnavailable> {
        self.sandbox.open_page(request).await
    }

    async fn saved_method(&self, payment_ref: &str) -> Result<Option<SavedMethod>, PaymentsUnavailable> {
        self.sandbox.saved_method(payment_ref).await
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, PaymentsUnavailable> {
        self.keys.lock().unwrap().push(request.key.clone());
        let answer = self.sandbox.charge(request).await;
        let mut lost = self.lost.lock().unwrap();
        if *lost == 0 {
            return answer;
        }
        *lost -= 1;
        Err(PaymentsUnavailable("connection reset".to_owned()))
    }

    async fn charge_state(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        self.sandbox.charge_state(provider_ref).await
    }

    async fn confirm_page(&self, provider_ref: &str, method_ref: &str, return_url: &str) -> Result<Option<String>, PaymentsUnavailable> {
        self.sandbox.confirm_page(provider_ref, method_ref, return_url).await
    }

    async fn give_up(&self, provider_ref: &str) -> Result<Charge, PaymentsUnavailable> {
        self.sandbox.give_up(provider_ref).await
    }

    async fn refunded(&self, _: &str) -> Result<i64, PaymentsUnavailable> {
        Ok(*self.refunded.lock().unwrap())
    }

    async fn refund(&self, request: &RefundRequest) -> Result<Refund, PaymentsUnavailable> {
        self.keys.lock().unwrap().push(request.key.clone());
        let mut lost = self.lost.lock().unwrap();
        if *lost == 0 {
            return Ok(Refund::Succeeded { provider_ref: format!("re_sandbox_{}", request.key) });
        }
        *lost -= 1;
        Err(PaymentsUnavailable("connection reset".to_owned()))
    }

    async fn sent_since(&self, since: i64, after: Option<&str>) -> Result<SentEvents, PaymentsUnavailable> {
        self.sandbox.sent_since(since, after).await
    }

    async fn taken_since(&self, since: i64, after: Option<&str>) -> Result<TakenPayments, PaymentsUnavailable> {
        self.sandbox.taken_since(since, after).await
    }

    fn read_webhook(&self, body: &[u8], signature: Option<&str>, now: i64) -> Result<ProviderEvent, WebhookRefused> {
        self.sandbox.read_webhook(body, signature, now)
    }

    async fn read_stored(&self, body: &[u8]) -> Result<ProviderEvent, EventUnread> {
        self.sandbox.read_stored(body).await
    }
}

async fn view(life: &Life, invoice: InvoiceId) -> InvoiceView {
    let mut tx = life.shop.t.services.db.system("test").await.unwrap();
    invoices::get(&mut tx, invoice).await.unwrap()
}

async fn credit_of(life: &Life) -> Vec<String> {
    let mut tx = life.shop.t.services.db.tenant::<model::permission::BillingRead>(&life.owner, life.tenant).await.unwrap();
    list(&life.shop.t.services, &mut tx).await.unwrap().credit.iter().map(ToString::to_string).collect()
}

/// A life whose second invoice is open and due in a week.
async fn with_open_invoice(card: &str) -> (Life, InvoiceId) {
    let life = Life::begin("2027-03-01T08:00:00Z", card).await;
    life.until("2027-03-26T08:00:00Z").await;
    let invoice = life.latest_invoice().await;
    assert_eq!(view(&life, invoice).await.invoice.status, InvoiceStatus::Open);
    (life, invoice)
}

/// A shop with such a provider.
pub(crate) async fn shaky_shop() -> (Shop, Arc<Shaky>) {
    let mut shop = Shop::open().await;
    let sandbox = Sandbox::new(reqwest::Client::new(), "http://panel.example", "http://127.0.0.1:1/", WEBHOOK_SECRET.to_vec());
    let shaky = Arc::new(Shaky { sandbox, lost: Mutex::new(0), keys: Mutex::default(), refunded: Mutex::default() });
    shop.t.services = shop.t.services.with::<dyn Payments>(shaky.clone());
    (shop, shaky)
}

#[tokio::test]
async fn money_whose_answer_was_lost_is_found_although_the_invoice_was_paid_otherwise_and_the_subscription_has_ended() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, "2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-31T08:00:00Z").await;
    *shaky.lost.lock().unwrap() = 2;
    life.until("2027-04-01T08:00:00Z").await;
    let invoice = life.latest_invoice().await;
    let tx = services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    record_transfer(services, tx, invoice, "", "").await.unwrap();
    let end = crate::subscriptions::cancel_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, "WordPress");
    end.await.unwrap();
    life.until("2027-04-02T08:00:00Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'PENDING'").await, 0);
    assert_eq!(credit_of(&life).await, ["€10.71"], "it was paid twice, and both are in the books");
    life.check_books().await;
}

#[tokio::test]
async fn credit_that_comes_in_after_the_invoice_goes_before_the_card() {
    let (life, invoice) = with_open_invoice("good").await;
    let services = &life.shop.t.services;
    // Paid on the page of an invoice that is no longer needed.
    let url = open_payment_page(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), invoice).await.unwrap();
    let id = url.split("/pay/invoice/").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let tenant = async || services.db.tenant(&life.owner, life.tenant).await.unwrap();
    crate::subscriptions::cancel_at_period_end_of_tenant(services, tenant().await, life.subscription).await.unwrap();
    crate::subscriptions::keep_of_tenant(services, tenant().await, life.subscription).await.unwrap();
    life.look().await;
    let event = serde_json::json!({"id": "evt_late", "type": "checkout.session.completed", "data": {"object": {
        "id": "cs_late", "client_reference_id": format!("invoice_{id}"), "amount_total": 1071, "currency": "eur", "payment_status": "paid",
        "payment_intent": "pi_sandbox_good_late"}}});
    assert_eq!(life.shop.deliver(&event).await, Outcome::Processed);
    assert_eq!(credit_of(&life).await, ["€10.71"]);
    life.until("2027-04-01T08:00:00Z").await;
    let next = view(&life, life.latest_invoice().await).await;
    assert_eq!((next.invoice.status, next.credit_used.minor, next.payments.len()), (InvoiceStatus::Paid, 1071, 0), "no card was charged");
    life.check_books().await;
}

#[tokio::test]
async fn an_invoice_that_credit_has_paid_in_part_is_void_when_it_is_credited_and_its_period_is_not_free() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let first = life.latest_invoice().await;
    invoices::credit(services, services.db.platform(&life.admin).await.unwrap(), first, "1.00", "An hour offline.").await.unwrap();
    life.until("2027-03-26T08:00:00Z").await;
    let ahead = life.latest_invoice().await;
    assert_eq!(view(&life, ahead).await.invoice.open.minor, 1071 - 119);
    assert!(
        invoices::credit(services, services.db.platform(&life.admin).await.unwrap(), ahead, "", "A gift.").await.is_err(),
        "it would be issued anew at once"
    );
    let tenant = async || services.db.tenant(&life.owner, life.tenant).await.unwrap();
    crate::subscriptions::cancel_at_period_end_of_tenant(services, tenant().await, life.subscription).await.unwrap();
    assert_eq!((view(&life, ahead).await.invoice.status, credit_of(&life).await), (InvoiceStatus::Void, vec!["€1.19".to_owned()]));
    crate::subscriptions::keep_of_tenant(services, tenant().await, life.subscription).await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(
        life.shop.text("select string_agg(amount::text, ' ' order by created_at, id) from payments").await,
        "1071 952",
        "the period is paid for"
    );
    life.check_books().await;
}

#[tokio::test]
async fn a_second_card_is_charged_when_the_first_one_is_declined() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-26T08:00:00Z").await;
    life.pay(life.latest_invoice().await, "empty").await;
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue, "the card that was used last is charged first");
    life.until("2027-05-04T08:00:00Z").await;
    let paid = view(&life, life.latest_invoice().await).await;
    let attempts: Vec<_> = paid.payments.iter().map(|payment| payment.method.as_str()).collect();
    assert_eq!((paid.invoice.status, attempts), (InvoiceStatus::Paid, vec!["Visa ending 4242", "Visa ending 0341"]));
    assert_eq!((life.status().await, services.now().to_rfc3339().as_str()), (SubscriptionStatus::Active, "2027-05-04T08:00:00+00:00"));
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_asked_for_again_with_its_key_and_takes_the_money_once() {
    let (shop, shaky) = shaky_shop().await;
    *shaky.lost.lock().unwrap() = 2;
    let life = Life::begin_in(shop, "2027-03-01T08:00:00Z", "good").await;
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.shop.text("select string_agg(status, ' ' order by created_at) from payments").await, "SUCCEEDED PENDING");
    assert_eq!(life.status().await, SubscriptionStatus::Active, "nobody is called overdue while the answer is to come");
    life.until("2027-04-02T08:00:00Z").await;
    let keys = shaky.keys.lock().unwrap().clone();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    assert_eq!(life.shop.number("select count(*) from payments").await, 2);
    life.check_books().await;
}

#[tokio::test]
async fn a_page_that_is_paid_twice_pays_once_and_the_rest_is_credit_for_the_next_invoice() {
    let (life, invoice) = with_open_invoice("good").await;
    let event = life.pay(invoice, "good").await;
    // The same message, and the same payment in another one.
    let mut again = event.clone();
    assert_eq!(life.shop.deliver(&event).await, Outcome::NotMine);
    again["id"] = "evt_again".into();
    assert_eq!(life.shop.deliver(&again).await, Outcome::Ignored("payment already received".to_owned()));
    // A second payment on the same page.
    again["id"] = "evt_second".into();
    again["data"]["object"]["payment_intent"] = "pi_sandbox_good_second".into();
    assert_eq!(life.shop.deliver(&again).await, Outcome::Processed);
    assert_eq!((view(&life, invoice).await.invoice.status, credit_of(&life).await), (InvoiceStatus::Paid, vec!["€10.71".to_owned()]));
    assert_eq!(life.shop.text("select string_agg(excess::text, ' ' order by created_at, id) from payments").await, "0 0 1071");
    life.check_books().await;

    life.until("2027-05-01T08:00:00Z").await;
    let next = view(&life, life.latest_invoice().await).await;
    assert_eq!((next.invoice.status, next.credit_used.to_string().as_str(), next.payments.len()), (InvoiceStatus::Paid, "€10.71", 0));
    assert!(credit_of(&life).await.is_empty());
    life.check_books().await;
}

#[tokio::test]
async fn a_bank_transfer_pays_in_parts_and_what_is_too_much_is_credit() {
    let (life, invoice) = with_open_invoice("lost").await;
    let services = &life.shop.t.services;
    let record = async |amount: &str| {
        let tx = services.db.platform::<BillingManage>(&life.admin).await.unwrap();
        record_transfer(services, tx, invoice, amount, "RE 4711").await
    };
    for wrong in ["0.00", "ten", "1.5", "-3.00"] {
        assert_eq!(record(wrong).await.unwrap_err().into_api().fields[0].field, "amount", "{wrong}");
    }
    record("5.00").await.unwrap();
    let part = view(&life, invoice).await.invoice;
    assert_eq!((part.status, part.open.to_string().as_str()), (InvoiceStatus::Open, "€5.71"));
    record("6.00").await.unwrap();
    let whole = view(&life, invoice).await;
    assert_eq!(
        (whole.invoice.status, whole.payments[0].method.as_str(), credit_of(&life).await),
        (InvoiceStatus::Paid, "Bank transfer", vec!["€0.29".to_owned()])
    );
    assert!(record("").await.is_err(), "it is not open any more");
    life.check_books().await;
}

#[tokio::test]
async fn a_credit_note_takes_what_is_open_and_gives_back_what_was_paid_and_never_more_than_the_invoice() {
    let (life, open) = with_open_invoice("good").await;
    let services = &life.shop.t.services;
    let credit = async |invoice: InvoiceId, net: &str| {
        invoices::credit(services, services.db.platform(&life.admin).await.unwrap(), invoice, net, "A fault of ours.").await
    };
    let paid: InvoiceId =
        sqlx::query_scalar("select id from invoices where status = 'PAID'").fetch_one(&mut life.shop.t.db.owner().await).await.unwrap();
    assert_eq!(credit(paid, "9.01").await.unwrap_err().into_api().fields[0].field, "net");
    // 3.33 and 0.6327 of tax; then the rest: 5.67 and what is left of 1.71.
    let first = credit(paid, "3.33").await.unwrap();
    let note = view(&life, first).await;
    assert_eq!((note.net.minor, note.tax.minor, note.invoice.total.minor, note.reason.as_str()), (-333, -63, -396, "A fault of ours."));
    assert_eq!(note.corrects.as_ref().map(|(id, _)| *id), Some(paid));
    let rest = view(&life, credit(paid, "").await.unwrap()).await;
    assert_eq!((rest.net.minor, rest.tax.minor), (-567, -108));
    assert!(credit(paid, "").await.is_err(), "nothing is left");
    assert!(credit(first, "").await.is_err(), "a credit note is not credited");
    assert_eq!((view(&life, paid).await.invoice.status, credit_of(&life).await), (InvoiceStatus::Paid, vec!["€10.71".to_owned()]));
    credit(open, "4.00").await.unwrap();
    let part = view(&life, open).await.invoice;
    assert_eq!((part.status, part.open.minor), (InvoiceStatus::Open, 1071 - 476));
    assert_eq!(credit_of(&life).await, ["€10.71"], "what was never paid is not given back");
    assert_eq!(
        life.shop
            .text("select string_agg(number, ' ' order by number) from invoices where kind = 'CREDIT_NOTE'")
            .await
            .matches("CN-2027-0000")
            .count(),
        3
    );
    life.check_books().await;
}

#[tokio::test]
async fn a_customer_sees_chooses_and_removes_its_own_cards_only() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    let services = &life.shop.t.services;
    life.until("2027-04-01T08:00:00Z").await;
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    let cards = async || {
        let mut tx = services.db.tenant::<model::permission::BillingRead>(&life.owner, life.tenant).await.unwrap();
        list(&life.shop.t.services, &mut tx).await.unwrap().methods
    };
    let both = cards().await;
    assert_eq!(
        both.iter().map(|card| (card.last4.as_str(), card.is_default, card.status)).collect::<Vec<_>>(),
        [("4242", true, PaymentMethodStatus::Active), ("0341", false, PaymentMethodStatus::Active)]
    );
    life.shop.t.clock.advance(chrono::Duration::seconds(1));
    make_default(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), both[1].id).await.unwrap();
    assert_eq!(cards().await[0].last4, "0341");
    remove(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), both[1].id).await.unwrap();
    assert_eq!(cards().await.iter().map(|card| card.last4.as_str()).collect::<Vec<_>>(), ["4242"]);

    let other = life.shop.t.db.tenant("other").await;
    let stranger = life.shop.t.db.user("stranger@example.com", None).await;
    life.shop.t.db.member(other, &stranger, "TENANT_OWNER").await;
    let theirs = async || services.db.tenant(&stranger, other).await.unwrap();
    assert!(remove(services, theirs().await, both[0].id).await.is_err());
    assert!(make_default(services, theirs().await, both[0].id).await.is_err());
    assert!(open_payment_page(services, theirs().await, life.latest_invoice().await).await.is_err());
    assert_eq!(cards().await.len(), 1);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_asked_for_again_with_its_key() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, "2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let platform = async || services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    let note = invoices::credit(services, platform().await, life.latest_invoice().await, "1.00", "An hour offline.").await.unwrap();
    let number = view(&life, note).await.invoice.number;
    *shaky.lost.lock().unwrap() = 1;
    refund(services, platform().await, note, &number).await.unwrap();
    assert_eq!(life.shop.text("select status from refunds").await, "PENDING");
    assert!(credit_of(&life).await.is_empty(), "it cannot be used meanwhile");
    assert!(refund(services, platform().await, note, &number).await.is_err(), "it is refunded once");
    life.shop.t.clock.advance(chrono::Duration::minutes(1));
    life.look().await;
    assert_eq!(life.shop.text("select status from refunds").await, "SUCCEEDED");
    let keys = shaky.keys.lock().unwrap().clone();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    life.check_books().await;
}

#[tokio::test]
async fn the_holder_of_a_card_that_is_about_to_expire_is_told_once() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let mails = "select count(*) from outgoing_mail where template = 'card_expires'";
    sqlx::query("update payment_methods set expires_year = 2027, expires_month = 4").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    life.until("2027-03-31T08:00:00Z").await;
    assert_eq!(life.shop.number(mails).await, 0, "not more than thirty days ahead");
    life.until("2027-04-12T08:00:00Z").await;
    assert_eq!(life.shop.number(mails).await, 1);
    let text = life.shop.text("select body_text from outgoing_mail where template = 'card_expires'").await;
    assert!(text.contains("Visa ending 4242") && text.contains("04/2027") && text.contains("/payment-methods"), "{text}");
    life.until("2027-04-30T08:00:00Z").await;
    assert_eq!(life.shop.number(mails).await, 1);
}
