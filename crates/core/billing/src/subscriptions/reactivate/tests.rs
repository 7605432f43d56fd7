use super::*;
use crate::{
    payments::tests::shaky_shop,
    subscriptions::{cancel_at_period_end_of_tenant, cancel_now, tests::life::Life},
};
use engine::error::Error;
use model::error::ErrorCode;

const NEW_PERIOD: (i64, i64, i64) = (1071, 1071, 1071);

async fn preview_of(life: &Life) -> ChangePreview {
    let services = &life.shop.t.services;
    preview_reactivation_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap()
}

fn sums(preview: &ChangePreview) -> (i64, i64, i64) {
    (preview.total.minor, preview.due.minor, preview.total_then.minor)
}

fn shown(preview: &ChangePreview) -> ConfirmedSums {
    let (total, due, total_then) = sums(preview);
    ConfirmedSums { at: preview.at, total, due, total_then }
}

async fn confirm_as_owner(life: &Life, confirmed: ConfirmedSums) -> Result<()> {
    let services = &life.shop.t.services;
    reactivate_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription, confirmed).await
}

fn refusal(result: Result<()>) -> (ErrorCode, String) {
    match result {
        Err(Error::Api(error)) => (error.code, error.message),
        other => panic!("was not refused: {other:?}"),
    }
}

/// Bought on 1 March with this card, cancelled, and ended on 1 April.
async fn ended(card: &str) -> Life {
    let life = Life::begin("2027-03-01T08:00:00Z", card).await;
    let services = &life.shop.t.services;
    cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(state(&life).await, "CANCELLED HELD");
    life
}

async fn state(life: &Life) -> String {
    life.shop.text("select s.status || ' ' || p.status from subscriptions s join cloud_pods p on p.subscription_id = s.id").await
}

#[tokio::test]
async fn an_ended_subscription_is_taken_back_as_previewed_and_its_pod_comes_back_with_its_files() {
    let life = ended("good").await;
    life.until("2027-04-03T12:00:00Z").await;
    assert_ne!(life.visit().await, 200);
    assert_eq!(life.detail().await.reactivate_until.map(|until| until.to_rfc3339()).as_deref(), Some("2027-04-08T08:00:00+00:00"));
    let preview = preview_of(&life).await;
    assert_eq!((sums(&preview), preview.obstacles.len(), preview.lines.len()), (NEW_PERIOD, 0, 1));
    assert_eq!(preview.renews_at.to_rfc3339(), "2027-05-03T12:00:00+00:00", "a period that begins now");
    // Not as shown, or too late: refused, and nothing is charged.
    let wrong = ConfirmedSums { due: 0, ..shown(&preview) };
    assert_eq!(refusal(confirm_as_owner(&life, wrong).await).0, ErrorCode::Conflict);
    life.shop.t.clock.advance(chrono::Duration::minutes(11));
    assert!(refusal(confirm_as_owner(&life, shown(&preview)).await).1.contains("outdated"));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
    let preview = preview_of(&life).await;
    confirm_as_owner(&life, shown(&preview)).await.unwrap();
    life.look().await;
    assert_eq!((state(&life).await.as_str(), life.visit().await), ("ACTIVE RUNNING", 200));
    let jobs = "select string_agg(kind || ' ' || status, ', ' order by id) from jobs";
    assert_eq!(life.shop.text(jobs).await, "CREATE_CLOUDPOD done, DELETE_CLOUDPOD undone", "nothing was made anew");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let mail = "select concat_ws(' ', attachment_name, body_text) from outgoing_mail where template = 'subscription_changed'";
    let mail = life.shop.text(mail).await;
    assert!(mail.starts_with("INV-2027-00002.pdf WordPress was reactivated.") && mail.contains("€10.71, paid"), "{mail}");
    assert_eq!(life.detail().await.subscription.renews_at, preview.renews_at);
    let recorded = "select concat_ws(' ', before ->> 'status', after ->> 'status') from audit_events where action = 'SUBSCRIPTION_REACTIVATED'";
    assert_eq!(life.shop.text(recorded).await, "CANCELLED ACTIVE");
    assert_eq!(life.shop.text("select string_agg(kind, ' ' order by seq) from mrr_movements").await, "NEW CHURN REACTIVATION");
    assert!(refusal(confirm_as_owner(&life, shown(&preview)).await).1.contains("has not ended"));
    life.until("2027-05-03T12:11:00Z").await;
    assert_eq!(life.invoices().await.last().map(String::as_str), Some("INV3 PAID 1071"), "and it renews");
    assert_eq!(state(&life).await, "ACTIVE RUNNING");
    life.check_books().await;
}

