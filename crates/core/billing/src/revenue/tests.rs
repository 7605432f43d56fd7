//! Movements follow subscriptions, and add up to what all subscriptions count for.

use super::*;
use crate::{
    checkout::tests::{Shop, anna, order},
    subscriptions::{
        tests::life::Life,
        transition::{Transition, transition},
    },
};
use model::{
    billing::{checkout::CheckoutInput, products::BillingCycle, revenue::RevenueView, subscriptions::SubscriptionStatus},
    ids::ProductId,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Every movement as `kind twelfths`, the oldest first.
async fn movements(shop: &Shop) -> Vec<String> {
    sqlx::query_scalar("select kind || ' ' || twelfths from mrr_movements order by seq").fetch_all(&mut shop.t.db.owner().await).await.unwrap()
}

async fn read(shop: &Shop) -> RevenueView {
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    view(&shop.t.services, &mut tx).await.unwrap()
}

#[tokio::test]
async fn a_purchase_is_new_a_suspension_churn_and_the_payment_brings_it_back() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    assert_eq!(movements(&life.shop).await, ["NEW 10800"], "€9.00 a month");
    life.until("2027-04-05T08:00:00Z").await;
    assert_eq!(movements(&life.shop).await.len(), 1, "past due still counts, and a renewal moves nothing");
    life.until("2027-04-12T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Suspended);
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    assert_eq!(movements(&life.shop).await, ["NEW 10800", "CHURN -10800", "REACTIVATION 10800"]);
    let found = read(&life.shop).await;
    let euro = &found.currencies[0];
    assert_eq!((found.currencies.len(), euro.mrr.minor, euro.arr.minor, euro.customers), (1, 900, 10800, 1));
    assert_eq!((euro.before.minor, euro.churned.minor, euro.churn_bp, euro.retention_bp), (900, 900, Some(10_000), Some(10_000)));
    assert_eq!((euro.months.len(), euro.months[11].closing.minor, euro.months[10].closing.minor, euro.months[9].closing.minor), (12, 900, 900, 0));
    assert_eq!(euro.months[11].movements.iter().map(|sum| sum.minor).collect::<Vec<_>>(), [0, 0, 0, -900, 900], "April");
    assert!(found.snapshot_at.is_some(), "a snapshot is taken every day");
    assert_eq!(life.shop.number("select count(*) from mrr_snapshots").await, 43, "1 March to 12 April");
}

#[tokio::test]
async fn a_yearly_price_counts_a_twelfth_and_what_is_shown_is_rounded_once() {
    let shop = Shop::open().await;
    shop.buy(CheckoutInput { billing_cycle: "YEARLY".to_owned(), add_ons: vec!["disk-10".to_owned()], ..anna() }).await;
    shop.buy(order("bob@example.com", "bob.example")).await;
    let all = shop.number("select sum(twelfths)::bigint from mrr_movements").await;
    let found = read(&shop).await;
    let euro = &found.currencies[0];
    assert_eq!((euro.arr.minor, euro.mrr, euro.customers), (all, rounded(all, Currency::Eur), 2));
    assert_eq!(all, shop.number("select sum(price * case billing_cycle when 'MONTHLY' then 12 else 1 end)::bigint from subscriptions").await);
    assert_eq!((euro.before.minor, euro.churn_bp, euro.retention_bp), (0, None, None), "nothing of nothing is not zero");
    assert_eq!([11, 6, 5, -6, -5].map(|twelfths| rounded(twelfths, Currency::Eur).minor), [1, 1, 0, -1, 0]);
}

#[tokio::test]
async fn what_is_open_and_what_renews_stands_with_its_age_and_its_week() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-03-20T08:00:00Z").await;
    let found = read(&life.shop).await;
    let forecast = &found.currencies[0].forecast;
    assert_eq!((forecast.monthly.0, forecast.monthly.1.minor, forecast.yearly.0, forecast.ending.0), (1, 900, 0, 0));
    assert_eq!(forecast.weeks.iter().map(|week| week.1).collect::<Vec<_>>(), [0, 1, 0, 0, 0], "1 April is 12 days ahead");
    life.until("2027-03-26T08:00:00Z").await;
    let ages = async || read(&life.shop).await.currencies[0].outstanding.iter().map(|age| (age.invoices, age.open.minor)).collect::<Vec<_>>();
    assert_eq!(ages().await, [(1, 1071), (0, 0), (0, 0), (0, 0), (0, 0)], "issued a week ahead");
    life.until("2027-04-04T08:00:00Z").await;
    assert_eq!(ages().await, [(0, 0), (1, 1071), (0, 0), (0, 0), (0, 0)], "three days late");
    let forecast = &read(&life.shop).await.currencies[0].forecast;
    assert_eq!(forecast.monthly.0, 0, "nothing more is invoiced while an invoice is overdue");
}

