//! Each kind of mismatch is made, found, put right by an ordinary use case, and gone.

mod detail;
mod provider;
mod scale;

use super::{reconcile::compare, *};
use crate::{
    checkout::tests::{Shop, anna},
    invoices,
    subscriptions::{self, tests::life::Life},
};
use core_hosting::{cloudpods, suspensions};
use model::{
    billing::{products::BillingCycle, subscriptions::SubscriptionStatus},
    hosting::suspensions::SuspensionReason,
    ids::{CloudPodId, InvoiceId},
};

const DAY: &str = "2027-03-01T08:00:00Z";

/// Compares once; servers respond.
async fn pass(shop: &Shop) {
    sqlx::query("update servers set last_seen_at = $1").bind(shop.t.services.now()).execute(&mut shop.t.db.owner().await).await.unwrap();
    compare(&shop.t.services).await.unwrap();
}

async fn listed(shop: &Shop) -> Vec<MismatchRow> {
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    list(&shop.t.services, &mut tx, &PageRequest::default()).await.unwrap().rows
}

/// What is listed five minutes later, when the comparison runs as late as it may.
async fn within_five_minutes(shop: &Shop) -> Vec<MismatchRow> {
    for _ in 0..4 {
        shop.t.clock.advance(Duration::seconds(66));
        pass(shop).await;
    }
    listed(shop).await
}

async fn sum_up(shop: &Shop) -> MismatchSummary {
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    summary(&shop.t.services, &mut tx).await.unwrap()
}

/// Makes what cannot be made otherwise.
async fn damage(shop: &Shop, sql: &'static str) {
    let done = sqlx::query(sql).bind(shop.t.services.now()).execute(&mut shop.t.db.owner().await).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{sql}");
}

async fn pod(shop: &Shop) -> (CloudPodId, String) {
    sqlx::query_as("select id, name from cloud_pods").fetch_one(&mut shop.t.db.owner().await).await.unwrap()
}

/// The only mismatch.
fn only(mut rows: Vec<MismatchRow>, kind: MismatchKind) -> MismatchRow {
    assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), [kind], "{rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn provisioning_raises_no_alarm_until_it_takes_too_long() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    for _ in 0..14 {
        shop.t.clock.advance(Duration::minutes(1));
        pass(&shop).await;
        assert_eq!(listed(&shop).await, [], "the job waits for a worker");
    }
    shop.t.clock.advance(Duration::minutes(2));
    let row = only(within_five_minutes(&shop).await, MismatchKind::PaidNotRunning);
    assert!(row.message.contains("still being provisioned") && row.is_busy, "{row:?}");
}

#[tokio::test]
async fn a_year_of_ordinary_life_raises_no_alarm() {
    let life = Life::begin(DAY, "empty").await;
    for day in ["2027-04-02T08:00:00Z", "2027-04-12T08:00:00Z", "2027-04-20T08:00:00Z"] {
        life.until(day).await;
        assert_eq!(within_five_minutes(&life.shop).await, [], "overdue, then suspended");
        assert_eq!(life.shop.number("select count(*) from mismatches").await, 0);
    }
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    assert_eq!(within_five_minutes(&life.shop).await, [], "paid, and back");
    let counted = sum_up(&life.shop).await;
    assert_eq!((counted.pods, counted.subscriptions, counted.invoices, counted.open), (1, 1, 1, 0), "{counted:?}");
    assert_eq!(counted.checked_at, Some(life.shop.t.services.now()));
}