#[tokio::test]
async fn what_is_left_of_a_paid_period_is_served_without_a_charge_unless_it_was_credited() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let end_now = async || {
        cancel_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, "WordPress").await.unwrap();
        life.look().await;
        assert_eq!(state(&life).await, "CANCELLED HELD");
    };
    life.until("2027-03-05T08:00:00Z").await;
    end_now().await;
    life.until("2027-03-06T08:00:00Z").await;
    let preview = preview_of(&life).await;
    assert_eq!((sums(&preview), preview.renews_at.to_rfc3339().as_str()), ((0, 0, 1071), "2027-04-01T08:00:00+00:00"));
    confirm_as_owner(&life, shown(&preview)).await.unwrap();
    life.look().await;
    assert_eq!((state(&life).await.as_str(), life.visit().await), ("ACTIVE RUNNING", 200));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
    // Ended again, and credited by staff: its rest is not paid for any more.
    life.until("2027-03-06T09:00:00Z").await;
    end_now().await;
    let mut tx = services.db.system("test").await.unwrap();
    invoices::credit_rest(services, &mut tx, life.latest_invoice().await, "Unused.").await.unwrap();
    tx.commit_progress().await.unwrap();
    let preview = preview_of(&life).await;
    assert_eq!((preview.total.minor, preview.credit_used.minor, preview.due.minor), (1071, 1071, 0), "the credit pays for the new period");
    confirm_as_owner(&life, shown(&preview)).await.unwrap();
    life.look().await;
    assert_eq!(state(&life).await, "ACTIVE RUNNING");
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-04-06T09:00:00+00:00");
    life.check_books().await;
}

#[tokio::test]
async fn a_card_that_is_declined_leaves_the_subscription_ended_and_nothing_to_pay() {
    let life = ended("empty").await;
    let preview = preview_of(&life).await;
    assert!(refusal(confirm_as_owner(&life, shown(&preview)).await).1.contains("Nothing was charged"));
    life.look().await;
    assert_eq!(state(&life).await, "CANCELLED HELD");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 VOID 1071", "CN-1 PAID -1071"]);
    assert_ne!(life.visit().await, 200);
    // Not without end: each attempt makes documents, and keeps the data.
    for _ in 0..2 {
        life.shop.t.clock.advance(chrono::Duration::minutes(1));
        let again = preview_of(&life).await;
        assert!(refusal(confirm_as_owner(&life, shown(&again)).await).1.contains("Nothing was charged"));
    }
    life.shop.t.clock.advance(chrono::Duration::minutes(1));
    let refused = preview_of(&life).await;
    assert!(refused.obstacles.iter().any(|why| why.contains("have failed today")), "{:?}", refused.obstacles);
    assert!(refusal(confirm_as_owner(&life, shown(&refused)).await).1.contains("have failed today"));
    assert_eq!(life.shop.number("select count(*) from invoices where kind = 'INVOICE'").await, 4);
    life.check_books().await;
}

#[tokio::test]
async fn a_period_that_was_credited_before_the_end_is_not_served_again() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-05T08:00:00Z").await;
    let mut tx = services.db.system("test").await.unwrap();
    invoices::credit_rest(services, &mut tx, life.latest_invoice().await, "As agreed.").await.unwrap();
    tx.commit_progress().await.unwrap();
    life.until("2027-03-05T08:05:00Z").await;
    cancel_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, "WordPress").await.unwrap();
    life.look().await;
    assert_eq!(state(&life).await, "CANCELLED HELD");
    let preview = preview_of(&life).await;
    assert_eq!((preview.total.minor, preview.credit_used.minor, preview.due.minor), (1071, 1071, 0));
}

