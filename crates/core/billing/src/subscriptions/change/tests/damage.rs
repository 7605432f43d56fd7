//! Panels and workers that are gone in the middle of a change.

use super::*;
use crate::subscriptions::tests::damage::{only_billing, payments_of, quiet, under_fire};
use db::testing::killed_after;

/// Which plan it is, and how many changes are made or were given up.
async fn made(life: &Life) -> (String, i64, i64) {
    let changes = life.shop.number("select count(*) from subscription_changes where status = 'APPLIED'").await;
    let pending = life.shop.number("select count(*) from subscription_changes where status = 'PENDING'").await;
    (life.detail().await.subscription.product_name, changes, pending)
}

#[tokio::test]
async fn a_panel_that_is_gone_at_any_point_of_a_change_of_plan_charges_and_changes_it_once_or_not_at_all() {
    let life = only_billing(with_larger_plan("good").await);
    let mut owner = life.shop.t.db.owner().await;
    let (mut before, mut after) = (0, 0);
    for polls in (1..).step_by(3) {
        // Each time from the smaller plan; what is credited for the way back pays a part of the next time.
        let preview = ask(&life, "large", BillingCycle::Monthly).await;
        assert_eq!(preview.obstacles, Vec::<String>::new(), "killed after {polls}");
        let was = (life.shop.number("select count(*) from invoices where kind = 'INVOICE'").await, made(&life).await.1);
        let has_ended = killed_after(polls, agree(&life, "large", &preview)).await;
        quiet(&mut owner).await;
        // Later a worker finds what the panel has left.
        life.shop.t.clock.advance(Duration::minutes(1));
        life.look().await;
        let invoices = life.shop.number("select count(*) from invoices where kind = 'INVOICE'").await - was.0;
        let (plan, changes, pending) = made(&life).await;
        assert_eq!(pending, 0, "killed after {polls}");
        match &*plan {
            "WordPress" => assert_eq!((invoices, changes), (0, was.1), "killed after {polls}: nothing has happened"),
            _ => assert_eq!((invoices, changes), (1, was.1 + 1), "killed after {polls}: all of it has"),
        }
        life.check_books().await;
        if plan == "WordPress" {
            before += 1;
            continue;
        }
        after += i32::from(!has_ended);
        life.shop.t.clock.advance(Duration::seconds(1));
        let down = ask(&life, "wordpress", BillingCycle::Monthly).await;
        agree(&life, "wordpress", &down).await.unwrap();
        life.shop.t.clock.advance(Duration::seconds(1));
        life.look().await;
        if has_ended {
            break;
        }
    }
    assert!(before > 5 && after > 0, "killed before it was stored and afterwards: {before}, {after}");
    let owed = "select coalesce(sum(amount), 0)::bigint from ledger_entries";
    assert!(life.shop.number(owed).await <= 0, "the customer owes nothing");
    assert_eq!(life.shop.t.services.now().format("%Y-%m").to_string(), "2027-03", "no renewal has come between");
}

#[tokio::test]
async fn workers_that_are_killed_at_every_point_of_settling_a_change_of_plan_settle_it_once() {
    // The provider does not answer while the customer waits.
    let (shop, shaky) = shaky_shop().await;
    let life = only_billing(with_larger_plan_in(shop, "good").await);
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    *shaky.lost.lock().unwrap() = 1;
    assert!(agree(&life, "large", &preview).await.is_err());
    assert_eq!(made(&life).await.2, 1, "it is stored");
    life.shop.t.clock.advance(Duration::minutes(1));
    assert!(under_fire(&life).await > 10);
    life.look().await;
    assert_eq!(made(&life).await, ("large".to_owned(), 1, 0));
    assert_eq!(payments_of(&life).await.len(), 2);
    assert_eq!(life.shop.number("select count(*) from jobs where kind = 'SCALE_CLOUDPOD' and status = 'done'").await, 1);
    life.check_books().await;
}