#[tokio::test]
async fn paid_and_not_running_is_found_with_the_money_at_stake_and_goes_away_by_itself() {
    let life = Life::begin(DAY, "good").await;
    let since = life.shop.t.services.now();
    damage(&life.shop, "update cloud_pods set observed_state = 'BROKEN', observed_at = $1").await;
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, [], "it may be a change under way");
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaidNotRunning);
    let (pod, name) = pod(&life.shop).await;
    assert_eq!((row.pod, row.subject.as_str(), row.tenant, row.subscription), (Some(pod), &*name, Some(life.tenant), Some(life.subscription)));
    assert_eq!((row.amount.to_string().as_str(), row.cycle), ("€9.00", Some(BillingCycle::Monthly)));
    assert!(row.message.contains("not responding") && row.since <= since && row.found_at >= since, "{row:?}");
    let counted = sum_up(&life.shop).await;
    assert_eq!((counted.open, counted.not_delivered.count, counted.not_delivered.money[0].minor), (1, 1, 900));
    assert_eq!(counted.oldest, Some(row.since));

    let services = &life.shop.t.services;
    recheck(services, services.db.platform(&life.admin).await.unwrap(), pod).await.unwrap();
    life.look().await;
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, [], "it was seen running again");
    assert_eq!(sum_up(&life.shop).await.resolved, 1);
}

#[tokio::test]
async fn running_and_not_paid_is_suspended_by_its_button() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update subscriptions set status = 'SUSPENDED', suspended_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::RunningNotPaid);
    assert!(row.message.contains("suspended on 1 Mar 08:00"), "{row:?}");
    let services = &life.shop.t.services;
    let tx = services.db.platform(&life.admin).await.unwrap();
    suspensions::suspend(services, tx, row.pod.unwrap(), SuspensionReason::NonPayment, "").await.unwrap();
    finish_jobs(&life).await;
    pass(&life.shop).await;
    assert_eq!((listed(&life.shop).await, life.visit().await), (vec![], 503));
}

#[tokio::test]
async fn a_period_that_nobody_has_moved_on_is_running_and_not_paid() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update subscriptions set renews_at = $1 - interval '2 hours', period_start = anchor - interval '1 month'").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::RunningNotPaid);
    assert!(row.message.contains("period ended on 1 Mar 06:00"), "{row:?}");
}

#[tokio::test]
async fn suspended_and_still_serving_is_found_and_gone_once_it_is_seen_closed() {
    let life = Life::begin(DAY, "good").await;
    let services = &life.shop.t.services;
    let (pod, _) = pod(&life.shop).await;
    suspensions::suspend(services, services.db.platform(&life.admin).await.unwrap(), pod, SuspensionReason::Abuse, "").await.unwrap();
    finish_jobs(&life).await;
    assert_eq!(within_five_minutes(&life.shop).await, [], "suspended and closed");
    damage(&life.shop, "update cloud_pods set observed_state = 'RUNNING', observed_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::SuspendedServing);
    assert_eq!(row.pod, Some(pod));
    finish_jobs(&life).await;
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, []);
}

#[tokio::test]
async fn a_pod_whose_subscription_has_ended_is_deleted_by_its_button() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update subscriptions set status = 'CANCELLED', cancel_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PodWithoutSubscription);
    let services = &life.shop.t.services;
    cloudpods::delete(services, services.db.platform(&life.admin).await.unwrap(), row.pod.unwrap(), &row.subject).await.unwrap();
    pass(&life.shop).await;
    assert!(only(listed(&life.shop).await, MismatchKind::PodWithoutSubscription).is_busy, "until the job has done it");
    finish_jobs(&life).await;
    pass(&life.shop).await;
    assert_eq!((listed(&life.shop).await, life.visit().await == 200), (vec![], false));
}

#[tokio::test]
async fn a_subscription_with_too_few_pods_is_ended_by_its_button() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update subscriptions set quantity = 3 where parent_id is null and $1::timestamptz is not null").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::SubscriptionWithoutPod);
    assert_eq!((row.amount.to_string().as_str(), row.subscription, row.pod), ("€18.00", Some(life.subscription), None), "two are missing");
    let services = &life.shop.t.services;
    let tx = services.db.platform(&life.admin).await.unwrap();
    subscriptions::cancel_now(services, tx, life.subscription, &row.subject).await.unwrap();
    finish_jobs(&life).await;
    assert_eq!(within_five_minutes(&life.shop).await, []);
}