#[tokio::test]
async fn a_payment_for_pods_that_cannot_come_back_any_more_is_credit_and_said_to_be() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, "2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    let preview = preview_of(&life).await;
    *shaky.lost.lock().unwrap() = 1;
    assert_eq!(refusal(confirm_as_owner(&life, shown(&preview)).await).0, ErrorCode::Unavailable);
    // The deletion has come to where only a person helps, before the answer is there.
    sqlx::query("update jobs set status = 'stuck' where kind = 'DELETE_CLOUDPOD'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    life.shop.t.clock.advance(chrono::Duration::minutes(2));
    life.look().await;
    assert_eq!(state(&life).await, "CANCELLED HELD");
    let credit = ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap();
    assert_eq!(credit.iter().map(|credit| credit.minor).collect::<Vec<_>>(), [1071]);
    assert_eq!(life.shop.text("select reason from subscription_changes where status = 'FAILED'").await, "paid, but it could not be made");
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'subscription_not_changed'").await;
    assert!(mail.contains("WordPress was not reactivated") && mail.contains("added to your account credit"), "{mail}");
    life.check_books().await;
}

#[tokio::test]
async fn after_a_termination_the_overdue_invoice_is_paid_first() {
    let life = Life::begin("2027-03-01T08:00:00Z", "lost").await;
    life.until("2027-05-11T08:00:00Z").await;
    assert_eq!(state(&life).await, "CANCELLED HELD");
    let preview = preview_of(&life).await;
    assert!(preview.obstacles.iter().any(|why| why.contains("overdue")), "{:?}", preview.obstacles);
    assert_eq!(refusal(confirm_as_owner(&life, shown(&preview)).await).0, ErrorCode::Conflict);
    let invoice = life.latest_invoice().await;
    life.pay(invoice, "good").await;
    life.look().await;
    assert_eq!(state(&life).await, "CANCELLED HELD", "a payment alone takes nothing back");
    let preview = preview_of(&life).await;
    assert_eq!((sums(&preview), preview.obstacles.as_slice()), (NEW_PERIOD, &[][..]));
    confirm_as_owner(&life, shown(&preview)).await.unwrap();
    life.look().await;
    // Its reason to be suspended is gone as well.
    assert_eq!((state(&life).await.as_str(), life.visit().await), ("ACTIVE RUNNING", 200));
    life.check_books().await;
}

#[tokio::test]
async fn once_the_data_is_deleted_nothing_can_be_taken_back() {
    let life = ended("good").await;
    let preview = preview_of(&life).await;
    life.until("2027-04-08T08:00:00Z").await;
    assert_eq!(state(&life).await, "CANCELLED DELETED");
    assert_eq!(life.detail().await.reactivate_until, None);
    let gone = preview_of(&life).await;
    assert!(gone.obstacles[0].contains("were deleted"), "{:?}", gone.obstacles);
    assert!(refusal(confirm_as_owner(&life, shown(&gone)).await).1.contains("Place a new order"));
    assert_eq!(refusal(confirm_as_owner(&life, shown(&preview)).await).0, ErrorCode::Conflict);
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
}

#[tokio::test]
async fn data_is_kept_while_the_payment_that_brings_it_back_is_on_its_way() {
    let (shop, shaky) = shaky_shop().await;
    let life = Life::begin_in(shop, "2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    cancel_at_period_end_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription).await.unwrap();
    life.until("2027-04-08T07:59:30Z").await;
    let preview = preview_of(&life).await;
    *shaky.lost.lock().unwrap() = 2;
    assert_eq!(refusal(confirm_as_owner(&life, shown(&preview)).await).0, ErrorCode::Unavailable);
    // Beyond the end of the grace period.
    life.shop.t.clock.advance(chrono::Duration::seconds(40));
    life.look().await;
    life.until("2027-04-08T10:00:00Z").await;
    assert_eq!((state(&life).await.as_str(), life.visit().await), ("ACTIVE RUNNING", 200));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    life.check_books().await;
}

#[tokio::test]
async fn only_who_may_change_the_subscription_takes_it_back() {
    let life = ended("good").await;
    let services = &life.shop.t.services;
    let stranger = life.shop.t.db.user("stranger@example.com", None).await;
    assert!(services.db.tenant::<SubscriptionsWrite>(&stranger, life.tenant).await.is_err());
    let support = life.shop.t.db.user("support@hosting.example", Some("PLATFORM_SUPPORT")).await;
    assert!(services.db.platform::<SubscriptionsWrite>(&support).await.is_err());
    // Staff can, in the customer's name.
    let preview = preview_reactivation(services, services.db.platform(&life.admin).await.unwrap(), life.subscription).await.unwrap();
    reactivate(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, shown(&preview)).await.unwrap();
    life.look().await;
    assert_eq!(state(&life).await, "ACTIVE RUNNING");
}
