//! What staff do about an overdue invoice.

use super::{super::*, life::Life};
use model::{Time, billing::subscriptions::Upcoming, error::ErrorCode};

async fn charge(life: &Life) -> Result<()> {
    let services = &life.shop.t.services;
    charge_now(services, services.db.platform(&life.admin).await.unwrap(), life.subscription).await
}

async fn extend(life: &Life, until: &str, reason: &str) -> Result<()> {
    let services = &life.shop.t.services;
    extend_deadline(services, services.db.platform(&life.admin).await.unwrap(), life.subscription, until, reason).await
}

fn refusal(result: Result<()>) -> (ErrorCode, String) {
    match result {
        Err(Error::Api(error)) => (error.code, error.message),
        other => panic!("was not refused: {other:?}"),
    }
}

async fn when(life: &Life, step: Upcoming) -> Option<Time> {
    life.detail().await.upcoming.into_iter().find(|(_, found)| *found == step).map(|(at, _)| at)
}

#[tokio::test]
async fn staff_have_an_overdue_invoice_charged_at_once_and_no_card_twice_within_two_hours() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.until("2027-03-26T08:00:00Z").await;
    life.pay(life.latest_invoice().await, "empty").await;
    life.look().await;
    assert!(refusal(charge(&life).await).1.contains("No invoice"), "nothing is due yet");
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue, "the card that was used last is declined");
    life.until("2027-05-01T09:00:00Z").await;
    assert!(refusal(charge(&life).await).1.contains("Try again after 2027-05-01 10:00 UTC"));
    life.until("2027-05-01T10:00:00Z").await;
    charge(&life).await.unwrap();
    assert_eq!(life.invoices().await.last().map(String::as_str), Some("INV3 PAID 1071"), "by the other card, days before the plan");
    life.look().await;
    assert_eq!(life.status().await, SubscriptionStatus::Active);
    assert!(refusal(charge(&life).await).1.contains("No invoice"));
    let recorded = "select concat_ws(' ', after ->> 'invoice', after ->> 'amount') from audit_events where action = 'SUBSCRIPTION_CHARGE_REQUESTED'";
    assert_eq!(life.shop.text(recorded).await, "INV-2027-00003 €10.71");
    life.check_books().await;
}

#[tokio::test]
async fn a_charge_that_staff_have_made_and_that_is_declined_says_so_and_changes_nothing_else() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    assert_eq!(refusal(charge(&life).await), (ErrorCode::Conflict, "The card was declined (insufficient_funds).".to_owned()));
    assert_eq!(life.shop.number("select count(*) from payments where status = 'FAILED'").await, 2);
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    let support = life.shop.t.db.user("support@hosting.example", Some("PLATFORM_SUPPORT")).await;
    assert!(life.shop.t.services.db.platform::<model::permission::SubscriptionsWrite>(&support).await.is_err(), "not by everybody");
    life.check_books().await;
}

#[tokio::test]
async fn more_time_that_staff_give_keeps_a_card_from_being_charged_and_a_pod_from_being_suspended_until_it_is_over() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-03-20T08:00:00Z").await;
    assert!(refusal(extend(&life, "2027-04-20", "They asked.").await).1.contains("No invoice"), "nothing is open");
    life.until("2027-04-02T08:00:00Z").await;
    for (until, reason, field) in [
        ("2027-04-01", "They asked.", "until"),
        ("2027-07-02", "They asked.", "until"),
        ("soon", "They asked.", "until"),
        ("2027-04-20", " ", "reason"),
    ] {
        assert_eq!(extend(&life, until, reason).await.unwrap_err().into_api().fields[0].field, field, "{until} {reason}");
    }
    extend(&life, "2027-04-20", "They asked.").await.unwrap();
    let end: Time = "2027-04-20T23:59:59Z".parse().unwrap();
    assert_eq!((when(&life, Upcoming::Suspension).await, life.detail().await.extended_until), (Some(end), Some(end)));
    life.until("2027-04-20T23:59:58Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'FAILED'").await, 1, "none but that of the first day");
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'invoice_overdue' order by id desc limit 1").await;
    assert!(mail.contains("is suspended on 20 April 2027"), "reminders name the new day: {mail}");
    life.until("2027-04-20T23:59:59Z").await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    assert_eq!(life.detail().await.extended_until, None);
    // More time for what is suspended already puts the termination off, and opens nothing.
    extend(&life, "2027-07-10", "They pay in July.").await.unwrap();
    life.until("2027-07-09T08:00:00Z").await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    let recorded = "select string_agg(concat_ws(' ', after ->> 'until', after ->> 'reason'), ', ' order by seq) from audit_events
                     where action = 'SUBSCRIPTION_DEADLINE_EXTENDED'";
    assert_eq!(life.shop.text(recorded).await, "20 April 2027 They asked., 10 July 2027 They pay in July.");
    life.check_books().await;
}

#[tokio::test]
async fn more_time_that_is_given_before_an_invoice_is_due_puts_its_charge_off_and_that_of_no_later_one() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    life.until("2027-03-26T08:00:00Z").await;
    assert_eq!(when(&life, Upcoming::Charge).await.map(|at| at.to_rfc3339()).as_deref(), Some("2027-04-01T08:00:00+00:00"));
    extend(&life, "2027-05-20", "They asked.").await.unwrap();
    assert_eq!(when(&life, Upcoming::Charge).await.map(|at| at.to_rfc3339()).as_deref(), Some("2027-05-20T23:59:59+00:00"));
    life.until("2027-05-20T23:59:58Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"], "nothing more is invoiced while it is overdue");
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    life.until("2027-05-20T23:59:59Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071", "INV3 PAID 1071"], "the period that began is charged at once");
    let detail = life.detail().await;
    assert_eq!((detail.subscription.status, detail.extended_until), (SubscriptionStatus::Active, None));
    life.check_books().await;
}

#[tokio::test]
async fn more_time_that_is_taken_back_leaves_everything_as_if_it_had_ended_then() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    let services = &life.shop.t.services;
    let take_back = async || end_extension(services, services.db.platform(&life.admin).await.unwrap(), life.subscription).await;
    life.until("2027-04-02T08:00:00Z").await;
    assert_eq!(refusal(take_back().await).0, ErrorCode::Conflict);
    extend(&life, "2027-05-31", "They asked.").await.unwrap();
    life.until("2027-04-15T08:00:00Z").await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::PastDue, 200));
    take_back().await.unwrap();
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    assert_eq!(refusal(take_back().await).0, ErrorCode::Conflict);
    life.check_books().await;
}
