//! Workers that are gone in the middle of billing, a database that goes away, and money that comes from two sides in the same moment.

use super::{life::Life, *};
use crate::{checkout::Outcome, invoices, payments};
use db::testing::killed_after;
use engine::{Modules, Services, reconcile::run_known};
use futures::future::join_all;
use model::ids::InvoiceId;
use std::sync::Arc;

/// The same with workers that do only what billing needs: no PDF files, and nothing that compares.
pub(crate) fn only_billing(mut life: Life) -> Life {
    let mut modules = Modules::default().with(core_hosting::register).with(crate::register);
    let other = ["invoice_document", "mismatches", "revenue_snapshot", "cloudpod_watch", "agent_rollout", "server", "payment_event_poll"];
    modules.reconcilers = modules.reconcilers.with_pauses(|name, usual| (!other.contains(&name)).then_some(usual));
    life.shop.t.services = life.shop.t.services.clone().with(Arc::new(modules));
    life
}

/// Waits until no session does anything for a worker: what was sent by one that was killed is carried out, or was taken back.
pub(crate) async fn quiet(owner: &mut PgConnection) {
    let busy = "select count(*) from pg_stat_activity
                 where datname = current_database() and usename in ('mpanel_ops', 'mpanel_web') and pid <> pg_backend_pid() and state <> 'idle'";
    while sqlx::query_scalar::<_, i64>(busy).fetch_one(&mut *owner).await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
}

/// The leases of killed workers run out, and so do the pauses after what has failed. Whether there were any.
async fn release(owner: &mut PgConnection, services: &Services) -> bool {
    quiet(owner).await;
    let released = "update reconciliations set worker = null, lease_until = null, due_at = $1 where worker is not null or failures > 0";
    sqlx::query(released).bind(services.now()).execute(owner).await.unwrap().rows_affected() > 0
}

/// Workers that are killed one after the other, each a little later in its work than the one before, until one gets to its end and finds nothing that
/// another has left behind.
pub(crate) async fn under_fire(life: &Life) -> u64 {
    let services = &life.shop.t.services;
    let mut owner = life.shop.t.db.owner().await;
    for polls in 1.. {
        let has_ended = killed_after(polls, run_known(services)).await;
        if !release(&mut owner, services).await && has_ended {
            return polls;
        }
    }
    unreachable!("one of them ends")
}

/// Each payment as `status amount`, the oldest first.
pub(crate) async fn payments_of(life: &Life) -> Vec<String> {
    sqlx::query_scalar("select status || ' ' || amount from payments order by created_at, id")
        .fetch_all(&mut life.shop.t.db.owner().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn workers_that_are_killed_at_every_point_of_a_renewal_invoice_and_charge_it_once() {
    let life = only_billing(Life::begin("2027-03-01T08:00:00Z", "good").await);
    life.until("2027-03-25T07:59:59Z").await;
    life.shop.t.clock.advance(chrono::Duration::seconds(1));
    assert!(under_fire(&life).await > 20, "there is much to be killed in");
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 OPEN 1071"]);
    assert_eq!(life.shop.number("select count(*) from outgoing_mail where template = 'renewal_issued'").await, 1);
    life.until("2027-04-01T07:59:59Z").await;
    life.shop.t.clock.advance(chrono::Duration::seconds(1));
    under_fire(&life).await;
    life.look().await;
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    assert_eq!(payments_of(&life).await, ["SUCCEEDED 1071", "SUCCEEDED 1071"]);
    assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-05-01T08:00:00+00:00");
    life.check_books().await;
}

#[tokio::test]
async fn workers_that_are_killed_at_every_point_of_dunning_take_each_step_once() {
    let life = only_billing(Life::begin("2027-03-01T08:00:00Z", "empty").await);
    life.until("2027-03-31T08:00:00Z").await;
    // Charges on days 0, 3, 5 and 7, notices, the suspension on day 10.
    for _ in 0..11 {
        life.shop.t.clock.advance(chrono::Duration::days(1));
        under_fire(&life).await;
        life.look().await;
    }
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Suspended, 503));
    assert_eq!(payments_of(&life).await, ["SUCCEEDED 1071", "FAILED 1071", "FAILED 1071", "FAILED 1071", "FAILED 1071"]);
    let mails = life.shop.text("select string_agg(notice, ' ' order by created_at, id) from dunning_notices").await;
    assert_eq!(mails, "PAYMENT_FAILED SUSPENSION_IN_7 SUSPENSION_IN_3 SUSPENSION_IN_1 SUSPENDED");
    life.pay(life.latest_invoice().await, "good").await;
    under_fire(&life).await;
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    assert_eq!(life.shop.number("select count(*) from dunning_notices where notice = 'REINSTATED'").await, 1);
    life.check_books().await;
}

