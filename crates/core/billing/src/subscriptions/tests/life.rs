//! A customer's subscription, month after month: a shop whose clock is moved.

use super::*;
use crate::payments;
use db::Caller;
use engine::Modules;
use model::{
    Time,
    billing::subscriptions::{SubscriptionDetail, Upcoming},
    hosting::suspensions::SuspensionReason,
    ids::{InvoiceId, PaymentSessionId},
};
use std::sync::Arc;

/// A customer who has bought a plan, and whose pod runs.
pub(crate) struct Life {
    pub shop: Shop,
    pub admin: Caller,
    pub owner: Caller,
    pub tenant: TenantId,
    pub subscription: SubscriptionId,
    pod: CloudPodId,
    domain: String,
}

impl Life {
    /// Bought on this day with this card of the sandbox.
    pub async fn begin(day: &str, card: &str) -> Self {
        Self::begin_in(Shop::open().await, day, card).await
    }

    pub async fn begin_in(shop: Shop, day: &str, card: &str) -> Self {
        Self::begin_with(shop, day, card, anna()).await
    }

    /// Bought by this order.
    pub async fn begin_with(mut shop: Shop, day: &str, card: &str, input: CheckoutInput) -> Self {
        let admin = Self::open(&mut shop, day).await;
        shop.buy_with(input, card).await;
        Self::of_buyer(shop, admin).await
    }

    /// Opens a shop that can deliver, on this day.
    pub async fn open(shop: &mut Shop, day: &str) -> Caller {
        shop.t.services = shop.t.services.clone().with(Arc::new(Modules::default().with(core_hosting::register).with(crate::register)));
        servers::ensure_simulated(&shop.t.services).await.unwrap();
        let mut owner = shop.t.db.owner().await;
        sqlx::query("update servers set site_address = $1").bind(shop.t.servers.sites().to_string()).execute(&mut owner).await.unwrap();
        let admin = shop.t.db.user("admin@hosting.example", Some("SUPER_ADMIN")).await;
        let day: Time = day.parse().unwrap();
        shop.t.clock.advance(day - shop.t.services.now());
        admin
    }

    /// The life of the one who has bought.
    pub async fn of_buyer(shop: Shop, admin: Caller) -> Self {
        let mut owner = shop.t.db.owner().await;
        let (pod, domain, tenant, subscription): (CloudPodId, String, TenantId, SubscriptionId) =
            sqlx::query_as("select id, primary_domain, tenant_id, subscription_id from cloud_pods").fetch_one(&mut owner).await.unwrap();
        let member = shop.t.db.user("owner@bakery.example", None).await;
        shop.t.db.member(tenant, &member, "TENANT_OWNER").await;
        let life = Self { shop, admin, owner: member, tenant, subscription, pod, domain };
        life.look().await;
        assert_eq!(life.pod_status().await, "RUNNING");
        life
    }

    /// Lets everything happen that is due now: reconcilers and the jobs that they start.
    pub async fn look(&self) {
        for _ in 0..4 {
            let runs = run_due(&self.shop.t.services).await.unwrap();
            let mut tx = self.shop.t.services.db.system_read("test").await.unwrap();
            let jobs: Vec<JobId> = sqlx::query_scalar("select id from jobs where status in ('queued', 'running', 'unwinding') and run_after <= $1")
                .bind(self.shop.t.services.now())
                .fetch_all(tx.conn())
                .await
                .unwrap();
            tx.finish().await.unwrap();
            if runs == 0 && jobs.is_empty() {
                return;
            }
            for job in jobs {
                let runtime = worker(&self.shop.t, Bench::registry());
                engine::saga::run_job(&runtime, job, &tokio_util::sync::CancellationToken::new()).await.unwrap();
            }
        }
    }

    /// Moves the clock to this moment, and lets everything happen on the way, a look every day.
    pub async fn until(&self, moment: &str) {
        let end: Time = moment.parse().unwrap();
        while self.shop.t.services.now() < end {
            let step = (end - self.shop.t.services.now()).min(chrono::Duration::days(1));
            self.shop.t.clock.advance(step);
            self.look().await;
        }
    }