#[tokio::test]
async fn an_invoice_marked_as_paid_without_a_payment_is_opened_again_and_then_paid() {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    damage(&life.shop, "update invoices set status = 'PAID', paid_at = $1 where status = 'OPEN'").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::InvoiceWithoutPayment);
    let invoice: InvoiceId = row.invoice.unwrap();
    assert_eq!((row.amount.to_string().as_str(), row.cycle, invoice), ("€10.71", None, life.latest_invoice().await));
    assert_eq!(sum_up(&life.shop).await.unmatched.count, 1);
    let services = &life.shop.t.services;
    invoices::reopen(services, services.db.platform(&life.admin).await.unwrap(), invoice).await.unwrap();
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, []);
    life.pay(invoice, "good").await;
    let again = invoices::reopen(services, services.db.platform(&life.admin).await.unwrap(), invoice).await;
    assert!(format!("{again:?}").contains("cover this invoice"), "what is paid stays paid: {again:?}");
    life.check_books().await;
}

#[tokio::test]
async fn a_past_due_subscription_that_nobody_has_suspended_is_found_and_suspended_by_its_button() {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-04T08:00:00Z").await;
    assert_eq!((life.status().await, within_five_minutes(&life.shop).await), (SubscriptionStatus::PastDue, vec![]));
    // Its reconciler does not run any more.
    life.shop.t.clock.advance(Duration::days(7) + Duration::hours(20));
    assert_eq!(within_five_minutes(&life.shop).await, [], "it may be suspended any moment");
    life.shop.t.clock.advance(Duration::hours(5));
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::OverdueNotSuspended);
    assert_eq!((row.amount.to_string().as_str(), row.cycle, row.subscription), ("€9.00", Some(BillingCycle::Monthly), Some(life.subscription)));
    assert!(row.message.contains("INV-2027-00002") && row.message.contains("11 Apr 08:00"), "{row:?}");
    assert_eq!(sum_up(&life.shop).await.not_paid.count, 1);
    damage(
        &life.shop,
        "update payments set status = 'PROCESSING', provider_ref = 'pi_slow', settled_at = null, decline_code = null
        where id = (select max(id::text)::uuid from payments where status = 'FAILED') and $1::timestamptz is not null",
    )
    .await;
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, [], "the money is on its way");
    damage(&life.shop, "update payments set status = 'FAILED', settled_at = $1, decline_code = 'late' where status = 'PROCESSING'").await;
    only(within_five_minutes(&life.shop).await, MismatchKind::OverdueNotSuspended);
    let services = &life.shop.t.services;
    recheck_subscription(services, services.db.platform(&life.admin).await.unwrap(), life.subscription).await.unwrap();
    life.look().await;
    assert_eq!(life.status().await, SubscriptionStatus::Suspended);
    pass(&life.shop).await;
    assert_eq!(listed(&life.shop).await, []);
}