#[tokio::test]
async fn a_panel_that_is_gone_in_the_middle_of_a_refund_refunds_it_once() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let mut refunded = 0;
    for polls in (1..90).step_by(4) {
        let tx = services.db.platform(&life.admin).await.unwrap();
        let note: InvoiceId = invoices::credit(services, tx, life.latest_invoice().await, "0.10", "A minute offline.").await.unwrap();
        let number: String =
            sqlx::query_scalar("select number from invoices where id = $1").bind(note).fetch_one(&mut life.shop.t.db.owner().await).await.unwrap();
        let tx = services.db.platform(&life.admin).await.unwrap();
        killed_after(polls, payments::refund(services, tx, note, &number)).await;
        life.shop.t.clock.advance(chrono::Duration::minutes(1));
        life.look().await;
        let state = "select coalesce((select string_agg(status || ' ' || amount, ', ') from refunds where credit_note_id = $1), 'none')";
        let state: String = sqlx::query_scalar(state).bind(note).fetch_one(&mut life.shop.t.db.owner().await).await.unwrap();
        assert!(["none", "SUCCEEDED 12"].contains(&&*state), "killed after {polls}: {state}");
        refunded += i32::from(state != "none");
    }
    assert!((3..21).contains(&refunded), "killed before and after it was stored: {refunded}");
    life.check_books().await;
}

#[tokio::test]
async fn a_database_that_goes_away_in_the_middle_of_a_renewal_has_it_invoiced_and_charged_once() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let mut owner = life.shop.t.db.owner().await;
    for moment in ["2027-03-25T08:00:00Z", "2027-04-01T08:00:00Z"] {
        let wait = moment.parse::<model::Time>().unwrap() - services.now();
        life.shop.t.clock.advance(wait);
        for later in 0..12 {
            let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usename = 'mpanel_ops'";
            let cut = async {
                for _ in 0..later * 3 {
                    sqlx::query("select 1").execute(&mut owner).await.unwrap();
                }
                sqlx::query(cut).execute(&mut owner).await.unwrap();
            };
            // What the run has come to is seen in the books.
            let _ = tokio::join!(run_known(services), cut);
            release(&mut owner, services).await;
        }
        life.look().await;
    }
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    assert_eq!(payments_of(&life).await, ["SUCCEEDED 1071", "SUCCEEDED 1071"]);
    life.check_books().await;
}

/// A customer whose invoice is overdue, on the day of the suspension.
async fn about_to_be_suspended() -> (Life, InvoiceId) {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-11T07:59:59Z").await;
    let invoice = life.latest_invoice().await;
    life.shop.t.clock.advance(chrono::Duration::seconds(1));
    (life, invoice)
}

#[tokio::test]
async fn a_payment_that_lands_minutes_after_the_suspension_or_in_the_middle_of_it_brings_the_site_back() {
    for is_half_done in [false, true] {
        let (life, invoice) = about_to_be_suspended().await;
        run_due(&life.shop.t.services).await.unwrap();
        assert_eq!(life.status().await, SubscriptionStatus::Suspended);
        // The job that takes the site offline waits, or has been done.
        if is_half_done {
            life.look().await;
            assert_eq!(life.visit().await, 503);
        }
        life.shop.t.clock.advance(chrono::Duration::minutes(3));
        life.pay(invoice, "good").await;
        life.look().await;
        assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200), "half done: {is_half_done}");
        assert_eq!(life.shop.number("select count(*) from jobs where status in ('queued', 'running', 'stuck')").await, 0);
        assert_eq!(life.detail().await.subscription.renews_at.to_rfc3339(), "2027-05-01T08:00:00+00:00");
        life.check_books().await;
    }
}

#[tokio::test]
async fn an_account_that_is_brought_back_from_several_sides_at_once_is_brought_back_once() {
    let (life, invoice) = about_to_be_suspended().await;
    life.look().await;
    let services = &life.shop.t.services;
    let mut event = life.paid(invoice, "good").await;
    let mut twins = Vec::new();
    for name in ["evt_a", "evt_b", "evt_c"] {
        event["id"] = name.into();
        twins.push(event.clone());
    }
    // The same payment in three messages, while two workers look at everything.
    let (outcomes, ..) = tokio::join!(join_all(twins.iter().map(|event| life.shop.deliver(event))), run_due(services), run_due(services));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Processed).count(), 1, "{outcomes:?}");
    let _ = tokio::join!(run_due(services), run_due(services), run_due(services));
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    assert_eq!(life.shop.number("select count(*) from dunning_notices where notice = 'REINSTATED'").await, 1);
    assert_eq!(life.shop.number("select count(*) from jobs where kind = 'UNSUSPEND_CLOUDPOD'").await, 1);
    assert_eq!(life.shop.number("select count(*) from payments where status = 'SUCCEEDED'").await, 2);
    life.check_books().await;
}

#[tokio::test]
async fn a_transfer_that_is_recorded_while_the_card_pays_counts_and_what_is_too_much_is_credit() {
    let (life, invoice) = about_to_be_suspended().await;
    life.look().await;
    let services = &life.shop.t.services;
    let event = life.paid(invoice, "good").await;
    let tx = services.db.platform(&life.admin).await.unwrap();
    let (outcome, recorded, _) =
        tokio::join!(life.shop.deliver(&event), payments::record_transfer(services, tx, invoice, "10.71", "by letter"), run_due(services));
    assert_eq!(outcome, Outcome::Processed);
    life.look().await;
    assert_eq!((life.status().await, life.visit().await), (SubscriptionStatus::Active, 200));
    let both = i64::from(recorded.is_ok());
    assert_eq!(life.shop.number("select sum(excess)::bigint from payments").await, both * 1071, "whoever was second is credit");
    assert_eq!(life.shop.number("select count(*) from payments where status = 'SUCCEEDED'").await, 2 + both);
    life.check_books().await;
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.shop.number("select count(*) from payments where status = 'SUCCEEDED'").await, 3, "the next period is paid by it, or by card");
    life.check_books().await;
}