    pub async fn detail(&self) -> SubscriptionDetail {
        let mut tx = self.shop.t.services.db.system("test").await.unwrap();
        detail(&self.shop.t.services, &mut tx, self.subscription).await.unwrap()
    }

    pub async fn status(&self) -> SubscriptionStatus {
        self.detail().await.subscription.status
    }

    async fn pod_status(&self) -> String {
        self.shop.text("select status from cloud_pods").await
    }

    /// Status that a visitor gets.
    pub async fn visit(&self) -> u16 {
        let address = self.shop.t.servers.sites();
        let answer = reqwest::Client::new().get(format!("http://{address}/")).header("host", &self.domain).send().await.unwrap();
        answer.status().as_u16()
    }

    /// Each invoice as `number status total`, the oldest first.
    pub async fn invoices(&self) -> Vec<String> {
        sqlx::query_scalar("select substr(number, 1, 3) || right(number, 1) || ' ' || status || ' ' || total from invoices order by issued_at, id")
            .fetch_all(&mut self.shop.t.db.owner().await)
            .await
            .unwrap()
    }

    pub async fn latest_invoice(&self) -> InvoiceId {
        sqlx::query_scalar("select id from invoices where kind = 'INVOICE' order by issued_at desc, id desc limit 1")
            .fetch_one(&mut self.shop.t.db.owner().await)
            .await
            .unwrap()
    }

    /// Templates or notices of the mails, the oldest first.
    async fn notices(&self) -> Vec<String> {
        sqlx::query_scalar("select notice from dunning_notices order by created_at, id").fetch_all(&mut self.shop.t.db.owner().await).await.unwrap()
    }

    /// Pays what the invoice has open on the provider's page, with this card.
    pub async fn pay(&self, invoice: InvoiceId, card: &str) -> serde_json::Value {
        let event = self.paid(invoice, card).await;
        assert_eq!(self.shop.deliver(&event).await, crate::checkout::Outcome::Processed);
        event
    }

    /// The provider's message that the invoice was paid on its page, with this card.
    pub async fn paid(&self, invoice: InvoiceId, card: &str) -> serde_json::Value {
        let services = &self.shop.t.services;
        let url = payments::open_payment_page(services, services.db.tenant(&self.owner, self.tenant).await.unwrap(), invoice).await.unwrap();
        let id: PaymentSessionId = url.split("/pay/invoice/").nth(1).unwrap().split('?').next().unwrap().parse().unwrap();
        let amount: i64 = sqlx::query_scalar("select amount from payment_sessions where id = $1")
            .bind(id)
            .fetch_one(&mut self.shop.t.db.owner().await)
            .await
            .unwrap();
        serde_json::json!({"id": format!("evt_{}", id.0.simple()), "type": "checkout.session.completed", "data": {"object": {
            "id": format!("cs_sandbox_{}", id.0.simple()),
            "client_reference_id": format!("invoice_{id}"),
            "amount_total": amount, "currency": "eur", "payment_status": "paid",
            "payment_intent": format!("pi_sandbox_{card}_{}", id.0.simple())}}})
    }

    /// What is wrong with the books: nothing.
    pub async fn check_books(&self) {
        let wrong = "select
             (select count(*) from invoices i where i.kind = 'INVOICE' and (open_amount(i) < 0 or (i.status = 'OPEN') <> (open_amount(i) > 0)))
           + (select count(*) from ledger_entries e where e.amount < 0 and -e.amount < (select coalesce(sum(a.amount), 0) from ledger_allocations a where a.entry_id = e.id))
           + (select count(*) from invoices i where i.total <> 0 and i.kind = 'INVOICE' and not exists (select from ledger_entries e where e.invoice_id = i.id and e.amount = i.total))
           + (select count(*) from payments p where (p.status in ('SUCCEEDED', 'RETURNED')) <> exists (select from ledger_entries e where e.payment_id = p.id and e.amount = -p.amount))";
        assert_eq!(self.shop.number(wrong).await, 0, "the ledger agrees with invoices and payments");
    }
}