#[tokio::test]
async fn a_change_that_went_past_the_movements_is_reported_with_the_next_snapshot() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    assert_eq!(reconcile::snapshot(services).await.unwrap(), Vec::<String>::new());
    sqlx::query("update subscriptions set price = 1000").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    life.shop.t.clock.advance(chrono::Duration::days(1));
    let wrong = reconcile::snapshot(services).await.unwrap();
    assert_eq!(wrong, ["EUR: subscriptions moved by 1200 twelfths since the last snapshot, movements sum up to 0."]);
}

#[tokio::test]
async fn a_cohort_is_what_began_in_a_month_and_what_is_left_of_it_later() {
    let mut shop = Shop::open().await;
    let _admin = Life::open(&mut shop, "2027-01-10T08:00:00Z").await;
    for number in 0..3 {
        shop.buy(order(&format!("buyer{number}@example.com"), &format!("site{number}.example"))).await;
    }
    let ids: Vec<SubscriptionId> =
        sqlx::query_scalar("select id from subscriptions order by started_at, id").fetch_all(&mut shop.t.db.owner().await).await.unwrap();
    let change = async |at: usize, change: Transition| {
        let mut tx = shop.t.services.db.system("test").await.unwrap();
        transition(&mut tx, ids[at], change, shop.t.services.now()).await.unwrap();
        tx.commit_progress().await.unwrap();
    };
    change(2, Transition::Quantity(2)).await; // in its first month: not what it began with
    shop.t.clock.advance(chrono::Duration::days(25)); // 4 February
    change(0, Transition::Status(SubscriptionStatus::Suspended)).await;
    shop.buy(order("late@example.com", "late.example")).await;
    shop.t.clock.advance(chrono::Duration::days(25)); // 1 March
    change(1, Transition::Cancel).await;
    shop.t.clock.advance(chrono::Duration::days(31)); // 1 April
    change(0, Transition::Status(SubscriptionStatus::Active)).await;
    let found = read(&shop).await.currencies.remove(0).cohorts;
    let shown: Vec<_> = found
        .iter()
        .map(|cohort| {
            let after: Vec<_> = cohort.after.iter().map(|month| (month.months, month.subscriptions, month.mrr.minor, month.mrr_bp)).collect();
            (cohort.start.format("%Y-%m").to_string(), cohort.subscriptions, cohort.mrr.minor, after)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("2027-01".to_owned(), 3, 2700, vec![(1, 2, 2700, Some(10_000)), (2, 1, 1800, Some(6_667))]),
            ("2027-02".to_owned(), 1, 900, vec![(1, 1, 900, Some(10_000))]),
        ],
        "what comes back in April counts at its end"
    );
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Change(usize, Change),
    Day,
}