#[tokio::test]
async fn an_accepted_mismatch_is_left_alone_until_its_day_and_returns() {
    let life = Life::begin(DAY, "good").await;
    let services = &life.shop.t.services;
    damage(&life.shop, "update cloud_pods set observed_state = 'BROKEN', observed_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaidNotRunning);
    let manage = async || services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    for (until, reason, field) in [("2027-02-28", "x", "until"), ("soon", "x", "until"), ("2027-06-30", "x", "until"), ("2027-03-03", " ", "reason")]
    {
        let error = accept(services, manage().await, row.id, until, reason).await.unwrap_err().into_api();
        assert_eq!(error.fields[0].field, field);
    }
    accept(services, manage().await, row.id, "2027-03-03", "=Moving house").await.unwrap();
    pass(&life.shop).await;
    let summary = sum_up(&life.shop).await;
    assert_eq!((listed(&life.shop).await, summary.open, summary.accepted, summary.not_delivered.count, summary.kinds), (vec![], 0, 1, 0, vec![]));
    let by = async |state: &str| {
        let request = PageRequest { state: Some(state.to_owned()), ..PageRequest::default() };
        list(services, &mut services.db.system("test").await.unwrap(), &request).await.unwrap().rows
    };
    assert_eq!(
        (by("PAID_NOT_RUNNING").await, by("ACCEPTED").await[0].accepted.as_ref().map(|(_, reason)| reason.as_str())),
        (vec![], Some("=Moving house"))
    );
    let file = async |state: Option<&str>| {
        let request = PageRequest { state: state.map(str::to_owned), ..PageRequest::default() };
        export(services, &mut services.db.system("test").await.unwrap(), &request).await.unwrap().lines
    };
    let accepted = file(Some("ACCEPTED")).await;
    assert!(
        accepted.lines().count() == 2 && accepted.contains("\"9.00\",\"EUR\",\"MONTHLY\"") && accepted.contains("\"'=Moving house\""),
        "{accepted}"
    );
    assert_eq!(file(None).await.lines().count(), 1, "the header alone");

    // Ended before its day, and ended by it.
    end_acceptance(manage().await, row.id).await.unwrap();
    assert_eq!(listed(&life.shop).await.len(), 1);
    accept(services, manage().await, row.id, "2027-03-03", "Moving house").await.unwrap();
    life.shop.t.clock.advance(Duration::days(3));
    assert_eq!(only(within_five_minutes(&life.shop).await, MismatchKind::PaidNotRunning).id, row.id, "it still holds");
    assert_eq!((sum_up(&life.shop).await.accepted, file(None).await.lines().count()), (0, 2));
    let events = "select string_agg(action, ' ' order by seq) from audit_events where action like 'MISMATCH_ACCEPT%'";
    assert_eq!(life.shop.text(events).await, "MISMATCH_ACCEPTED MISMATCH_ACCEPTANCE_ENDED MISMATCH_ACCEPTED");
    damage(&life.shop, "update cloud_pods set observed_state = 'RUNNING', observed_at = $1").await;
    pass(&life.shop).await;
    assert_eq!(accept(services, manage().await, row.id, "2027-03-05", "x").await.unwrap_err().into_api().code.status(), 404, "it is over");
}

#[tokio::test]
async fn pods_of_a_silent_server_are_unknown_and_what_was_found_of_them_stays() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update cloud_pods set observed_state = 'BROKEN', observed_at = $1").await;
    let found = within_five_minutes(&life.shop).await;
    assert_eq!(found.len(), 1);
    damage(&life.shop, "update cloud_pods set observed_state = 'RUNNING', observed_at = $1").await;
    life.shop.t.clock.advance(Duration::seconds(SILENT_SECONDS + 1));
    compare(&life.shop.t.services).await.unwrap();
    assert_eq!(listed(&life.shop).await, found, "nobody knows");
    let unknown = sum_up(&life.shop).await.unknown;
    assert_eq!(unknown.iter().map(|server| (server.pods, server.money[0].minor)).collect::<Vec<_>>(), [(1, 900)]);
    pass(&life.shop).await;
    assert_eq!((listed(&life.shop).await, sum_up(&life.shop).await.unknown), (vec![], vec![]));
}

#[tokio::test]
async fn the_comparison_runs_by_itself_and_when_it_is_asked_for() {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    damage(&life.shop, "update invoices set status = 'PAID', paid_at = $1 where status = 'OPEN'").await;
    for _ in 0..4 {
        life.shop.t.clock.advance(Duration::seconds(66));
        life.look().await;
    }
    only(listed(&life.shop).await, MismatchKind::InvoiceWithoutPayment);
    let services = &life.shop.t.services;
    let before = sum_up(&life.shop).await.checked_at;
    life.shop.t.clock.advance(Duration::seconds(1));
    check(services, services.db.platform(&life.admin).await.unwrap()).await.unwrap();
    life.look().await;
    assert!(sum_up(&life.shop).await.checked_at > before);
}

#[test]
fn a_month_of_a_yearly_price_is_a_twelfth_and_the_sum_is_rounded_once() {
    let sum = monthly([(Currency::Eur, 100), (Currency::Eur, 100 * 12), (Currency::Jpy, 5), (Currency::Kwd, 6)]);
    assert_eq!(sum, [Money::new(108, Currency::Eur), Money::new(1, Currency::Kwd)], "1,300 twelfths of a cent; half a fils is one");
}

/// Works on the jobs that are due, and has what they did looked at.
async fn finish_jobs(life: &Life) {
    life.look().await;
}