#[tokio::test]
async fn where_nothing_is_due_a_look_at_everything_runs_nothing() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.look().await;
    assert_eq!(run_due(&life.shop.t.services).await.unwrap(), 0, "what is listed keeps its row");
}

#[tokio::test]
async fn a_subscription_renews_by_the_calendar_and_its_card_is_charged_when_the_invoice_is_due() {
    let life = Life::begin("2027-01-31T10:00:00Z", "good").await;
    let first = life.detail().await;
    assert_eq!(first.method.as_ref().map(|card| card.label()).as_deref(), Some("Visa ending 4242"));
    assert_eq!(first.subscription.renews_at.to_rfc3339(), "2027-02-28T10:00:00+00:00");
    assert_eq!(
        first.upcoming.iter().map(|(at, step)| (at.format("%m-%d").to_string(), *step)).collect::<Vec<_>>(),
        [("02-21".to_owned(), Upcoming::Invoice), ("02-28".to_owned(), Upcoming::Charge), ("02-28".to_owned(), Upcoming::Renewal)]
    );
    life.until("2027-02-21T09:59:59Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
    life.until("2027-02-21T10:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"], "a week ahead");
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'renewal_issued'").await;
    assert!(mail.contains("10.71") && mail.contains("28 February 2027") && mail.contains("Visa ending 4242"), "{mail}");
    life.until("2027-02-28T09:59:59Z").await;
    assert_eq!(life.invoices().await[1], "INV2 OPEN 1071", "not before it is due");
    life.until("2027-02-28T10:00:00Z").await;
    assert_eq!(life.invoices().await[1], "INV2 PAID 1071");
    life.until("2027-05-31T10:00:00Z").await;
    assert_eq!(life.invoices().await.iter().filter(|invoice| invoice.contains("PAID")).count(), 5, "{:?}", life.invoices().await);
    let periods: Vec<String> = sqlx::query_scalar(
        "select to_char(period_start at time zone 'UTC', 'MM-DD') || ' ' || to_char(period_end at time zone 'UTC', 'MM-DD') from invoice_lines order by period_start",
    )
    .fetch_all(&mut life.shop.t.db.owner().await)
    .await
    .unwrap();
    assert_eq!(periods[..5], ["01-31 02-28", "02-28 03-31", "03-31 04-30", "04-30 05-31", "05-31 06-30"].map(str::to_owned));
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-06-30T10:00:00+00:00");
    assert_eq!(life.visit().await, 200);
    life.check_books().await;
}

#[tokio::test]
async fn an_invoice_that_stays_unpaid_suspends_the_pod_and_the_payment_brings_it_back_at_once() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue, "the first charge is declined");
    assert_eq!((life.notices().await, life.visit().await), (vec!["PAYMENT_FAILED".to_owned()], 200));
    life.until("2027-04-11T07:59:59Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'FAILED'").await, 4, "days 0, 3, 5 and 7");
    assert_eq!(life.notices().await, ["PAYMENT_FAILED", "SUSPENSION_IN_7", "SUSPENSION_IN_3", "SUSPENSION_IN_1"]);
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    life.until("2027-04-11T08:00:00Z").await;
    assert_eq!((life.status().await, life.pod_status().await.as_str(), life.visit().await), (SubscriptionStatus::Suspended, "SUSPENDED", 503));
    assert_eq!(life.notices().await.last().map(String::as_str), Some("SUSPENDED"));

    let invoice = life.latest_invoice().await;
    life.pay(invoice, "good").await;
    life.look().await;
    assert_eq!((life.status().await, life.pod_status().await.as_str(), life.visit().await), (SubscriptionStatus::Active, "RUNNING", 200));
    assert_eq!(life.notices().await.last().map(String::as_str), Some("REINSTATED"));
    assert_eq!(life.detail().await.method.map(|card| card.last4).as_deref(), Some("4242"), "the card that worked is charged from now on");
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-05-01T08:00:00+00:00", "the period stays");
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"]);
    life.check_books().await;
}