#[derive(Clone, Debug)]
enum Change {
    Quantity(i32),
    Status(SubscriptionStatus),
    Product(BillingCycle, i64),
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    let statuses = [SubscriptionStatus::Active, SubscriptionStatus::PastDue, SubscriptionStatus::Suspended];
    let cycles = [BillingCycle::Monthly, BillingCycle::Yearly];
    let change = prop_oneof![
        4 => (1..9).prop_map(Change::Quantity),
        4 => prop::sample::select(statuses.to_vec()).prop_map(Change::Status),
        4 => (prop::sample::select(cycles.to_vec()), 0..100_000_i64).prop_map(|(cycle, price)| Change::Product(cycle, price)),
        1 => Just(Change::Cancel),
    ];
    prop_oneof![4 => (0..3_usize, change).prop_map(|(which, change)| Step::Change(which, change)), 1 => Just(Step::Day)]
}

/// For any history: between two snapshots, of all subscriptions by themselves, the movements are the difference.
#[tokio::test]
async fn movements_between_two_snapshots_are_their_difference() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() });
    for _ in 0..6 {
        let history = prop::collection::vec(step(), 20..60).new_tree(&mut runner).unwrap().current();
        let shop = Shop::open().await;
        for (number, currency) in ["EUR", "JPY", "KWD"].into_iter().enumerate() {
            shop.buy(order(&format!("buyer{number}@example.com"), &format!("site{number}.example"))).await;
            let other = "update subscriptions set currency = $1 where currency = 'EUR' and id = (select max(id::text)::uuid from subscriptions)";
            sqlx::query(other).bind(currency).execute(&mut shop.t.db.owner().await).await.unwrap();
            let moved = "update mrr_movements m set currency = s.currency from subscriptions s where s.id = m.subscription_id";
            sqlx::query(moved).execute(&mut shop.t.db.owner().await).await.unwrap();
        }
        let sold: Vec<(SubscriptionId, ProductId, Currency)> =
            sqlx::query_as("select id, product_id, currency from subscriptions order by id").fetch_all(&mut shop.t.db.owner().await).await.unwrap();
        for step in history.iter().cloned().chain([Step::Day]) {
            match step {
                Step::Day => {
                    assert_eq!(reconcile::snapshot(&shop.t.services).await.unwrap(), Vec::<String>::new(), "{history:?}");
                    shop.t.clock.advance(chrono::Duration::days(1));
                }
                Step::Change(which, change) => apply(&shop, sold[which], change).await,
            }
        }
        let off = "select count(*) from subscriptions s where mrr_twelfths(s) <> (select coalesce(sum(m.twelfths), 0) from mrr_movements m where m.subscription_id = s.id)";
        assert_eq!(shop.number(off).await, 0, "{history:?}");
        assert!(shop.number("select count(*) from mrr_snapshots").await >= 3);
    }
}

async fn apply(shop: &Shop, (id, product, currency): (SubscriptionId, ProductId, Currency), change: Change) {
    let change = match change {
        Change::Quantity(quantity) => Transition::Quantity(quantity),
        Change::Status(status) => Transition::Status(status),
        Change::Product(cycle, price) => Transition::Product { product, code: "wordpress".to_owned(), cycle, price: Money::new(price, currency) },
        Change::Cancel => Transition::Cancel,
    };
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    transition(&mut tx, id, change, shop.t.services.now()).await.unwrap();
    tx.commit_progress().await.unwrap();
}

#[tokio::test]
async fn the_history_of_a_subscription_has_its_events_and_its_movements() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-12T08:00:00Z").await;
    let mut tx = life.shop.t.services.db.system("test").await.unwrap();
    let history = crate::subscriptions::history(&mut tx, life.subscription).await.unwrap();
    let last = &history.events[0];
    assert_eq!((last.action.as_str(), last.changes.as_slice()), ("SUBSCRIPTION_UPDATED", &["status: PAST_DUE → SUSPENDED".to_owned()][..]));
    assert!(history.events.iter().any(|event| event.action == "SUBSCRIPTION_CREATED" && event.changes.iter().any(|line| line == "price: €9.00")));
    assert_eq!(history.movements.iter().map(|row| (row.kind.as_str(), row.amount.minor)).collect::<Vec<_>>(), [("CHURN", -900), ("NEW", 900)]);
}
