//! One mismatch in full: what billing asks for beside what was seen, the cause, the last job, and the money.

use super::*;
use model::{
    billing::mismatches::{MismatchDetail, MismatchFact},
    ids::MismatchId,
};

async fn try_detail(shop: &Shop, id: MismatchId) -> Result<MismatchDetail> {
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    get(&shop.t.services, &mut tx, id).await
}

async fn detail(shop: &Shop, row: &MismatchRow) -> MismatchDetail {
    let found = try_detail(shop, row.id).await.unwrap();
    assert_eq!(found.row, *row, "the same as in the list");
    found
}

/// What differs, as `what: desired, observed`.
fn differing(facts: &[MismatchFact]) -> Vec<String> {
    facts.iter().filter(|fact| fact.differs).map(|fact| format!("{}: {}, {}", fact.what, fact.desired, fact.observed)).collect()
}

#[tokio::test]
async fn a_pod_that_runs_unpaid_says_what_hosting_was_asked_for_and_is_no_mismatch_once_it_is_suspended() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update subscriptions set status = 'SUSPENDED', suspended_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::RunningNotPaid);
    let found = detail(&life.shop, &row).await;
    let differing = differing(&found.facts);
    assert!(differing[0].starts_with("CloudPod: Suspended, Running"), "{differing:?}");
    assert_eq!(differing[1], "Requested state: Suspended, Running");
    assert!(found.causes[0].starts_with("The change was never requested"), "{:?}", found.causes);
    assert_eq!((found.row.amount.minor, found.row.cycle), (900, Some(BillingCycle::Monthly)));
    assert!(found.job.is_some() && found.checked_at >= row.found_at, "{found:?}");

    let services = &life.shop.t.services;
    let tx = services.db.platform(&life.admin).await.unwrap();
    suspensions::suspend(services, tx, row.pod.unwrap(), SuspensionReason::NonPayment, "").await.unwrap();
    finish_jobs(&life).await;
    pass(&life.shop).await;
    assert_eq!(try_detail(&life.shop, row.id).await.unwrap_err().into_api().code.status(), 404, "it holds no longer");
}

#[tokio::test]
async fn a_pod_that_is_paid_for_and_broken_says_so_with_its_job_that_failed() {
    let life = Life::begin(DAY, "good").await;
    damage(&life.shop, "update cloud_pods set observed_state = 'BROKEN', observed_at = $1").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::PaidNotRunning);
    let found = detail(&life.shop, &row).await;
    assert!(differing(&found.facts)[0].starts_with("CloudPod: Running, Not responding (checked "), "{:?}", found.facts);
    assert!(found.causes[0].starts_with("No job has failed."), "{:?}", found.causes);
    damage(
        &life.shop,
        "update jobs set status = 'stuck', error = 'The disk is full.', finished_at = $1 where id = (select max(id::text)::uuid from jobs)",
    )
    .await;
    pass(&life.shop).await;
    let row = only(listed(&life.shop).await, MismatchKind::PaidNotRunning);
    let found = detail(&life.shop, &row).await;
    assert_eq!(found.causes, ["Its last job failed: The disk is full."]);
    assert_eq!(found.job.map(|job| job.id), row.failed_job, "the button tries this one again");
}

#[tokio::test]
async fn what_is_about_money_alone_says_what_is_missing() {
    let life = Life::begin(DAY, "empty").await;
    damage(&life.shop, "update subscriptions set quantity = 3 where parent_id is null and $1::timestamptz is not null").await;
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::SubscriptionWithoutPod);
    let found = detail(&life.shop, &row).await;
    assert_eq!((differing(&found.facts), found.job), (vec!["CloudPods: 3 CloudPods, 1 CloudPod".to_owned()], None));
    assert!(found.causes[0].contains("never ordered"), "{:?}", found.causes);
    damage(&life.shop, "update subscriptions set quantity = 1 where parent_id is null and $1::timestamptz is not null").await;

    life.until("2027-04-04T08:00:00Z").await;
    // Its reconciler does not run any more.
    life.shop.t.clock.advance(Duration::days(8) + Duration::hours(2));
    let row = only(within_five_minutes(&life.shop).await, MismatchKind::OverdueNotSuspended);
    let found = detail(&life.shop, &row).await;
    assert_eq!(differing(&found.facts), ["Subscription: Suspended since 11 Apr 08:00, Past due, CloudPods running"]);
    assert!(found.causes[0].contains("has not run since 4 Apr"), "{:?}", found.causes);

    damage(&life.shop, "update invoices set status = 'PAID', paid_at = $1 where status = 'OPEN'").await;
    let rows = within_five_minutes(&life.shop).await;
    let row = rows.iter().find(|row| row.kind == MismatchKind::InvoiceWithoutPayment).unwrap();
    let found = detail(&life.shop, row).await;
    assert_eq!(differing(&found.facts)[1], "Payments and credit: €10.71, €0.00");
}