#[tokio::test]
async fn what_stays_unpaid_is_terminated_after_the_notices_and_its_pod_is_deleted_with_a_grace_period() {
    let life = Life::begin("2027-03-01T08:00:00Z", "lost").await;
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'FAILED'").await, 1);
    assert_eq!(life.detail().await.method, None, "a card that is lost is not tried again");
    life.until("2027-05-11T07:59:59Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'FAILED'").await, 1);
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    assert_eq!(life.notices().await[5..], ["TERMINATION_IN_14", "TERMINATION_IN_7", "TERMINATION_IN_1"].map(str::to_owned));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"], "nothing more is invoiced while one is overdue");
    life.until("2027-05-11T08:00:00Z").await;
    assert_eq!((life.status().await, life.pod_status().await.as_str()), (SubscriptionStatus::Cancelled, "HELD"));
    assert_eq!(life.notices().await.last().map(String::as_str), Some("TERMINATED"));
    life.until("2027-05-19T08:00:00Z").await;
    assert_eq!(life.pod_status().await, "DELETED");
    life.check_books().await;
}

#[tokio::test]
async fn where_the_unpaid_period_ends_meanwhile_the_next_one_begins_with_the_payment() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-05-03T12:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Suspended);
    assert_eq!(life.invoices().await.len(), 2);
    let invoice = life.latest_invoice().await;
    life.pay(invoice, "good").await;
    life.look().await;
    let subscription = life.detail().await.subscription;
    assert_eq!(
        (subscription.status, subscription.period_start.to_rfc3339().as_str(), subscription.renews_at.to_rfc3339().as_str()),
        (SubscriptionStatus::Active, "2027-05-03T12:00:00+00:00", "2027-06-03T12:00:00+00:00")
    );
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"], "the period that began is charged at once");
    assert_eq!(life.visit().await, 200);
    life.check_books().await;
}

#[tokio::test]
async fn a_subscription_ends_with_its_period_unless_that_is_taken_back() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-28T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"]);
    let cancel =
        async || cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await;
    let keep = async || keep_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await;
    assert!(keep().await.is_err(), "there is no end to take back");
    let shown =
        async || life.detail().await.cancellation.map(|known| (known.ends_at.to_rfc3339(), known.data_kept_until.map(|until| until.to_rfc3339())));
    let expected = ("2027-04-01T08:00:00+00:00".to_owned(), Some("2027-04-08T08:00:00+00:00".to_owned()));
    assert_eq!(shown().await, Some(expected), "said before it is cancelled");
    assert_eq!(cancel().await.unwrap().to_rfc3339(), "2027-04-01T08:00:00+00:00");
    assert!(cancel().await.is_err());
    assert_eq!(shown().await, None);
    let latest = "select concat_ws(' ', recipient, subject, body_text, body_html) from outgoing_mail
                   where template = 'subscription_end' order by id desc limit 1";
    let told = async || life.shop.text(latest).await;
    let mail = told().await;
    assert!(mail.starts_with("anna@bakery.example ") && mail.matches("Their data is kept until 8 April 2027").count() == 2, "in both forms: {mail}");
    assert!(mail.contains("WordPress ends on 1 April 2027") && mail.contains("you can undo this"), "{mail}");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 VOID 1071", "CN-1 PAID -1071"], "the invoice ahead is credited");
    keep().await.unwrap();
    assert!(told().await.contains("The cancellation of WordPress was undone. The next period begins on 1 April 2027."), "{}", told().await);
    life.look().await;
    assert_eq!(life.invoices().await[3..], ["INV3 OPEN 1071".to_owned()], "and issued anew");
    cancel().await.unwrap();
    life.until("2027-04-01T07:59:59Z").await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!((life.status().await, life.pod_status().await.as_str()), (SubscriptionStatus::Cancelled, "HELD"));
    assert!(told().await.contains("WordPress has ended.") && told().await.contains("kept until 8 April 2027"), "{}", told().await);
    assert_eq!(life.shop.number("select count(*) from outgoing_mail where template = 'subscription_end'").await, 4);
    assert!(keep().await.is_err(), "it has ended");
    assert_eq!(life.shop.number("select count(*) from payments").await, 1, "nothing more was charged");
    life.check_books().await;
}

