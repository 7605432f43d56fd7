//! Answers of the registry that must not be taken for more than they are.

use super::*;
use engine::saga::{Outcome, run_job};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn one_answer_that_a_domain_is_not_ours_ends_nothing_and_those_of_a_whole_day_do() {
    let world = World::registered().await;
    let status = async || world.view().await.row.status;
    world.registry.set_ours(NAME, false);
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!((status().await, world.view().await.differences.len()), (RegistrationStatus::Active, 1), "it is said");
    world.pass(TimeDelta::hours(20)).await;
    assert_eq!(status().await, RegistrationStatus::Active);
    world.registry.set_ours(NAME, true);
    world.pass(TimeDelta::hours(7)).await;
    assert!(world.view().await.differences.is_empty());

    world.registry.set_ours(NAME, false);
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(status().await, RegistrationStatus::Active, "the day begins anew");
    world.pass(TimeDelta::hours(25)).await;
    assert_eq!(status().await, RegistrationStatus::Left);
}

#[tokio::test]
async fn one_answer_that_a_domain_is_not_there_ends_no_renewal_that_was_paid_and_those_of_a_whole_day_do() {
    let world = World::registered().await;
    let (before, begin) = (world.expires_at().await, world.services().now());
    let (runtime, stop) = (worker(&world.bench.services, Bench::registry()), CancellationToken::new());
    let job = world.pay_for(730).await.unwrap();
    world.registry.set_ours(NAME, false);
    let outcome = run_job(&runtime, job, &stop).await.unwrap();
    assert!(matches!(outcome, Outcome::Deferred(_)), "it is asked again: {outcome:?}");
    let standing = world.follow(Paid::Until(begin + TimeDelta::days(730))).await;
    assert!(matches!(standing, Standing::GoesOn(_)), "nothing is paid back: {standing:?}");
    world.registry.set_ours(NAME, true);
    world.bench.services.clock.advance(TimeDelta::minutes(11));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!(Some(world.expires_at().await), before.checked_add_months(chrono::Months::new(12)));

    let job = world.pay_for(1095).await.unwrap();
    world.registry.set_ours(NAME, false);
    for time in [TimeDelta::zero(), TimeDelta::hours(23)] {
        world.bench.services.clock.advance(time);
        let outcome = run_job(&runtime, job, &stop).await.unwrap();
        assert!(matches!(outcome, Outcome::Deferred(_)), "after {time}: {outcome:?}");
    }
    world.bench.services.clock.advance(TimeDelta::hours(2));
    assert_eq!(run_job(&runtime, job, &stop).await.unwrap(), Outcome::Ended(JobStatus::Done));
    let refused = "The registry does not know the domain.".to_owned();
    assert_eq!(world.follow(Paid::Until(begin + TimeDelta::days(1095))).await, Standing::RenewalRefused(refused));
    assert_eq!(world.changes(&format!("renew {NAME}")), 1);
}

#[tokio::test]
async fn one_answer_that_a_domain_is_not_there_pays_no_restoration_back_that_was_carried_out() {
    let (world, _, ended) = World::restore_ordered().await;
    let (runtime, stop) = (worker(&world.bench.services, Bench::registry()), CancellationToken::new());
    // The domain is back, and its year cannot be added yet.
    world.registry.restore(NAME).await.unwrap();
    world.registry.set_fault(Some(Fault::NoCredit));
    let job = world.pay_for(365).await.unwrap();
    let outcome = run_job(&runtime, job, &stop).await.unwrap();
    assert!(matches!(outcome, Outcome::Deferred(_)), "it waits for the year: {outcome:?}");
    world.registry.set_fault(None);
    world.registry.set_ours(NAME, false);
    world.bench.services.clock.advance(TimeDelta::minutes(11));
    let outcome = run_job(&runtime, job, &stop).await.unwrap();
    assert!(matches!(outcome, Outcome::Deferred(_)), "it is asked again: {outcome:?}");
    assert_eq!(world.view().await.row.status, RegistrationStatus::Restoring);
    world.registry.set_ours(NAME, true);
    world.bench.services.clock.advance(TimeDelta::minutes(11));
    assert_eq!((world.finish(job).await, world.view().await.row.status), (JobStatus::Done, RegistrationStatus::Active));
    assert_eq!(Some(world.expires_at().await), ended.checked_add_months(chrono::Months::new(12)));
}

#[tokio::test]
async fn a_domain_that_the_registry_renews_by_itself_although_nobody_pays_is_told_to_staff() {
    let world = World::registered().await;
    let mut tx = world.services().db.system("test").await.unwrap();
    let found = of_subscription(tx.conn(), world.bench.subscription).await.unwrap().unwrap();
    set_auto_renew(&mut tx, &found, false).await.unwrap();
    tx.commit_progress().await.unwrap();
    let told = "select count(*) from reconciliations
                 where name = 'domain_registration' and key = $1 and array_to_string(differences, ' ') like '%renewed it by itself%'";
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.bench.count(told, world.id.0).await, 0);
    world.registry.auto_renew(NAME);
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.bench.count(told, world.id.0).await, 1);
}

#[tokio::test]
async fn a_renewal_that_was_refused_is_forgotten_once_the_registry_has_the_domain_for_longer() {
    let world = World::registered().await;
    let job = world.pay_for(730).await.unwrap();
    world.registry.set_fault(Some(Fault::Refuses("No".to_owned())));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    world.pass(TimeDelta::hours(7)).await;
    assert!(world.view().await.failure.is_some());
    let expires_on = world.expires_at().await.date_naive();
    world.registry.renew(NAME, expires_on, 1).await.unwrap();
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.view().await.failure, None);
    assert_eq!(world.follow(Paid::Until(world.services().now() + TimeDelta::days(700))).await, Standing::GoesOn(Vec::new()));
}

#[tokio::test]
async fn a_finished_transfer_is_seen_although_its_code_is_another_one_by_then() {
    let world = World::ordered(true).await;
    world.registry.decide_later();
    let job = world.pay_for(365).await.unwrap();
    let outcome = run_job(&worker(&world.bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    assert!(matches!(outcome, Outcome::Deferred(_)), "nothing is decided yet: {outcome:?}");
    assert_eq!(world.view().await.row.status, RegistrationStatus::Transferring);
    world.registry.decide_transfer(NAME, true);
    world.registry.set_code(NAME, "The-registrys-own-1");
    world.bench.services.clock.advance(chrono::TimeDelta::minutes(31));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!(world.view().await.row.status, RegistrationStatus::Active);
}

#[tokio::test]
async fn a_transfer_that_somebody_else_has_asked_for_is_not_taken_for_ours() {
    let world = World::ordered(true).await;
    world.registry.begin_departure(NAME);
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Undone);
    assert_eq!(world.view().await.row.status, RegistrationStatus::Refused);
    assert_eq!(world.changes(&format!("cancel {NAME}")), 0);
}

#[tokio::test]
async fn the_audit_log_names_what_changed_of_a_holder_and_not_their_address() {
    let world = World::registered().await;
    let moved = HolderInput { city: "Hamburg".to_owned(), ..holder() };
    set_holder(world.services(), world.own::<DomainsWrite>().await, world.id, &moved).await.unwrap();
    let told = "select count(*) from audit_events where target_id = $1::text and after -> 'holder' = '[\"city\"]'::jsonb";
    assert_eq!(world.bench.count(told, world.id.0).await, 1);
    let kept = "select count(*) from audit_events where target_id = $1::text and (before::text like '%Berlin%' or after::text like '%Hamburg%')";
    assert_eq!(world.bench.count(kept, world.id.0).await, 0);
}