#[tokio::test]
async fn a_period_that_was_paid_ahead_is_served_before_a_cancelled_subscription_ends() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-28T08:00:00Z").await;
    let ahead = life.latest_invoice().await;
    life.pay(ahead, "good").await;
    life.look().await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let known = life.detail().await.cancellation.unwrap();
    let end = cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap();
    assert_eq!((known.ends_at, end.to_rfc3339().as_str()), (end, "2027-05-01T08:00:00+00:00"), "as it was shown");
    life.until("2027-05-01T07:59:59Z").await;
    assert_eq!(life.visit().await, 200);
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!((life.status().await, life.pod_status().await.as_str()), (SubscriptionStatus::Cancelled, "HELD"));
    assert_eq!(life.detail().await.reactivate_until, known.data_kept_until);
    assert_eq!(life.invoices().await.len(), 2);
    life.check_books().await;
}

#[tokio::test]
async fn staff_end_a_subscription_at_once_after_typing_its_name() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let end = async |name: &str| cancel_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, name).await;
    assert_eq!(end("Wordpress").await.unwrap_err().into_api().fields[0].field, "confirm_name");
    end("WordPress").await.unwrap();
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'subscription_end'").await;
    assert!(mail.contains("WordPress has ended.") && mail.contains("kept until 8 March 2027"), "{mail}");
    life.look().await;
    assert_eq!((life.status().await, life.pod_status().await.as_str()), (SubscriptionStatus::Cancelled, "HELD"));
    assert!(life.detail().await.upcoming.is_empty());
    // Whoever cancels the deletion has the last word; that nobody pays for the pod is shown.
    let job: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'DELETE_CLOUDPOD'").fetch_one(&mut life.shop.t.db.owner().await).await.unwrap();
    core_administration::provisioning::cancel(services, services.db.platform(&life.admin).await.unwrap(), job).await.unwrap();
    life.look().await;
    life.until("2027-03-02T08:00:00Z").await;
    assert_eq!(life.pod_status().await, "RUNNING");
    let shown = "select array_to_string(differences, ' ') from reconciliations where name = 'subscription_billing'";
    assert!(life.shop.text(shown).await.contains("can't be deleted"), "{}", life.shop.text(shown).await);
}

#[tokio::test]
async fn a_reason_that_staff_gave_stays_when_the_invoice_is_paid() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    let services = &life.shop.t.services;
    life.until("2027-04-12T08:00:00Z").await;
    let abuse = core_hosting::suspensions::suspend(services, services.db.platform(&life.admin).await.unwrap(), life.pod, SuspensionReason::Abuse, "");
    abuse.await.unwrap();
    let invoice = life.latest_invoice().await;
    life.pay(invoice, "good").await;
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 503));
    let lift = core_hosting::suspensions::unsuspend(services, services.db.platform(&life.admin).await.unwrap(), life.pod, SuspensionReason::Abuse);
    lift.await.unwrap();
    life.look().await;
    assert_eq!(life.visit().await, 200);
}

#[tokio::test]
async fn an_account_that_is_looked_at_months_late_catches_up_period_by_period() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.shop.t.clock.advance(chrono::Duration::days(100));
    life.look().await;
    assert_eq!(life.invoices().await.iter().filter(|invoice| invoice.contains("PAID")).count(), 4, "{:?}", life.invoices().await);
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-07-01T08:00:00+00:00");
    assert_eq!(life.visit().await, 200);
    life.check_books().await;
}

#[tokio::test]
async fn an_invoice_that_is_issued_late_is_due_then_and_suspends_nobody_at_once() {
    let life = Life::begin("2027-03-01T08:00:00Z", "lost").await;
    // Nobody has billed for six weeks.
    life.shop.t.clock.advance(chrono::Duration::days(45));
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    assert_eq!(life.notices().await, ["PAYMENT_FAILED"]);
}
